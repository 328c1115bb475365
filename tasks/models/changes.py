"""Change requests: a new day, target or plan, asked for with a reason and decided in writing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.models.milestones import Milestone
from tasks.models.tasks import Task


class ChangeKind(models.TextChoices):
    """What is to be different."""

    DUE = "due", _("Due date")
    METRIC = "metric", _("Target value")
    MILESTONE = "milestone", _("Milestone date")
    PLAN = "plan", _("Monthly plan")


class ChangeDecision(models.TextChoices):
    """What the office decided."""

    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    """Reads of change requests."""

    def visible_to(self, user: User) -> ChangeRequestQuerySet:
        """Return the requests about tasks that ``user`` may see."""
        if user.duties.sees_all:
            return self
        return self.filter(task__in=Task.objects.visible_to(user).values("pk"))

    def undecided(self) -> ChangeRequestQuerySet:
        """Return the requests that wait for the office."""
        return self.filter(decision="")

    def decidable_by(self, user: User) -> ChangeRequestQuerySet:
        """Return the requests that ``user``'s office decides on: never their own or those of their own units."""
        duties = user.duties
        if not duties.is_office:
            return self.none()
        rows = self.undecided().exclude(asked_by=user).exclude(unit__in=duties.unit_ids)
        if duties.reviews_all:
            return rows
        return rows.filter(task__campaign__headquarters__in=duties.headquarters_ids)

    def moves(self) -> ChangeRequestQuerySet:
        """Return the accepted requests by which a task's due date moved."""
        return self.filter(kind=ChangeKind.DUE, decision=ChangeDecision.ACCEPTED)

    def with_names(self) -> ChangeRequestQuerySet:
        """Load what a line of a list shows."""
        return self.select_related("task__campaign", "milestone", "unit", "asked_by", "decided_by")


class ChangeRequest(models.Model):
    """A request (延期/调整) for a new due date, target, milestone date or monthly plan.

    It keeps what stood before, so that the past can be told: accepting it changes only what comes after. ``plan``
    is a list of days and cumulative percents.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(_("What is to change"), max_length=10, choices=ChangeKind.choices)
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    old_day = models.DateField(_("Day until now"), null=True, blank=True)
    new_day = models.DateField(_("New day"), null=True, blank=True)
    old_value = models.DecimalField(
        _("Target until now"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    new_value = models.DecimalField(_("New target"), max_digits=14, decimal_places=2, null=True, blank=True)
    plan = models.JSONField(_("New plan"), default=list, blank=True)
    reason = models.TextField(_("Reason"), max_length=300)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("Asked"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(_("Decision"), max_length=10, choices=ChangeDecision.choices, blank=True)
    words = models.TextField(_("Words"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-id")
        verbose_name = _("change request")
        verbose_name_plural = _("change requests")
        constraints = (
            models.UniqueConstraint(
                fields=["task"], condition=Q(decision=""), name="change_one_undecided_a_task"
            ),
            models.CheckConstraint(
                condition=Q(kind="due", new_day__isnull=False, old_day__isnull=False)
                | Q(
                    kind="milestone",
                    milestone__isnull=False,
                    new_day__isnull=False,
                    old_day__isnull=False,
                )
                | Q(kind="metric", new_value__isnull=False)
                | (Q(kind="plan") & ~Q(plan=[])),
                name="change_fits_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="change_has_reason"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True, words="")
                | (
                    Q(decision__in=ChangeDecision.values, decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(words="")
                ),
                name="change_decided_in_writing",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="change_not_decided_by_author",
                violation_error_message=_("Nobody decides on a request of their own."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} · {self.get_kind_display()}"
