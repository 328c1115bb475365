"""Tasks: what a lead unit answers for, with its current standing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, DecimalField, ExpressionWrapper, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User, WorkTeam
from tasks.models.campaigns import Campaign
from tasks.rules.lights import LightCode

PERCENT = (MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100)))


class LightChoices(models.TextChoices):
    """The five lights (亮灯)."""

    GREEN = LightCode.GREEN, _("On track")
    YELLOW = LightCode.YELLOW, _("Behind")
    RED = LightCode.RED, _("Seriously behind")
    BLUE = LightCode.BLUE, _("Closed out")
    GREY = LightCode.GREY, _("Not rated")


class Lifecycle(models.TextChoices):
    """The life of a task, from the book to its close-out (办结)."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Under way")
    CLOSING = "closing", _("Closing out")
    CLOSED = "closed", _("Closed out")
    CANCELLED = "cancelled", _("Cancelled")
    CARRIED = "carried", _("Carried over")
    """Unfinished when its book was closed (结转): it goes on as the task of the next book that follows it."""


OPEN_LIFECYCLES = (Lifecycle.ACTIVE, Lifecycle.CLOSING)
UNFINISHED = (Lifecycle.PLANNED, *OPEN_LIFECYCLES)
"""The states in which something is still to be done, and the lead may change."""

LIGHTS_BY_URGENCY = (
    LightChoices.RED,
    LightChoices.YELLOW,
    LightChoices.GREEN,
    LightChoices.GREY,
    LightChoices.BLUE,
)
"""The lights in the order in which they want to be looked at."""

URGENCY = Case(*(When(light=light, then=Value(n)) for n, light in enumerate(LIGHTS_BY_URGENCY)))
"""A task's place in that order, for the database to sort by."""


def deviation(actual: Decimal | None, scheduled: Decimal | None) -> Decimal | None:
    """Return actual minus scheduled progress in percentage points; None while nothing is scheduled.

    A task of which nothing was ever accepted stands at nought, as for the rules of the lights.
    """
    return None if scheduled is None else (actual or Decimal(0)) - scheduled


DEVIATION = Coalesce(F("actual_percent"), Value(Decimal(0))) - F("scheduled_percent")
"""The same as the database works it out."""

HAS_PLAN = Q(scheduled_percent__isnull=False)
"""The condition that a task's plan says something: without it there is nothing to compare progress with."""


def weighted(percent: str, weight: str = "weight") -> Sum:
    """Return the database's sum of weight times percent; a percent that is null adds nothing."""
    product = F(weight) * Coalesce(F(percent), Value(Decimal(0)))
    total = DecimalField(max_digits=14, decimal_places=1)
    return Sum(ExpressionWrapper(product, output_field=total), filter=HAS_PLAN)


def needs_attention(day: dt.date) -> Q:
    """Return the condition that a task is seriously behind, or open past its due date on ``day``."""
    return Q(light=LightChoices.RED) | Q(lifecycle__in=OPEN_LIFECYCLES, due_on__lt=day)


OWN_DIFFERS = ~Q(own_light="") & ~Q(own_light=F("automatic_light"))
"""The condition that a unit rates itself differently from the rules."""
SET_BY_OFFICE = ~Q(light=F("automatic_light"))
"""The condition that the office has set another light than the rules find."""


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads of tasks."""

    KEY = "pk"
    """What names a task in a row of these; otherwise only for tasks as they stood on a past day."""

    def visible_to(self, user: User) -> TaskQuerySet:
        """Return the tasks that ``user`` may see.

        A unit's people see what the unit leads, led or supports; an office what its headquarters commands;
        leaders, administrators and the district office see all.
        """
        duties = user.duties
        if duties.sees_all:
            return self
        # Subqueries, not joins: a task led twice by a unit is still one row.
        led = Task.objects.filter(leads__unit__in=duties.unit_ids)
        supported = Task.objects.filter(supporting_units__in=duties.unit_ids)
        return self.filter(
            Q(pk__in=led.values("pk"))
            | Q(pk__in=supported.values("pk"))
            | Q(campaign__headquarters__in=duties.headquarters_ids)
        )

    def keys(self) -> models.QuerySet[Any, Any]:
        """Return the keys of the tasks, for the condition of another read."""
        keys: models.QuerySet[Any, Any] = self.order_by().values(self.KEY)
        return keys

    def in_book(self, book_id: int) -> TaskQuerySet:
        """Return the tasks of one task book."""
        return self.filter(campaign__book=book_id)

    def unfinished(self) -> TaskQuerySet:
        """Return the tasks on which something is still to be done."""
        return self.filter(lifecycle__in=UNFINISHED)

    def to_begin(self, day: dt.date) -> TaskQuerySet:
        """Return the planned tasks whose start has come on ``day``, and for which a unit answers."""
        return self.filter(lifecycle=Lifecycle.PLANNED, starts_on__lte=day, lead_unit__isnull=False)

    def open(self) -> TaskQuerySet:
        """Return the tasks on which reports are filed."""
        return self.filter(lifecycle__in=OPEN_LIFECYCLES)

    def counted(self) -> TaskQuerySet:
        """Return the tasks that count in sums: all but the cancelled."""
        return self.exclude(lifecycle=Lifecycle.CANCELLED)

    def overdue(self, day: dt.date) -> TaskQuerySet:
        """Return the open tasks whose due date has passed on ``day``."""
        return self.open().filter(due_on__lt=day)

    def needing_attention(self, day: dt.date) -> TaskQuerySet:
        """Return the exceptions of ``day``: what is seriously behind, or open past its due date."""
        return self.counted().filter(needs_attention(day))

    def most_urgent_first(self) -> TaskQuerySet:
        """Sort red before yellow before green, and within a light what is furthest behind its plan."""
        return self.order_by(URGENCY, DEVIATION.asc(nulls_last=True), "code")

    def with_names(self) -> TaskQuerySet:
        """Load what a row of a list shows."""
        return self.select_related("campaign", "lead_unit")


class Task(models.Model):
    """A tough task (攻坚任务): one thing to be done, one unit answering for it.

    The fields from ``lead_unit`` on are the task's current standing: kept by services in the transaction that
    changes it, and rebuilt from history by ``manage.py rebuild_standings``.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("Campaign"), on_delete=models.PROTECT, related_name="tasks"
    )
    work_team = models.ForeignKey(
        WorkTeam,
        verbose_name=_("Work team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tasks",
    )
    code = models.CharField(_("Code"), max_length=30, unique=True)
    title = models.CharField(_("Title"), max_length=120)
    annual_target = models.TextField(_("Annual target"), max_length=2000, blank=True)
    metric = models.CharField(_("Metric"), max_length=60, blank=True)
    metric_unit = models.CharField(_("Unit of measure"), max_length=20, blank=True)
    metric_target = models.DecimalField(
        _("Target value"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    weight = models.PositiveSmallIntegerField(_("Weight"), default=1)
    starts_on = models.DateField(_("Start"))
    due_on = models.DateField(_("Due"))
    lifecycle = models.CharField(
        _("State"), max_length=10, choices=Lifecycle.choices, default=Lifecycle.PLANNED
    )
    closed_on = models.DateField(_("Closed out on"), null=True, blank=True)
    supporting_units = models.ManyToManyField(
        Unit, verbose_name=_("Supporting units"), blank=True, related_name="supported_tasks"
    )
    carried_from = models.OneToOneField(
        "self",
        verbose_name=_("Carried over from"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="carried_to",
    )
    """The task of last year's book that this one continues."""

    lead_unit = models.ForeignKey(
        Unit,
        verbose_name=_("Lead unit"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="led_tasks",
    )
    lead_since = models.DateField(_("Led since"), null=True, blank=True, editable=False)
    actual_percent = models.DecimalField(
        _("Actual progress"), max_digits=4, decimal_places=1, null=True, editable=False, validators=PERCENT
    )
    scheduled_percent = models.DecimalField(
        _("Scheduled progress"), max_digits=4, decimal_places=1, null=True, editable=False, validators=PERCENT
    )
    light = models.CharField(
        _("Light"),
        max_length=10,
        choices=LightChoices.choices,
        default=LightChoices.GREY,
        editable=False,
    )
    light_reasons = models.JSONField(default=list, editable=False)
    automatic_light = models.CharField(
        _("Light by the rules"),
        max_length=10,
        choices=LightChoices.choices,
        default=LightChoices.GREY,
        editable=False,
    )
    own_light = models.CharField(
        _("Own light"), max_length=10, choices=LightChoices.choices, blank=True, editable=False
    )
    """What the unit says of the month that is measured; empty where it has said nothing of it."""
    last_period = models.ForeignKey(
        "tasks.Period",
        verbose_name=_("Last accepted period"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = (
            models.CheckConstraint(
                condition=Q(due_on__gte=F("starts_on")),
                name="task_due_after_start",
                violation_error_message=_("The due date must not be before the start."),
            ),
            models.CheckConstraint(condition=Q(lifecycle__in=Lifecycle.values), name="task_lifecycle_known"),
            models.CheckConstraint(
                condition=Q(light__in=LightChoices.values)
                & Q(automatic_light__in=LightChoices.values)
                & Q(own_light__in=["", *LightChoices.values]),
                name="task_light_known",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="task_weight_positive"),
            models.CheckConstraint(
                condition=Q(lifecycle=Lifecycle.CLOSED, closed_on__isnull=False)
                | (~Q(lifecycle=Lifecycle.CLOSED) & Q(closed_on__isnull=True)),
                name="task_closed_has_day",
            ),
            models.CheckConstraint(
                condition=Q(actual_percent__isnull=True) | Q(actual_percent__gte=0, actual_percent__lte=100),
                name="task_actual_percent",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_percent__isnull=True)
                | Q(scheduled_percent__gte=0, scheduled_percent__lte=100),
                name="task_scheduled_percent",
            ),
        )
        indexes = (
            models.Index(fields=["campaign", "light"], name="task_by_campaign_light"),
            models.Index(fields=["lead_unit", "lifecycle"], name="task_by_lead"),
            models.Index(fields=["due_on"], name="task_by_due"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def deviation(self) -> Decimal | None:
        """Return how far the task is ahead of its plan."""
        return deviation(self.actual_percent, self.scheduled_percent)

    @property
    def is_open(self) -> bool:
        """Say whether reports are filed on the task."""
        return self.lifecycle in OPEN_LIFECYCLES

    @property
    def is_unfinished(self) -> bool:
        """Say whether something is still to be done."""
        return self.lifecycle in UNFINISHED
