"""Close-out: the lead unit says that a task is done, and the office verifies it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.models.evidence import Evidence
from tasks.models.tasks import Task


class ClosingDecision(models.TextChoices):
    """What the office found."""

    CLOSED = "closed", _("Closed out")
    RETURNED = "returned", _("Returned")


class ClosingQuerySet(models.QuerySet["Closing"]):
    """Reads of applications for close-out."""

    def visible_to(self, user: User) -> ClosingQuerySet:
        """Return the applications for tasks that ``user`` may see."""
        if user.duties.sees_all:
            return self
        return self.filter(task__in=Task.objects.visible_to(user).values("pk"))

    def decidable_by(self, user: User) -> ClosingQuerySet:
        """Return what waits for ``user``'s office: never their own or what their own units applied for."""
        duties = user.duties
        if not duties.is_office:
            return self.none()
        rows = self.filter(decision="").exclude(asked_by=user).exclude(unit__in=duties.unit_ids)
        if duties.reviews_all:
            return rows
        return rows.filter(task__campaign__headquarters__in=duties.headquarters_ids)

    def with_names(self) -> ClosingQuerySet:
        """Load what a line of a list shows."""
        return self.select_related("task__campaign", "unit", "asked_by", "decided_by")


class Closing(models.Model):
    """An application for close-out (办结/销号) with its statement, the files that show it, and the decision."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="closings")
    statement = models.TextField(_("What was achieved"), max_length=2000)
    evidence = models.ManyToManyField(Evidence, related_name="closings")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("Applied"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(_("Decision"), max_length=10, choices=ClosingDecision.choices, blank=True)
    words = models.TextField(_("Words"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-id")
        verbose_name = _("close-out")
        verbose_name_plural = _("close-outs")
        constraints = (
            models.UniqueConstraint(
                fields=["task"], condition=Q(decision=""), name="closing_one_undecided_a_task"
            ),
            models.CheckConstraint(condition=~Q(statement=""), name="closing_has_statement"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision__in=ClosingDecision.values, decided_at__isnull=False, decided_by__isnull=False),
                name="closing_decided_at_and_by",
            ),
            models.CheckConstraint(
                condition=~Q(decision=ClosingDecision.RETURNED) | ~Q(words=""),
                name="closing_returned_has_words",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="closing_not_decided_by_author",
                violation_error_message=_("Nobody decides on a request of their own."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} · {self.asked_at:%Y-%m-%d}"
