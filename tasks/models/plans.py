"""Plans: the versions of a task's monthly cumulative plan."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tasks.models.tasks import PERCENT, Task


class BaselineQuerySet(models.QuerySet["Baseline"]):
    """Reads of baselines."""

    def known_at(self, at: dt.datetime) -> BaselineQuerySet:
        """Return the versions that had been approved by a moment; those without approval came with the book."""
        return self.filter(Q(approved_at__isnull=True) | Q(approved_at__lte=at))

    def in_force(self, day: dt.date) -> BaselineQuerySet:
        """Return the version in force on ``day`` for each task: the latest one that had started."""
        newer = Baseline.objects.filter(
            task=models.OuterRef("task"), starts_on__lte=day, version__gt=models.OuterRef("version")
        )
        return self.filter(starts_on__lte=day).filter(~models.Exists(newer))


class Baseline(models.Model):
    """A numbered version (计划版本) of a task's plan; a new one never repaints the past.

    It is in force from ``starts_on`` until the next version starts.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="baselines")
    version = models.PositiveSmallIntegerField(_("Version"))
    starts_on = models.DateField(_("In force from"))
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(_("Approved"), null=True, blank=True)

    objects = BaselineQuerySet.as_manager()

    class Meta:
        ordering = ("task", "version")
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        constraints = (
            models.UniqueConstraint(fields=["task", "version"], name="baseline_version_once_a_task"),
            models.CheckConstraint(condition=Q(version__gte=1), name="baseline_version_from_one"),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(reason=""), name="baseline_later_version_has_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} v{self.version}"

    def points_by_day(self) -> dict[dt.date, Any]:
        """Return the plan's points, for the rules: cumulative percent by day."""
        return {point.day: point.percent for point in self.points.all()}


class PlanPoint(models.Model):
    """Cumulative progress planned for the end of ``day``, in percent."""

    baseline = models.ForeignKey(Baseline, on_delete=models.CASCADE, related_name="points")
    day = models.DateField(_("By the end of"))
    percent = models.DecimalField(_("Cumulative percent"), max_digits=4, decimal_places=1, validators=PERCENT)

    class Meta:
        ordering = ("day",)
        verbose_name = _("plan point")
        verbose_name_plural = _("plan points")
        constraints = (
            models.UniqueConstraint(fields=["baseline", "day"], name="plan_point_once_a_day"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="plan_point_percent"),
        )

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.percent}%"
