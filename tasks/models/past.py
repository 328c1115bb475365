"""How rows stood on past days (旧貌): one further row from each day on which one of them changed.

A page as of a day reads these instead of the rows of today. Their fields have the names of the fields they
keep, so that one and the same read works on either. Written by ``tasks/services/past.py`` alone, in the
transaction that changes the row; what changes twice in a day is kept as it stood at the end of it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from commands.models import Headquarters, Unit, User, WorkTeam
from tasks.models.campaigns import Campaign
from tasks.models.milestones import Milestone, MilestoneQuerySet
from tasks.models.periods import Period
from tasks.models.reports import Report, ReportQuerySet
from tasks.models.tasks import PERCENT, Task, TaskQuerySet


def standing_on(day: dt.date) -> Q:
    """Return the condition that a kept row tells of the end of ``day``."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def _constraints(name: str, key: str) -> tuple[models.BaseConstraint, ...]:
    """Return what holds for every kept row: one from a day on, and one that holds until further notice."""
    return (
        models.UniqueConstraint(fields=[key, "since"], name=f"past_{name}_once_a_day"),
        models.UniqueConstraint(fields=[key], condition=Q(until__isnull=True), name=f"past_{name}_one_last"),
        models.CheckConstraint(
            condition=Q(until__isnull=True) | Q(until__gt=F("since")), name=f"past_{name}_range"
        ),
    )


class Past(models.Model):
    """A row as it stood from ``since`` until the day before ``until``."""

    KEY: ClassVar[str]
    """The field that names the row itself."""

    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        abstract = True

    @classmethod
    def kept(cls) -> tuple[str, ...]:
        """Return the attributes that are kept."""
        others = {"id", "since", "until", cls.KEY}
        return tuple(field.attname for field in cls._meta.concrete_fields if field.name not in others)

    def says(self, row: models.Model, day: dt.date) -> bool:
        """Say whether this tells of ``row`` as it stands on ``day``."""
        return all(getattr(self, name) == getattr(row, name) for name in self.kept())

    def put_on(self, row: Any) -> Any:
        """Return ``row`` with what was kept, for showing only: it must not be saved so."""
        for name in self.kept():
            setattr(row, name, getattr(self, name))
        return row


def aged(reasons: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    """Return the reasons of a light as they read ``days`` later: what is late grows later by itself."""
    return [{**reason, "days": reason["days"] + days} if "days" in reason else reason for reason in reasons]


class PastTaskQuerySet(TaskQuerySet):
    """Reads of tasks as they stood on a day."""

    KEY = "task_id"

    def on(self, day: dt.date) -> PastTaskQuerySet:
        """Return the tasks that there were at the end of ``day``, as they stood then."""
        return self.filter(standing_on(day))

    def visible_to(self, user: User) -> PastTaskQuerySet:
        """Return the tasks that ``user`` may see today: nobody reads more of the past than of the present."""
        if user.duties.sees_all:
            return self
        return self.filter(task__in=Task.objects.visible_to(user).values("pk"))


class PastTask(Past):
    """A task as it stood: all that can change of it, its standing included."""

    KEY = "task"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="past")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    work_team = models.ForeignKey(WorkTeam, null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    annual_target = models.TextField(blank=True)
    metric = models.CharField(max_length=60, blank=True)
    metric_unit = models.CharField(max_length=20, blank=True)
    metric_target = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    weight = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    due_on = models.DateField()
    lifecycle = models.CharField(max_length=10)
    closed_on = models.DateField(null=True)
    lead_unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    lead_since = models.DateField(null=True)
    actual_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, validators=PERCENT)
    scheduled_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, validators=PERCENT)
    light = models.CharField(max_length=10)
    light_reasons = models.JSONField(default=list)
    automatic_light = models.CharField(max_length=10)
    own_light = models.CharField(max_length=10, blank=True)
    last_period = models.ForeignKey(Period, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PastTaskQuerySet.as_manager()

    class Meta:
        constraints = _constraints("task", "task")
        indexes = (models.Index(fields=["campaign", "since"], name="past_task_by_campaign"),)

    def __str__(self) -> str:
        return f"{self.title} {self.since}"

    def says(self, row: models.Model, day: dt.date) -> bool:
        """Say whether this tells of ``row`` on ``day``; that a late thing is a day later is no news."""
        assert isinstance(row, Task)  # noqa: S101  kept of tasks only
        reasons, self.light_reasons = self.light_reasons, aged(self.light_reasons, (day - self.since).days)
        same = super().says(row, day)
        self.light_reasons = reasons
        return same

    def as_task(self, day: dt.date) -> Task:
        """Return the task as it stood on ``day``, for showing only, with the rows that were loaded along."""
        task: Task = self.put_on(Task(pk=self.task_id))
        for name in ("campaign", "lead_unit", "work_team"):
            if name in self._state.fields_cache:
                setattr(task, name, getattr(self, name))
        task.light_reasons = aged(self.light_reasons, (day - self.since).days)
        return task


class PastCampaign(Past):
    """A campaign as it stood: its names, who commands, supervises and leads it, and its flag."""

    KEY = "campaign"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="past")
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    headquarters = models.ForeignKey(Headquarters, null=True, on_delete=models.PROTECT, related_name="+")
    supervisor_title = models.CharField(max_length=60, blank=True)
    supervisor_title_en = models.CharField(max_length=100, blank=True)
    lead_unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    flag_presented_on = models.DateField(null=True)

    class Meta:
        constraints = _constraints("campaign", "campaign")

    def __str__(self) -> str:
        return f"{self.name} {self.since}"


class PastMilestoneQuerySet(MilestoneQuerySet):
    """Reads of milestones as they stood on a day."""

    KEY = "milestone_id"

    def open(self) -> PastMilestoneQuerySet:
        """Return the milestones not known to be reached; whether their task was under way, it must be asked."""
        return self.filter(completed_on__isnull=True)


class PastMilestone(Past):
    """A milestone as it stood: its title, its day, and whether it was known to be reached.

    ``milestone`` null: it was taken out since, and past days still tell of it.
    """

    KEY = "milestone"

    milestone = models.ForeignKey(Milestone, null=True, on_delete=models.SET_NULL, related_name="past")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=120)
    due_on = models.DateField()
    completed_on = models.DateField(null=True)
    is_key = models.BooleanField()

    objects = PastMilestoneQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "milestone")
        constraints = _constraints("milestone", "milestone")

    def __str__(self) -> str:
        return f"{self.title} {self.since}"


class PastPeriod(Past):
    """A period as it stood: whether it was open, and its days."""

    KEY = "period"

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="past")
    due_at = models.DateTimeField()
    closes_on = models.DateField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = _constraints("period", "period")

    def __str__(self) -> str:
        return f"{self.period} {self.since}"


class PastReport(Past):
    """A report as it stood: who answered for it, and how far it was; what it said stands in its submissions."""

    KEY = "report"

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="past")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    timeliness = models.CharField(max_length=10, blank=True)
    exempt_reason = models.CharField(max_length=300, blank=True)
    exempted_at = models.DateTimeField(null=True)
    exempted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = _constraints("report", "report")

    def __str__(self) -> str:
        return f"{self.report} {self.since}"


class PastSupport(models.Model):
    """That a unit supported a task (配合单位), from ``since`` until the day before ``until``."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="past_support")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["task", "unit", "since"], name="past_support_once_a_day"),
            models.UniqueConstraint(
                fields=["task", "unit"], condition=Q(until__isnull=True), name="past_support_one_last"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="past_support_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.task} {self.since}"
