"""The light of a task for a period, as it was when the period closed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tasks.models.periods import Period
from tasks.models.tasks import LightChoices, Task


class Light(models.Model):
    """A recorded light (亮灯): what the rules found, what the unit said, and what holds.

    ``unescalated`` is the light before "yellow twice running is red"; the next period's rule asks for it.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="lights")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="lights")
    automatic = models.CharField(_("Automatic light"), max_length=10, choices=LightChoices.choices)
    unescalated = models.CharField(max_length=10, choices=LightChoices.choices)
    own = models.CharField(_("Own light"), max_length=10, choices=LightChoices.choices, blank=True)
    final = models.CharField(_("Light"), max_length=10, choices=LightChoices.choices)
    reasons = models.JSONField(default=list)
    rule_version = models.PositiveSmallIntegerField(_("Version of the rules"))
    actual_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    scheduled_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    recorded_at = models.DateTimeField(_("Recorded"))

    class Meta:
        ordering = ("task", "period__month")
        verbose_name = _("light")
        verbose_name_plural = _("lights")
        constraints = (
            models.UniqueConstraint(fields=["task", "period"], name="light_once_a_task_and_period"),
            models.CheckConstraint(
                condition=Q(automatic__in=LightChoices.values)
                & Q(unescalated__in=LightChoices.values)
                & Q(final__in=LightChoices.values)
                & Q(own__in=["", *LightChoices.values]),
                name="light_codes_known",
            ),
        )
        indexes = (models.Index(fields=["period", "final"], name="light_by_period"),)

    def __str__(self) -> str:
        return f"{self.task} {self.period} {self.final}"
