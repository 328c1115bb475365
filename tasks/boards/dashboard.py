"""The dashboard: exceptions, campaigns, headquarters, milestones and filing of one area."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from commands.models import Headquarters
from tasks.boards.areas import Area
from tasks.boards.campaigns import CampaignRow, campaign_rows
from tasks.boards.filing import FilingBoard, filing_board
from tasks.boards.headquarters import HeadquartersRow, headquarters_rows
from tasks.boards.life import waiting_on
from tasks.boards.tallies import Tally, together
from tasks.models import Milestone, Task
from tasks.models.milestones import MilestoneQuerySet
from tasks.models.tasks import OWN_DIFFERS
from tasks.wording import light_reason

ATTENTION_SHOWN = 6
DIFFERING_SHOWN = 3
OVERDUE_SHOWN = 3
SOON_SHOWN = 5
SOON = dt.timedelta(days=14)


@dataclass(frozen=True)
class AttentionRow:
    """A task that needs attention, and why in words."""

    task: Task
    reasons: list[str]


@dataclass(frozen=True)
class MilestoneRow:
    """An open milestone; ``days_late`` is nought while its day has not passed."""

    milestone: Milestone
    days_late: int


@dataclass(frozen=True)
class MilestoneBoard:
    """Milestones that are overdue, and those of the next fortnight; how many tasks each concerns."""

    overdue: list[MilestoneRow]
    soon: list[MilestoneRow]
    overdue_tasks: int
    soon_tasks: int


@dataclass(frozen=True)
class Dashboard:
    """What one minute should tell. Every list and figure covers the same area."""

    area: Area
    day_of_year: int
    year_percent: int
    tally: Tally
    attention: list[AttentionRow]
    differing: list[AttentionRow]
    """Tasks whose unit rates itself differently from the rules."""
    campaigns: list[CampaignRow]
    headquarters: list[HeadquartersRow]
    milestones: MilestoneBoard
    filing: FilingBoard | None
    waiting: dict[str, Any]
    """What the reader is asked to clear or answer."""
    measured_on: dt.date | None
    """The due day on which progress is measured: that of the last reports to have fallen due."""


def dashboard_of(area: Area, headquarters: Iterable[Headquarters]) -> Dashboard:
    """Return the dashboard of ``area``: the same number of queries for any number of rows, fewer where all is well."""
    campaigns = campaign_rows(area)
    tally = together(row.tally for row in campaigns)
    day, days = day_of_year(area)
    due = [timezone.localdate(period.due_at) for period in area.periods if period.due_at <= area.moment.at]
    return Dashboard(
        area=area,
        day_of_year=day,
        year_percent=round(100 * day / days),
        tally=tally,
        attention=attention_rows(area) if tally.attention else [],
        differing=differing_rows(area) if tally.differing else [],
        campaigns=campaigns,
        headquarters=headquarters_rows(headquarters, area, campaigns),
        milestones=milestone_board(area),
        filing=filing_board(area),
        waiting=waiting_on(area.user, area.moment),
        measured_on=max(due, default=None),
    )


def day_of_year(area: Area) -> tuple[int, int]:
    """Return which day of the book's year it is, and of how many; the last one once the year is over."""
    first, last = dt.date(area.book.year, 1, 1), dt.date(area.book.year, 12, 31)
    day = min(max(area.day, first), last)
    return (day - first).days + 1, (last - first).days + 1


def attention_rows(area: Area) -> list[AttentionRow]:
    """Return the first of the tasks that need attention, red ones and those furthest behind before others."""
    tasks = area.tasks().needing_attention(area.day).most_urgent_first().select_related("lead_unit")
    shown = area.moment.shown(tasks[:ATTENTION_SHOWN])
    return [AttentionRow(task, reasons_of(task, area.day)) for task in shown]


def differing_rows(area: Area) -> list[AttentionRow]:
    """Return the first of the tasks whose unit rates itself differently from the rules, and what the rules say."""
    tasks = area.tasks().filter(OWN_DIFFERS).most_urgent_first().select_related("lead_unit")
    shown = area.moment.shown(tasks[:DIFFERING_SHOWN])
    return [AttentionRow(task, reasons_of(task, area.day)) for task in shown]


def reasons_of(task: Task, day: dt.date, *, without: str = "") -> list[str]:
    """Return in words why a task stands where it stands, its passed due date included."""
    words = [light_reason(reason) for reason in task.light_reasons if reason.get("code") != without]
    codes = {reason.get("code") for reason in task.light_reasons}
    days = (day - task.due_on).days
    if task.is_open and days > 0 and "past_due" not in codes:
        words.append(light_reason({"code": "past_due", "days": days}))
    return [text for text in words if text]


def milestone_board(area: Area) -> MilestoneBoard:
    """Return the milestones to look at: a query, and one for each list that has any."""
    counts = (
        area.milestones()
        .open()
        .filter(due_on__lte=area.day + SOON)
        .aggregate(
            overdue=Count("task", distinct=True, filter=Q(due_on__lt=area.day)),
            soon=Count("task", distinct=True, filter=Q(due_on__gte=area.day)),
        )
    )
    return MilestoneBoard(
        overdue=overdue_rows(area) if counts["overdue"] else [],
        soon=soon_rows(area) if counts["soon"] else [],
        overdue_tasks=counts["overdue"],
        soon_tasks=counts["soon"],
    )


def overdue_rows(area: Area) -> list[MilestoneRow]:
    """Return the first of the milestones that are overdue, the longest overdue first."""
    found = _first(area, area.milestones().overdue(area.day), OVERDUE_SHOWN)
    return [MilestoneRow(one, (area.day - one.due_on).days) for one in found]


def soon_rows(area: Area) -> list[MilestoneRow]:
    """Return the first of the milestones of the next fortnight."""
    soon = area.milestones().due_within(area.day, area.day + SOON)
    return [MilestoneRow(one, 0) for one in _first(area, soon, SOON_SHOWN)]


def _first(area: Area, milestones: MilestoneQuerySet, number: int) -> list[Milestone]:
    rows = milestones.select_related("task__lead_unit").order_by("due_on", milestones.KEY)
    return area.of_then(rows[:number])
