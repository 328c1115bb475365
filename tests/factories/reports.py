"""Periods, and what is filed, decided and recorded in them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commands.models import User
from commands.roles import RoleCode
from tasks.models import Decision, DueMonth, Light, LightOverride, Period, Report, Submission, Timeliness
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.periods import FilingRule, period_dates
from tasks.services.lights import sum_lights
from tests.factories.base import at
from tests.factories.commands import user_with
from tests.factories.tasks import book, task


def period(*, closed: bool = False, **fields: Any) -> Period:
    """Return the open period of November 2026 or of ``month``, made on first use by the book's filing rule."""
    kept_by = fields["book"] = fields.get("book") or book()
    month = fields.setdefault("month", dt.date(2026, 11, 1))
    rule = FilingRule(
        due_day=kept_by.due_day,
        due_time=kept_by.due_time,
        next_month=kept_by.due_month == DueMonth.NEXT,
        roll=kept_by.roll,
        grace_workdays=kept_by.grace_workdays,
    )
    dates = period_dates(month, rule, WorkingCalendar())
    values = {
        "opens_on": dates.opens_on,
        "due_at": dt.datetime.combine(dates.due_on, dates.due_time, timezone.get_default_timezone()),
        "closes_on": dates.closes_on,
        "is_provisional": dates.is_provisional,
        "opened_at": at(dates.opens_on, 0),
        "closed_at": at(dates.closes_on + dt.timedelta(days=1), 0) if closed else None,
    }
    return Period.objects.get_or_create(book=kept_by, month=month, defaults={**values, **fields})[0]


CONTENT = {
    "actual_percent": Decimal("90.0"),
    "progress": "本月完成主体施工。",
    "problems": "",
    "next_steps": "下月验收。",
    "own_light": "green",
}


def report(*, by: User | None = None, reviewer: User | None = None, **fields: Any) -> Report:
    """Make the report of a task for November, due; ``state`` decides what else it carries.

    One that was filed has its submission, by ``by``; one that was decided on has the decision of ``reviewer``.
    """
    fields["task"] = fields.get("task") or task()
    fields["period"] = fields.get("period") or period(book=fields["task"].campaign.book)
    fields["unit"] = fields.get("unit") or fields["task"].lead_unit
    state = fields.setdefault("state", "due")
    if state in {"draft", "submitted", "returned", "accepted"}:
        by = by or user_with(RoleCode.REPORTER, unit=fields["unit"])
    if state in {"returned", "accepted"}:
        reviewer = reviewer or user_with(RoleCode.OFFICE)
    made = Report.objects.create(**{**_state_values(state, by, reviewer), **fields})
    if state in {"submitted", "returned", "accepted"}:
        decided = {"submitted": "", "returned": Decision.RETURNED, "accepted": Decision.ACCEPTED}[state]
        submission(
            report=made, submitted_by=by, decision=decided, decided_by=reviewer, words=made.return_words
        )
    return made


def _state_values(state: str, by: User | None, reviewer: User | None) -> dict[str, Any]:
    """Return what a report in ``state`` carries besides, as if it had all happened just now."""
    now = timezone.now()
    values: dict[str, Any] = {}
    if state in {"draft", "submitted", "returned", "accepted"}:
        values |= {**CONTENT, "saved_at": now, "saved_by": by, "version": 2}
    if state in {"submitted", "returned", "accepted"}:
        values |= {"first_submitted_at": now, "submitted_at": now, "timeliness": Timeliness.ON_TIME}
    if state == "accepted":
        values |= {"accepted_at": now, "accepted_by": reviewer}
    if state == "returned":
        values["return_words"] = "请补充数据。"
    if state == "missed":
        values["timeliness"] = Timeliness.MISSED
    if state == "exempt":
        values["exempt_reason"] = "当月暂停。"
    return values


def submission(**fields: Any) -> Submission:
    """Make a filing of a report with the report's content; with ``decision`` it is decided on."""
    filed = fields["report"] = fields.get("report") or report(state="draft")
    fields["submitted_by"] = fields.get("submitted_by") or filed.saved_by
    content = filed.content()
    values = {
        "number": filed.submissions.count() + 1,
        "unit": filed.unit,
        "submitted_at": filed.submitted_at or timezone.now(),
        **content,
        "actual_percent": CONTENT["actual_percent"]
        if content["actual_percent"] is None
        else content["actual_percent"],
    }
    if fields.get("decision"):
        values["decided_at"] = timezone.now()
        fields["decided_by"] = fields.get("decided_by") or user_with(RoleCode.OFFICE)
    else:
        fields.pop("decided_by", None)
    return Submission.objects.create(**{**values, **fields})


def light(**fields: Any) -> Light:
    """Make a recorded green light; ``automatic`` alone sets all three."""
    fields["task"] = fields.get("task") or task()
    fields["period"] = fields.get("period") or period(book=fields["task"].campaign.book)
    code = fields.setdefault("automatic", "green")
    values = {
        "unescalated": code,
        "final": code,
        "reasons": [{"code": "on_schedule", "points": "0.0"}],
        "rule_version": 1,
        "actual_percent": Decimal("83.3"),
        "scheduled_percent": Decimal("83.3"),
        "recorded_at": timezone.now(),
    }
    made = Light.objects.create(**{**values, **fields})
    sum_lights(campaigns=[made.task.campaign_id], periods=[made.period_id])
    return made


def override(**fields: Any) -> LightOverride:
    """Make a light that an office set just now, up to the end of the year."""
    fields["task"] = fields.get("task") or task()
    fields["set_by"] = fields.get("set_by") or user_with(RoleCode.OFFICE)
    values = {
        "light": "green",
        "reason": "汛期停工",
        "starts_at": timezone.now(),
        "ends_on": dt.date(2027, 1, 1),
    }
    return LightOverride.objects.create(**{**values, **fields})
