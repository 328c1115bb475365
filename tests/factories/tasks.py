"""The work: goals, campaigns, tasks with their plans and leads."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tasks.models import (
    Baseline,
    CalendarDay,
    Campaign,
    LeadAssignment,
    Milestone,
    PlanPoint,
    StrategicGoal,
    Task,
    TaskBook,
)
from tests.factories.base import NEW_YEAR, number
from tests.factories.commands import unit


def goal(**fields: Any) -> StrategicGoal:
    """Make a strategic goal."""
    n = next(number)
    return StrategicGoal.objects.create(**{"code": f"goal-{n}", "number": n, "name": f"目标{n}", **fields})


def book(**fields: Any) -> TaskBook:
    """Return the task book of 2026 or of ``year``, made on first use: a year has only one."""
    year = fields.setdefault("year", NEW_YEAR.year)
    values = {"name": f"{year}年攻坚行动任务书", "name_en": f"Task Book {year}", **fields}
    return TaskBook.objects.get_or_create(year=year, defaults=values)[0]


def campaign(**fields: Any) -> Campaign:
    """Make a campaign of the book of 2026; with ``lead_unit`` its lead assignment too."""
    n = next(number)
    fields["book"] = fields.get("book") or book()
    values = {"number": n, "name": f"攻坚行动{n}", "name_en": f"Campaign {n}"}
    made = Campaign.objects.create(**{**values, **fields})
    if made.lead_unit:
        lead(campaign=made, unit=made.lead_unit, flag_presented_on=made.flag_presented_on)
    return made


def task(*, plan: bool = True, led_since: dt.date | None = None, **fields: Any) -> Task:
    """Make an active task of the year with a lead unit and an even monthly plan."""
    n = next(number)
    fields["campaign"] = fields.get("campaign") or campaign()
    fields["lead_unit"] = fields.get("lead_unit") or unit()
    values = {
        "code": f"T-{n:04}",
        "title": f"攻坚任务{n}",
        "starts_on": NEW_YEAR,
        "due_on": dt.date(2026, 12, 31),
        "lifecycle": "active",
    }
    made = Task(**{**values, **fields})
    made.lead_since = led_since or made.starts_on
    made.save()
    lead(task=made, unit=made.lead_unit, starts_on=made.lead_since)
    if plan:
        baseline(task=made)
    return made


def lead(**fields: Any) -> LeadAssignment:
    """Make a lead assignment since New Year; the standing on the task or campaign is left as it is."""
    if not fields.get("campaign") and not fields.get("task"):
        fields["campaign"] = campaign()
    fields["unit"] = fields.get("unit") or unit()
    return LeadAssignment.objects.create(**{"starts_on": NEW_YEAR, **fields})


def baseline(*, points: dict[dt.date, Decimal] | None = None, **fields: Any) -> Baseline:
    """Make a version of a task's plan, even over its months unless ``points`` are given."""
    planned = fields["task"] = fields.get("task") or task(plan=False)
    version = planned.baselines.count() + 1
    values = {
        "version": version,
        "starts_on": planned.starts_on,
        "reason": "" if version == 1 else "年中调整",
    }
    made = Baseline.objects.create(**{**values, **fields})
    points = even_plan(planned.starts_on, planned.due_on) if points is None else points
    PlanPoint.objects.bulk_create(
        PlanPoint(baseline=made, day=day, percent=percent) for day, percent in points.items()
    )
    return made


def even_plan(starts_on: dt.date, due_on: dt.date) -> dict[dt.date, Decimal]:
    """Return equal steps to 100 at the end of every month, the last on the due day."""
    days = []
    month = starts_on.replace(day=1)
    while month <= due_on:
        month = (month + dt.timedelta(days=31)).replace(day=1)
        days.append(min(month - dt.timedelta(days=1), due_on))
    return {day: round(Decimal(100 * n) / len(days), 1) for n, day in enumerate(days, start=1)}


def milestone(**fields: Any) -> Milestone:
    """Make an open milestone of a task, due at the end of November."""
    n = next(number)
    fields["task"] = fields.get("task") or task()
    return Milestone.objects.create(**{"title": f"时间节点{n}", "due_on": dt.date(2026, 11, 30), **fields})


def calendar_day(day: dt.date, *, is_workday: bool, name: str = "调休") -> CalendarDay:
    """Make an edited day of the working calendar."""
    return CalendarDay.objects.create(day=day, is_workday=is_workday, name=name)
