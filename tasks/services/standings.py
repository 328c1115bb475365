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
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tasks.models import (
    Baseline,
    Lifecycle,
    Light,
    LightOverride,
    LightRule,
    Milestone,
    Period,
    PlanPoint,
    Report,
    Submission,
    Task,
)
from tasks.models.lights import thresholds_in_force
from tasks.models.obstacles import open_at_leader
from tasks.rules.lights import (
    LateMilestone,
    LightCode,
    Reason,
    TaskFacts,
    Thresholds,
    Verdict,
    judge,
    settle,
)
from tasks.rules.plans import measured_month, scheduled_percent
from tasks.rules.reports import Footing, ReportState
from tasks.services.past import keep

STANDING_FIELDS = (
    "actual_percent",
    "scheduled_percent",
    "light",
    "light_reasons",
    "automatic_light",
    "own_light",
    "last_period_id",
)

MEASURED = ("task", "actual_percent", "own_light", "period__book", "period__month", "period__due_at")
"""What is asked of the report last accepted; its texts are long."""


@dataclass(frozen=True)
class Assessment:
    """What history says of a task at a moment: the rules' ``verdict``, and the ``light`` that holds."""

    task: Task
    actual: Decimal | None
    scheduled: Decimal | None
    verdict: Verdict
    light: LightCode
    reasons: tuple[Reason, ...]
    last_period_id: int | None
    own_light: str
    rule_version: int

    def standing(self) -> dict[str, object]:
        """Return the values of the task's standing fields."""
        return {
            "actual_percent": self.actual,
            "scheduled_percent": self.scheduled,
            "light": self.light.value,
            "light_reasons": [reason.as_json() for reason in self.reasons],
            "automatic_light": self.verdict.light.value,
            "own_light": self.own_light,
            "last_period_id": self.last_period_id,
        }


class Plan(NamedTuple):
    """A version of a task's plan: from when it holds, and its points."""

    starts_on: dt.date
    points: dict[dt.date, Decimal]


class History:
    """The history of some tasks as known at ``at``: eleven queries, whatever their number.

    With ``period``, progress is measured on that period's due day, whatever has fallen due since; and once it has
    closed, by the numbers and the office's settings of that moment: a month is not repainted by later ones.
    """

    def __init__(self, tasks: QuerySet[Task], at: dt.datetime, period: Period | None = None) -> None:
        self.at, self.day, self.period = at, timezone.localdate(at), period
        self.settled_at = min(at, period.closed_at) if period and period.closed_at else at
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
        self.accepted = (
            Report.objects.order_by()
            .select_related("period")
            .only(*MEASURED)
            .in_bulk([task.accepted_id for task in self.tasks if task.accepted_id])
        )
        self.due = self._due_periods()
        self.excused = self._excused(ids)
        self.plans = self._plans(ids)
        self.milestones = self._late_milestones(ids)
        self.lights = self._lights(ids)
        self.settings = self._settings(ids)
        rules_day = timezone.localdate(self.settled_at)
        self.thresholds = thresholds_in_force(LightRule.objects.known_at(self.settled_at), rules_day)

    def _due_periods(self) -> dict[int, list[Period]]:
        """Return each book's periods that have fallen due, the last ones of a year and a half."""
        if self.period:
            due = Period.objects.filter(book=self.period.book_id, month__lt=self.period.month)
        else:
            due = Period.objects.filter(due_at__lte=self.at)
        found: dict[int, list[Period]] = defaultdict(list)
        for period in due.filter(opened_at__isnull=False, month__gte=self._since).order_by("month"):
            found[period.book_id].append(period)
        if self.period:
            found[self.period.book_id].append(self.period)
        return found

    @property
    def _since(self) -> dt.date:
        """Return the first day of what is read: more than a light can need, and a bound."""
        return (self.period.month if self.period else self.day) - dt.timedelta(days=550)

    def _excused(self, ids: list[int]) -> dict[int, set[dt.date]]:
        """Return the months of each task that do not count: filed on time and undecided, or exempt."""
        periods = [period.pk for same in self.due.values() for period in same]
        undecided = Q(decided_at__isnull=True) | Q(decided_at__gt=self.at)
        waiting = Submission.objects.filter(undecided, submitted_at__lte=self.at).filter(
            report__task__in=ids,
            report__period__in=periods,
            report__first_submitted_at__lte=F("report__period__due_at"),
        )
        known = Q(exempted_at__isnull=True) | Q(exempted_at__lte=self.at)
        exempt = Report.objects.filter(known, task__in=ids, period__in=periods, state=ReportState.EXEMPT)
        found: dict[int, set[dt.date]] = defaultdict(set)
        for task, month in waiting.order_by().values_list("report__task", "report__period__month"):
            found[task].add(month)
        for task, month in exempt.order_by().values_list("task", "period__month"):
            found[task].add(month)
        return found

    def _plans(self, ids: list[int]) -> dict[int, list[Plan]]:
        points: dict[int, dict[dt.date, Decimal]] = defaultdict(dict)
        rows = PlanPoint.objects.filter(baseline__task__in=ids).order_by()
        for pk, day, percent in rows.values_list("baseline", "day", "percent"):
            points[pk][day] = percent
        plans: dict[int, list[Plan]] = defaultdict(list)
        versions = Baseline.objects.filter(task__in=ids).order_by("version")
        for pk, task, starts_on in versions.values_list("pk", "task", "starts_on"):
            plans[task].append(Plan(starts_on, points[pk]))
        return plans

    def _late_milestones(self, ids: list[int]) -> dict[int, list[LateMilestone]]:
        late: dict[int, list[LateMilestone]] = defaultdict(list)
        overdue = Milestone.objects.filter(task__in=ids, due_on__lt=self.day)
        overdue = overdue.exclude(completed_on__lte=self.day)
        for task, title, due_on, is_key in overdue.values_list("task", "title", "due_on", "is_key"):
            late[task].append(LateMilestone(title, (self.day - due_on).days, is_key))
        return late

    def _lights(self, ids: list[int]) -> dict[int, dict[dt.date, str]]:
        """Return the light of each task's recorded months before its own escalation."""
        recent = Light.objects.filter(task__in=ids, recorded_at__lte=self.at, period__month__gte=self._since)
        found: dict[int, dict[dt.date, str]] = defaultdict(dict)
        for task, month, light in recent.order_by().values_list("task", "period__month", "unescalated"):
            found[task][month] = light
        return found

    def _settings(self, ids: list[int]) -> dict[int, LightOverride]:
        """Return the light that the office had set for each task, where one held."""
        moment = self.settled_at
        holding = LightOverride.objects.holding(moment, timezone.localdate(moment))
        return {row.task_id: row for row in holding.filter(task__in=ids)}

    def _previous_light(self, task: Task, month: dt.date | None) -> LightCode | None:
        """Return the light of the last month before ``month`` in which the task was assessed.

        Months without a light, unrated ones and excused ones are passed over: two yellows are running although a
        month in which nothing was asked lies between them.
        """
        if month is None:
            return None
        assessed = {
            recorded: light
            for recorded, light in self.lights.get(task.pk, {}).items()
            if recorded < month and light != LightCode.GREY and recorded not in self.excused.get(task.pk, ())
        }
        return LightCode(assessed[max(assessed)]) if assessed else None

    def _scheduled(self, task: Task, day: dt.date | None) -> Decimal | None:
        if day is None:
            return None
        in_force = [plan for plan in self.plans.get(task.pk, []) if plan.starts_on <= day]
        # A plan that was first approved later than the task began still tells what was meant for its start.
        chosen = in_force[-1:] or self.plans.get(task.pk, [])[:1]
        return scheduled_percent(chosen[0].points, task.starts_on, day) if chosen else None

    def measured(self, task: Task, report: Report | None) -> Period | None:
        """Return the period on whose due day ``task`` is measured, ``report`` being its last accepted one."""
        due = {
            period.month: period
            for period in self.due.get(task.book_id, ())  # type: ignore[attr-defined]  # annotated by ``History``
            # One that was over before the task began asked nothing of it.
            if timezone.localdate(period.due_at) >= task.starts_on
        }
        accepted = report.period.month if report else None
        month = measured_month(due, self.excused.get(task.pk, ()), accepted)
        if report and month == accepted:
            return report.period
        return due[month] if month else None

    def facts(self, task: Task, report: Report | None) -> TaskFacts:
        """Return what the light rules ask about ``task``."""
        measured = self.measured(task, report)
        missed_month = task.closed_month if task.closed_state == ReportState.MISSED else None  # type: ignore[attr-defined]  # annotated by ``History``
        return TaskFacts(
            closed_out=task.closed_on is not None and task.closed_on <= self.day,
            actual=report.actual_percent if report else None,
            scheduled=self._scheduled(task, timezone.localdate(measured.due_at) if measured else None),
            late_milestones=self.milestones.get(task.pk, ()),
            days_past_due=(self.day - task.due_on).days,
            last_report_missed=missed_month is not None
            and (report is None or report.period.month < missed_month),
            leader_obstacle_days=(self.day - task.leader_since).days if task.leader_since else 0,  # type: ignore[attr-defined]  # annotated by ``History``
            previous=self._previous_light(task, measured.month if measured else None),
        )

    def assess(self, task: Task, thresholds: Thresholds | None = None) -> Assessment:
        """Return the standing of one of the loaded tasks, by ``thresholds`` or else by those in force."""
        report = self.accepted.get(task.accepted_id)  # type: ignore[attr-defined]  # annotated by ``History``
        facts, thresholds = self.facts(task, report), thresholds or self.thresholds
        setting = self.settings.get(task.pk)
        if task.lifecycle in (Lifecycle.PLANNED, Lifecycle.CANCELLED):
            verdict, setting = Verdict(LightCode.GREY, LightCode.GREY), None
        else:
            verdict = judge(facts, thresholds)
        light, reasons = settle(verdict, setting.setting if setting else None)
        return Assessment(
            task=task,
            actual=facts.actual,
            scheduled=facts.scheduled,
            verdict=verdict,
            light=light,
            reasons=reasons,
            last_period_id=report.period_id if report else None,
            own_light=self._own_light(task, report, verdict),
            rule_version=thresholds.version,
        )

    def _own_light(self, task: Task, report: Report | None, verdict: Verdict) -> str:
        """Return what the unit says of the month that is measured; what it said of an earlier one is no answer."""
        if report is None or verdict.light in (LightCode.BLUE, LightCode.GREY):
            return ""
        measured = self.measured(task, report)
        return report.own_light if measured and measured.month == report.period.month else ""


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
    scheduled = history.facts(history.tasks[0], report).scheduled
    return Footing(scheduled=scheduled, before=before, thresholds=history.thresholds)


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
    found = assess(tasks.order_by(), now)
    changed = _changed(found)
    fields = [name.removesuffix("_id") for name in STANDING_FIELDS]
    Task.objects.bulk_update(changed, fields, batch_size=200)
    keep([assessment.task for assessment in found], now=now)
    return len(changed)
