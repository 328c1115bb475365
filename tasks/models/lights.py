"""Lights: the numbers of their rules, what the office sets in their place, and what each period came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from tasks.models.campaigns import Campaign
from tasks.models.periods import Period
from tasks.models.tasks import HAS_PLAN, LightChoices, Task, weighted
from tasks.rules.lights import DEFAULTS, LightCode, Setting, Thresholds

RATED = (LightChoices.GREEN, LightChoices.YELLOW, LightChoices.RED)
"""The lights that rate work under way, and so the only ones that the office may set."""


class LightRuleQuerySet(models.QuerySet["LightRule"]):
    """Reads of light rules."""

    def known_at(self, at: dt.datetime) -> LightRuleQuerySet:
        """Return the versions that had been decided by ``at``."""
        return self.filter(decided_at__lte=at)

    def planned(self, day: dt.date) -> LightRuleQuerySet:
        """Return the versions that have still to take effect after ``day``."""
        return self.filter(starts_on__gt=day)

    def thresholds_on(self, day: dt.date) -> Thresholds:
        """Return the numbers in force on ``day``: one query."""
        return thresholds_in_force(self.filter(starts_on__lte=day), day)


class LightRule(models.Model):
    """A numbered version of the rules' numbers (亮灯标准), in force from ``starts_on`` until another one starts.

    Deviations are in percentage points, below nought; days are calendar days. Of two versions that start on the
    same day the later holds.
    """

    version = models.PositiveSmallIntegerField(_("Version"), unique=True)
    starts_on = models.DateField(_("In force from"))
    yellow_below = models.DecimalField(_("Yellow below"), max_digits=4, decimal_places=1)
    red_below = models.DecimalField(_("Red below"), max_digits=4, decimal_places=1)
    key_milestone_days = models.PositiveSmallIntegerField(_("Days late that make a key milestone red"))
    leader_obstacle_days = models.PositiveSmallIntegerField(
        _("Days that an obstacle may wait for a district leader")
    )
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    decided_at = models.DateTimeField(_("Decided"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = LightRuleQuerySet.as_manager()

    class Meta:
        ordering = ("starts_on", "version")
        verbose_name = _("light rule")
        verbose_name_plural = _("light rules")
        constraints = (
            models.CheckConstraint(
                condition=Q(yellow_below__lte=0, yellow_below__gte=-100), name="light_rule_yellow_below"
            ),
            models.CheckConstraint(
                condition=Q(red_below__lt=models.F("yellow_below"), red_below__gte=-100),
                name="light_rule_red_below_yellow",
            ),
            models.CheckConstraint(
                condition=Q(key_milestone_days__lte=366, leader_obstacle_days__lte=366),
                name="light_rule_days_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | (~Q(reason="") & Q(decided_by__isnull=False)),
                name="light_rule_later_version_has_reason",
            ),
        )

    def __str__(self) -> str:
        return f"v{self.version} {self.starts_on:%Y-%m-%d}"

    @property
    def thresholds(self) -> Thresholds:
        """Return the numbers as the rules take them."""
        return Thresholds(
            version=self.version,
            yellow_below=self.yellow_below,
            red_below=self.red_below,
            key_milestone_days=self.key_milestone_days,
            leader_obstacle_days=self.leader_obstacle_days,
        )


def thresholds_in_force(rules: Iterable[LightRule], day: dt.date) -> Thresholds:
    """Return the numbers of ``rules`` in force on ``day``; the published ones where there is none."""
    begun = [rule for rule in rules if rule.starts_on <= day]
    if not begun:
        return DEFAULTS
    return max(begun, key=lambda rule: (rule.starts_on, rule.version)).thresholds


class LightOverrideQuerySet(models.QuerySet["LightOverride"]):
    """Reads of lights set by the office."""

    def holding(self, at: dt.datetime, day: dt.date) -> LightOverrideQuerySet:
        """Return those that held at ``at``, a moment of ``day``: at most one for each task."""
        standing = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
        return self.filter(standing, starts_at__lte=at, ends_on__gt=day)

    def run_out(self, day: dt.date) -> LightOverrideQuerySet:
        """Return those whose last day has passed on ``day``, and which nobody has ended yet."""
        return self.filter(ended_at__isnull=True, ends_on__lte=day)


class LightOverride(models.Model):
    """A light that the office sets in place of the rules' (人工定灯): which, why, and until when.

    It holds from ``starts_at`` until the day ``ends_on`` begins, or until it is withdrawn before. ``ended_by`` is
    empty where it ran out by itself.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="light_overrides")
    light = models.CharField(
        _("Light"), max_length=10, choices=[(light.value, light.label) for light in RATED]
    )
    reason = models.CharField(_("Reason"), max_length=500)
    starts_at = models.DateTimeField(_("Set"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ends_on = models.DateField(_("First day without it"))
    ended_at = models.DateTimeField(_("Ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = LightOverrideQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_at", "-id")
        verbose_name = _("light set by the office")
        verbose_name_plural = _("lights set by the office")
        constraints = (
            models.CheckConstraint(condition=Q(light__in=RATED), name="light_override_rates"),
            models.CheckConstraint(condition=~Q(reason=""), name="light_override_has_reason"),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True) | Q(ended_at__isnull=False),
                name="light_override_ended_at_and_by",
            ),
            models.UniqueConstraint(
                fields=["task"], condition=Q(ended_at__isnull=True), name="light_override_one_a_task"
            ),
        )
        indexes = (models.Index(fields=["ends_on"], name="light_override_by_end"),)

    def __str__(self) -> str:
        return f"{self.task} {self.light}"

    @property
    def last_day(self) -> dt.date:
        """Return the last day on which it holds."""
        return self.ends_on - dt.timedelta(days=1)

    @property
    def setting(self) -> Setting:
        """Return it as the rules take it."""
        return Setting(LightCode(self.light), self.last_day, self.reason)


class LightQuerySet(models.QuerySet["Light"]):
    """Reads of recorded lights."""

    def known_at(self, at: dt.datetime) -> LightQuerySet:
        """Return the lights as they were recorded at a moment, those replaced since included."""
        return self.filter(recorded_at__lte=at).filter(Q(replaced_at__isnull=True) | Q(replaced_at__gt=at))


class LightManager(models.Manager["Light"]):
    """The lights that hold: of each task and period the one recorded last."""

    def get_queryset(self) -> models.QuerySet[Light]:
        """Leave out what was replaced; ``Light.every`` has it."""
        return super().get_queryset().filter(replaced_at__isnull=True)


class Light(models.Model):
    """A recorded light (亮灯): what the rules found, what the unit said, and what holds.

    One recorded anew, because a report was accepted late or a period closed twice, replaces the one before,
    which stays to tell what was known until then. ``unescalated`` is the light before "yellow twice running is red"; the next period's rule asks for it.
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
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = LightManager()
    every = LightQuerySet.as_manager()

    class Meta:
        ordering = ("task", "period__month")
        verbose_name = _("light")
        verbose_name_plural = _("lights")
        constraints = (
            models.UniqueConstraint(
                fields=["task", "period"],
                condition=Q(replaced_at__isnull=True),
                name="light_once_a_task_and_period",
            ),
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


def summed(lights: QuerySet[Light]) -> QuerySet[Any, Any]:
    """Return the sums of ``lights`` as tuples: campaign, period, weight, and weight times percent of both kinds.

    Months are weighted as they were planned then; a task's weight is today's.
    """
    rows = lights.order_by().annotate(campaign=F("task__campaign"))
    return rows.values_list("campaign", "period").annotate(
        weight_sum=Sum("task__weight", filter=HAS_PLAN),
        actual_sum=weighted("actual_percent", "task__weight"),
        scheduled_sum=weighted("scheduled_percent", "task__weight"),
    )


class LightSumQuerySet(models.QuerySet["LightSum"]):
    """Reads of what recorded lights come to."""

    def as_summed(self) -> QuerySet[Any, Any]:
        """Return the same tuples as ``summed``."""
        rows: QuerySet[Any, Any] = self.values_list(
            "campaign", "period", "weight", "actual_sum", "scheduled_sum"
        )
        return rows


class LightSum(models.Model):
    """What the recorded lights of a campaign's counted tasks come to for one period: its trend reads nothing else.

    Kept by the services that record a light, change a weight or cancel a task, in the transaction that does, and
    rebuilt by ``manage.py rebuild_standings``.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="light_sums")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    weight = models.PositiveIntegerField(default=0)
    actual_sum = models.DecimalField(max_digits=14, decimal_places=1, default=0)
    scheduled_sum = models.DecimalField(max_digits=14, decimal_places=1, default=0)

    objects = LightSumQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "period"], name="light_sum_once_a_period"),
            models.CheckConstraint(
                condition=Q(actual_sum__gte=0, actual_sum__lte=F("weight") * 100)
                & Q(scheduled_sum__gte=0, scheduled_sum__lte=F("weight") * 100),
                name="light_sum_within_weight",
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} {self.period}"
