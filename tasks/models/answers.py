"""Answers to directives, point by point, and the story of a directive."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasks.models.campaigns import Campaign
from tasks.models.directives import Addressee, Directive, DirectivePoint
from tasks.models.tasks import Task


class PointAnswer(models.Model):
    """What a unit answers to one point, in one round: a draft until the unit gives its answer, frozen from then on."""

    addressee = models.ForeignKey(Addressee, on_delete=models.CASCADE, related_name="answers")
    point = models.ForeignKey(DirectivePoint, on_delete=models.CASCADE, related_name="answers")
    round = models.PositiveSmallIntegerField(_("Round"))
    words = models.TextField(_("Answer"), max_length=2000, blank=True)

    class Meta:
        ordering = ("addressee", "round", "point")
        verbose_name = _("answer to a point")
        verbose_name_plural = _("answers to a point")
        constraints = (
            models.UniqueConstraint(fields=["addressee", "point", "round"], name="point_answer_once_a_round"),
            models.CheckConstraint(condition=Q(round__gte=1), name="point_answer_round"),
        )

    def __str__(self) -> str:
        return f"{self.addressee} · {self.point_id}"


class DirectiveStepChoices(models.TextChoices):
    """What happened to a directive."""

    ISSUED = "issued", _("Issued")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ANSWERED = "answered", _("Answered")
    RETURNED = "returned", _("Returned")
    REPLY = "reply", _("Reply")
    CARRIED = "carried", _("Carried over")
    CLOSED = "closed", pgettext_lazy("directive", "Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DirectiveStep(models.Model):
    """One step of a directive's story, from which it can be told how it stood on any day."""

    directive = models.ForeignKey(Directive, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("Step"), max_length=12, choices=DirectiveStepChoices.choices)
    addressee = models.ForeignKey(
        Addressee, null=True, blank=True, on_delete=models.CASCADE, related_name="steps"
    )
    """The unit whose step it was, or whose answer was returned."""
    round = models.PositiveSmallIntegerField(_("Round"), null=True, blank=True)
    """Which of the unit's answers was given or returned."""
    words = models.TextField(_("Words"), max_length=1000, blank=True)
    at = models.DateTimeField(_("At"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    from_task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The task that it was about until it was carried over."""
    from_campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """The campaign that it was about until then."""

    class Meta:
        ordering = ("at", "id")
        verbose_name = _("step of a directive")
        verbose_name_plural = _("steps of a directive")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=DirectiveStepChoices.values), name="directive_step_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["returned", "reply", "closed", "withdrawn"]) | ~Q(words=""),
                name="directive_step_has_words",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["acknowledged", "answered", "returned"]) | Q(addressee__isnull=False),
                name="directive_step_of_unit",
            ),
            models.CheckConstraint(
                condition=Q(kind="carried", from_task__isnull=False, from_campaign__isnull=True)
                | Q(kind="carried", from_task__isnull=True, from_campaign__isnull=False)
                | (~Q(kind="carried") & Q(from_task__isnull=True, from_campaign__isnull=True)),
                name="directive_carried_from_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.directive} {self.kind}"
