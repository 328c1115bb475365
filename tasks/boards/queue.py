"""What an office's desk says: what waits for its decision, and which units have not filed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from commands.models import Unit, User
from tasks.models import Report, Task
from tasks.rules.lights import DEFAULTS, LightCode, Thresholds, Verdict, judge
from tasks.services.standings import History
from tasks.wording import light_reason

PAGE = 50


@dataclass(frozen=True)
class Outlook:
    """What the rules would say of a task if a report were accepted as it stands."""

    scheduled: Decimal | None
    verdict: Verdict
    actual: Decimal | None = None
    thresholds: Thresholds = DEFAULTS

    @property
    def deviation(self) -> Decimal | None:
        """Return the percentage points ahead of the plan, behind it where negative."""
        if self.actual is None or self.scheduled is None:
            return None
        return self.actual - self.scheduled

    @property
    def reasons_in_words(self) -> list[str]:
        """Return why, in the active language."""
        return [light_reason(reason.as_json()) for reason in self.verdict.reasons]


@dataclass(frozen=True)
class Waiting:
    """A submitted report, as a row of the queue."""

    report: Report
    outlook: Outlook
    change: Decimal | None
    """Percentage points since the last accepted report."""

    @property
    def tick(self) -> str:
        """Return what ticks this filing, and no later one: report and number."""
        return f"{self.report.pk}:{getattr(self.report, 'pending_number', 0)}"

    @property
    def is_clean(self) -> bool:
        """Say whether it may be accepted without being opened: green by both, and the figure has not fallen."""
        green = self.report.own_light == self.outlook.verdict.light == LightCode.GREEN
        return green and (self.change is None or self.change >= 0)


@dataclass(frozen=True)
class Unfiled:
    """How many reports a unit still owes, and how many of them are late."""

    unit: Unit
    count: int
    overdue: int


@dataclass(frozen=True)
class Queue:
    """Everything on the desk of an office."""

    rows: list[Waiting]
    page: Page[Report]
    unfiled: list[Unfiled]

    @property
    def count(self) -> int:
        """Return how many reports wait for a decision."""
        return self.page.paginator.count

    @property
    def clean(self) -> int:
        """Return how many rows of this page may be accepted together."""
        return sum(row.is_clean for row in self.rows)


def queue_of(user: User, number: int, now: dt.datetime) -> Queue:
    """Return a page of the queue of ``user``'s office.

    A fixed number of queries for each period on the page, whatever the number of reports.
    """
    reports = Report.objects.reviewable_by(user).to_review().with_names().with_last_accepted()
    reports = reports.with_pending_number()
    page = Paginator(reports, PAGE).get_page(number)
    shown = list(page.object_list)
    outlooks = outlooks_of(shown, now)
    rows = [Waiting(report, outlooks[report.pk], _change(report)) for report in shown]
    return Queue(rows=rows, page=page, unfiled=_unfiled(user, now))


def _change(report: Report) -> Decimal | None:
    before: Decimal | None = getattr(report, "before_percent", None)
    if before is None or report.actual_percent is None:
        return None
    return report.actual_percent - before


def outlooks_of(reports: Iterable[Report], now: dt.datetime) -> dict[int, Outlook]:
    """Return what the rules would say of each of ``reports``, measured on its period's due day."""
    by_period: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        by_period[report.period_id].append(report)
    found = {}
    for same in by_period.values():
        history = History(
            Task.objects.filter(pk__in=[report.task_id for report in same]), now, same[0].period
        )
        tasks = {task.pk: task for task in history.tasks}
        for report in same:
            facts = history.facts(tasks[report.task_id], report)
            found[report.pk] = Outlook(
                facts.scheduled, judge(facts, history.thresholds), report.actual_percent, history.thresholds
            )
    return found


def _unfiled(user: User, now: dt.datetime) -> list[Unfiled]:
    """Return the units that have still to file, those with most overdue first."""
    late = Q(period__due_at__lt=now)
    counts = (
        Report.objects.reviewable_by(user)
        .to_file()
        .values("unit")
        .annotate(count=Count("pk"), overdue=Count("pk", filter=late))
        .order_by("-overdue", "-count", "unit__position", "unit")
    )
    rows = list(counts)
    units = Unit.objects.in_bulk([row["unit"] for row in rows])
    return [Unfiled(units[row["unit"]], row["count"], row["overdue"]) for row in rows]
