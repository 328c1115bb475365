"""The current standing of tasks: worked out from history, kept on the task's row.

``assess`` reads history as it was known at a moment, in a fixed number of queries for any number of tasks;
``refresh_standings`` writes what it finds. So a standing can always be rebuilt.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone

from tasks.models import Baseline, Lifecycle, Light, Milestone, Period, PlanPoint, Report, Task
from tasks.models.obstacles import open_at_leader
from tasks.rules.lights import DEFAULTS, LateMilestone, LightCode, TaskFacts, Thresholds, Verdict, judge
from tasks.rules.plans import measuring_day, scheduled_percent
from tasks.rules.reports import Footing, ReportState

STANDING_FIELDS = ("actual_percent", "scheduled_percent", "light", "light_reasons", "last_period_id")


@dataclass(frozen=True)
class Assessment:
    """What history says of a task at a moment."""

    task: Task
    actual: Decimal | None
    scheduled: Decimal | None
    verdict: Verdict
    last_period_id: int | None
    own_light: str = ""

    def standing(self) -> dict[str, object]:
        """Return the values of the task's standing fields."""
        return {
            "actual_percent": self.actual,
            "scheduled_percent": self.scheduled,
            "light": self.verdict.light.value,
            "light_reasons": [reason.as_json() for reason in self.verdict.reasons],
            "last_period_id": self.last_period_id,
        }


class History:
    """The history of some tasks as known at ``at``: seven queries, whatever their number.

    With ``period``, progress is measured on that period's due day, whatever has fallen due since.
    """

    def __init__(self, tasks: QuerySet[Task], at: dt.datetime, period: Period | None = None) -> None:
        self.at, self.day, self.period = at, timezone.localdate(at), period
        accepted = Report.objects.filter(task=OuterRef("pk"), state=ReportState.ACCEPTED, accepted_at__lte=at)
        closed = Report.objects.filter(task=OuterRef("pk"), period__closed_at__lte=at)
        if period:
            accepted = accepted.filter(period__month__lte=period.month)
            closed = closed.filter(period__month__lte=period.month)
        self.tasks = list(
            tasks.annotate(
                book_id=F("campaign__book"),
                leader_since=Subquery(open_at_leader(at, self.day).values("leader_since")[:1]),
                accepted_id=Subquery(accepted.order_by("-period__month").values("pk")[:1]),
                closed_state=Subquery(closed.order_by("-period__month").values("state")[:1]),
                closed_month=Subquery(closed.order_by("-period__month").values("period__month")[:1]),
            )
        )
        ids = [task.pk for task in self.tasks]
        self.accepted = Report.objects.select_related("period").in_bulk(
            [task.accepted_id for task in self.tasks if task.accepted_id]
        )
        self.due = self._last_due_periods()
        self.plans = self._plans(ids)
        self.milestones = self._late_milestones(ids)
        self.lights = self._lights(ids)

    def _last_due_periods(self) -> dict[int, Period]:
        """Return each book's last period that has fallen due."""
        if self.period:
            return {self.period.book_id: self.period}
        periods = Period.objects.filter(due_at__lte=self.at, opened_at__isnull=False).order_by("month")
        return {period.book_id: period for period in periods}

    def _plans(self, ids: list[int]) -> dict[int, list[Baseline]]:
        plans: dict[int, list[Baseline]] = defaultdict(list)
        points = Prefetch("points", PlanPoint.objects.order_by("day"))
        for plan in Baseline.objects.filter(task__in=ids).order_by("version").prefetch_related(points):
            plans[plan.task_id].append(plan)
        return plans

    def _late_milestones(self, ids: list[int]) -> dict[int, list[LateMilestone]]:
        late: dict[int, list[LateMilestone]] = defaultdict(list)
        reached = Milestone.objects.filter(completed_on__lte=self.day)
        overdue = Milestone.objects.filter(task__in=ids, due_on__lt=self.day).exclude(pk__in=reached)
        for row in overdue:
            late[row.task_id].append(LateMilestone(row.title, (self.day - row.due_on).days, row.is_key))
        return late

    def _lights(self, ids: list[int]) -> dict[tuple[int, dt.date], str]:
        recent = Light.objects.filter(task__in=ids, recorded_at__lte=self.at)
        rows = recent.values_list("task", "period__month", "unescalated")
        # A year and a half back is more than "the period before" can need, and bounds what is read.
        since = (self.period.month if self.period else self.day) - dt.timedelta(days=550)
        return {(task, month): light for task, month, light in rows.filter(period__month__gte=since)}

    def _previous_light(self, task: Task, month: dt.date | None) -> LightCode | None:
        if month is None:
            return None
        before = (month - dt.timedelta(days=1)).replace(day=1)
        light = self.lights.get((task.pk, before))
        return LightCode(light) if light else None

    def _scheduled(self, task: Task, day: dt.date | None) -> Decimal | None:
        if day is None:
            return None
        in_force = [plan for plan in self.plans.get(task.pk, []) if plan.starts_on <= day]
        # A plan that was first approved later than the task began still tells what was meant for its start.
        chosen = in_force[-1:] or self.plans.get(task.pk, [])[:1]
        return scheduled_percent(chosen[0].points_by_day(), task.starts_on, day) if chosen else None

    def facts(self, task: Task, report: Report | None) -> TaskFacts:
        """Return what the light rules ask about ``task``."""
        due = self.due.get(task.book_id)  # type: ignore[attr-defined]
        if due and timezone.localdate(due.due_at) < task.starts_on:
            due = None  # the period was over before the task began: nothing was due from it
        last_due = timezone.localdate(due.due_at) if due else None
        last_accepted = timezone.localdate(report.period.due_at) if report else None
        measured = max(
            (period for period in (due, report and report.period) if period),
            key=lambda p: p.month,
            default=None,
        )
        missed_month = task.closed_month if task.closed_state == ReportState.MISSED else None  # type: ignore[attr-defined]
        closed_out = task.closed_on is not None and task.closed_on <= self.day
        return TaskFacts(
            closed_out=closed_out,
            actual=report.actual_percent if report else None,
            scheduled=self._scheduled(task, measuring_day(last_due, last_accepted)),
            late_milestones=self.milestones.get(task.pk, ()),
            days_past_due=(self.day - task.due_on).days,
            last_report_missed=missed_month is not None
            and (report is None or report.period.month < missed_month),
            leader_obstacle_days=(self.day - task.leader_since).days if task.leader_since else 0,  # type: ignore[attr-defined]
            previous=self._previous_light(task, measured.month if measured else None),
        )

    def assess(self, task: Task, thresholds: Thresholds = DEFAULTS) -> Assessment:
        """Return the standing of one of the loaded tasks."""
        report = self.accepted.get(task.accepted_id)  # type: ignore[attr-defined]
        facts = self.facts(task, report)
        if task.lifecycle in (Lifecycle.PLANNED, Lifecycle.CANCELLED):
            verdict = Verdict(LightCode.GREY, LightCode.GREY)
        else:
            verdict = judge(facts, thresholds)
        return Assessment(
            task=task,
            actual=facts.actual,
            scheduled=facts.scheduled,
            verdict=verdict,
            last_period_id=report.period_id if report else None,
            own_light=report.own_light if report else "",
        )


def assess(tasks: QuerySet[Task], at: dt.datetime, period: Period | None = None) -> list[Assessment]:
    """Return the standing of ``tasks`` as history knew it at ``at``."""
    history = History(tasks, at, period)
    return [history.assess(task) for task in history.tasks]


def footing_of(report: Report, now: dt.datetime) -> Footing:
    """Return what the figure of ``report`` is measured against: its plan, and the figure last accepted."""
    history = History(Task.objects.filter(pk=report.task_id), now, report.period)
    accepted = Report.objects.filter(
        task=report.task_id, state=ReportState.ACCEPTED, period__month__lt=report.period.month
    )
    before = accepted.order_by("-period__month").values_list("actual_percent", flat=True).first()
    return Footing(scheduled=history.facts(history.tasks[0], report).scheduled, before=before)


def _changed(assessments: Iterable[Assessment]) -> list[Task]:
    """Put the standings on their tasks and return the tasks on which anything differs."""
    changed = []
    for assessment in assessments:
        task, standing = assessment.task, assessment.standing()
        if any(getattr(task, name) != value for name, value in standing.items()):
            for name, value in standing.items():
                setattr(task, name, value)
            changed.append(task)
    return changed


def lock_tasks(tasks: QuerySet[Task]) -> None:
    """Lock the rows of ``tasks`` until the transaction ends, always in the same order."""
    rows = Task.objects.filter(pk__in=tasks.order_by().values("pk")).select_for_update(no_key=True)
    list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def refresh_standings(*, tasks: QuerySet[Task], now: dt.datetime) -> int:
    """Bring the standing of ``tasks`` up to date and return how many changed.

    Their rows are locked before history is read: a report accepted at the same moment would otherwise be
    overwritten by what was known a moment before.
    """
    lock_tasks(tasks)
    changed = _changed(assess(tasks, now))
    fields = [name.removesuffix("_id") for name in STANDING_FIELDS]
    Task.objects.bulk_update(changed, fields, batch_size=200)
    return len(changed)
