"""Tasks, campaigns and months as pages show them: plain values, so that what did not change is not drawn again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from luohu.templatetags.ui import name_in_language
from tasks.boards.campaigns import CampaignRow
from tasks.boards.story import Month
from tasks.boards.trends import Trend
from tasks.boards.wall import WallMonth, WallRow
from tasks.models import Lifecycle, StateChoices, Task
from tasks.templatetags.boards import localtext

NAMED = (Lifecycle.PLANNED, Lifecycle.CLOSING, Lifecycle.CANCELLED)
"""The states that a row tells of; that a task is under way goes without saying, and a light says the others."""


class TaskRow(NamedTuple):
    """The values of a row, with the names in the reader's language."""

    pk: int
    code: str
    title: str
    campaign: str
    state: str
    lead: str
    lead_pk: int | None
    light: str
    automatic_light: str
    own_light: str
    actual_percent: Decimal | None
    scheduled_percent: Decimal | None
    deviation: Decimal | None
    due_on: dt.date


def row_of(task: Task) -> TaskRow:
    """Return the row of ``task``, loaded with its names."""
    return TaskRow(
        pk=task.pk,
        code=task.code,
        title=task.title,
        campaign=name_in_language(task.campaign),
        state=str(Lifecycle(task.lifecycle).label) if task.lifecycle in NAMED else "",
        lead=name_in_language(task.lead_unit),
        lead_pk=task.lead_unit_id,
        light=task.light,
        automatic_light=task.automatic_light,
        own_light=task.own_light,
        actual_percent=task.actual_percent,
        scheduled_percent=task.scheduled_percent,
        deviation=task.deviation,
        due_on=task.due_on,
    )


class Named(NamedTuple):
    """A row of another table: its key, and its name in the reader's language."""

    pk: int
    name: str


def named(row: Any) -> Named | None:
    """Return how ``row`` is named, if there is one."""
    return Named(row.pk, name_in_language(row)) if row else None


class CampaignLine(NamedTuple):
    """The values of a campaign's row; the last three only where the row shows them."""

    pk: int
    book_id: int
    number: int
    name: str
    lead: Named | None
    lead_since: dt.date | None
    flag_presented_on: dt.date | None
    light: str
    shown: tuple[tuple[str, int], ...]
    actual: Decimal | None
    scheduled: Decimal | None
    deviation: Decimal | None
    trend: Trend
    headquarters: Named | None
    supervisor: str
    goals: tuple[str, ...]


def line_of(row: CampaignRow, *, full: bool) -> CampaignLine:
    """Return the values of ``row``; ``full``, with its goals loaded, with where it belongs."""
    campaign, tally = row.campaign, row.tally
    return CampaignLine(
        pk=campaign.pk,
        book_id=campaign.book_id,
        number=campaign.number,
        name=name_in_language(campaign),
        lead=named(campaign.lead_unit),
        lead_since=row.lead_since,
        flag_presented_on=campaign.flag_presented_on,
        light=tally.light,
        shown=tuple(tally.shown),
        actual=tally.actual,
        scheduled=tally.scheduled,
        deviation=tally.deviation,
        trend=row.trend,
        headquarters=named(campaign.headquarters) if full else None,
        supervisor=localtext(campaign, "supervisor_title") if full else "",
        goals=tuple(name_in_language(goal) for goal in campaign.goals.all()) if full else (),
    )


class WallLine(NamedTuple):
    """The values of a campaign on the wall chart."""

    pk: int
    number: int
    name: str
    lead: str
    supervisor: str
    has_flag: bool
    months: tuple[WallMonth, ...]
    actual: Decimal | None
    deviation: Decimal | None


def wall_line(row: WallRow) -> WallLine:
    """Return the values of ``row``."""
    campaign, tally = row.row.campaign, row.row.tally
    return WallLine(
        pk=campaign.pk,
        number=campaign.number,
        name=name_in_language(campaign),
        lead=name_in_language(campaign.lead_unit),
        supervisor=localtext(campaign, "supervisor_title"),
        has_flag=campaign.flag_presented_on is not None,
        months=tuple(row.months),
        actual=tally.actual,
        deviation=tally.deviation,
    )


class Told(NamedTuple):
    """What a report and its filing say once accepted."""

    actual_percent: Decimal | None
    change: Decimal | None
    metric_value: Decimal | None
    metric_unit: str
    progress: str
    problems: str
    next_steps: str
    words: str
    """The office's."""
    person: str
    submitted_at: dt.datetime | None
    decided_at: dt.datetime | None


class MonthLine(NamedTuple):
    """The values of a month of a task's story; ``told`` only where its report is accepted."""

    month: dt.date
    state: str
    tone: str
    unit: str
    light: str
    automatic: str
    own: str
    told: Told | None
    exempt_reason: str
    exempted_at: dt.datetime | None
    exempted_by: str
    due_at: dt.datetime | None
    """Where the report is still to come."""


def month_line(month: Month, metric_unit: str) -> MonthLine:
    """Return the values of ``month`` of a task whose metric is in ``metric_unit``."""
    report, light = month.report, month.light
    to_come = report.period.is_open and report.state not in {StateChoices.SUBMITTED, StateChoices.EXEMPT}
    return MonthLine(
        month=report.period.month,
        state=month.state,
        tone=month.tone,
        unit=name_in_language(report.unit),
        light=light.final if light else "",
        automatic=light.automatic if light else "",
        own=light.own if light else "",
        told=_told(month, metric_unit) if month.told else None,
        exempt_reason=report.exempt_reason if report.state == StateChoices.EXEMPT else "",
        exempted_at=report.exempted_at if report.state == StateChoices.EXEMPT else None,
        exempted_by=str(report.exempted_by or ""),
        due_at=report.period.due_at if to_come else None,
    )


def _told(month: Month, metric_unit: str) -> Told:
    report, filing = month.report, month.submission
    return Told(
        actual_percent=report.actual_percent,
        change=month.change,
        metric_value=report.metric_value,
        metric_unit=metric_unit,
        progress=report.progress,
        problems=report.problems,
        next_steps=report.next_steps,
        words=filing.words if filing else "",
        person=str(filing.submitted_by) if filing else "",
        submitted_at=filing.submitted_at if filing else None,
        decided_at=filing.decided_at if filing else None,
    )


def figures_of(story: Iterable[Month]) -> tuple[tuple[object, ...], ...]:
    """Return a story in figures: month, what was accepted, what was scheduled, and the light that held."""
    return tuple(
        (
            each.report.period.month,
            each.report.actual_percent if each.told else None,
            each.light.scheduled_percent if each.light else None,
            each.light.final if each.light else "",
        )
        for each in story
    )
