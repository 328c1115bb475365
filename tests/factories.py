"""Rows for tests: plain functions, every value overridable by keyword, whatever is missing made on the way.

They write rows directly, as no service does, so that a test can begin in any situation. Every row they make
could have come about in real life: a submitted report has its submission, a led task its lead assignment.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from commands.models import Event, Headquarters, Nameplate, Post, Unit, UnitName, User, WorkTeam
from commands.roles import RoleCode
from tasks.models import (
    Baseline,
    CalendarDay,
    Campaign,
    Decision,
    DueMonth,
    LeadAssignment,
    Light,
    Milestone,
    Notification,
    Period,
    PlanPoint,
    Reminder,
    Report,
    StrategicGoal,
    Submission,
    Task,
    TaskBook,
    Timeliness,
)
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.periods import FilingRule, period_dates

PASSWORD = "luohu-test-1"
NEW_YEAR = dt.date(2026, 1, 1)
_number = itertools.count(1)


def at(day: dt.date, hour: int = 9, minute: int = 0, second: int = 0) -> dt.datetime:
    """Return a moment of ``day`` in Luohu."""
    return dt.datetime.combine(day, dt.time(hour, minute, second), tzinfo=timezone.get_default_timezone())


@lru_cache
def _hashed(password: str) -> str:
    return make_password(password)


# Who commands and who leads


def unit(**fields: Any) -> Unit:
    """Make a sub-district with a name of its own."""
    n = next(_number)
    values = {"code": f"unit-{n}", "kind": "subdistrict", "name": f"街道{n}", "name_en": f"Sub-district {n}"}
    return Unit.objects.create(**{**values, **fields})


def unit_name(**fields: Any) -> UnitName:
    """Make a name that a unit had over a range; by default always."""
    fields.setdefault("unit", None)
    fields["unit"] = fields["unit"] or unit()
    return UnitName.objects.create(**{"name": fields["unit"].name, **fields})


def headquarters(**fields: Any) -> Headquarters:
    """Make a command headquarters; its nameplates are made with ``nameplate``."""
    n = next(_number)
    values = {"code": f"hq-{n}", "number": n, "name": f"指挥部{n}", "name_en": f"Command {n}"}
    return Headquarters.objects.create(**{**values, **fields})


def nameplate(**fields: Any) -> Nameplate:
    """Make a principal nameplate that has hung always."""
    fields["headquarters"] = fields.get("headquarters") or headquarters()
    return Nameplate.objects.create(**{"name": fields["headquarters"].name, **fields})


def team(**fields: Any) -> WorkTeam:
    """Make a work team under a headquarters."""
    n = next(_number)
    fields["headquarters"] = fields.get("headquarters") or headquarters()
    return WorkTeam.objects.create(**{"number": n, "name": f"工作专班{n}", **fields})


def user(**fields: Any) -> User:
    """Make a person with no post, who reads English and signs in with ``PASSWORD``."""
    n = next(_number)
    username = fields.setdefault("username", f"user{n}")
    values = {
        "display_name": username.replace("_", " ").capitalize(),
        "email": f"{username}@luohu.example",
        "language": "en",
        "password": _hashed(fields.pop("password", PASSWORD)),
    }
    return User.objects.create(**{**values, **fields})


def post(**fields: Any) -> Post:
    """Make a post held since New Year; a reporter's in some unit unless told otherwise."""
    fields["user"] = fields.get("user") or user()
    role = fields.setdefault("role", RoleCode.REPORTER)
    if role in {RoleCode.REPORTER, RoleCode.HEAD}:
        fields["unit"] = fields.get("unit") or unit()
    return Post.objects.create(**{"starts_on": NEW_YEAR, **fields})


def user_with(
    role: str, *, unit: Unit | None = None, headquarters: Headquarters | None = None, **fields: Any
) -> User:
    """Make a person who has held one post since New Year."""
    person = user(**fields)
    post(user=person, role=role, unit=unit, headquarters=headquarters)
    return person


# The work


def goal(**fields: Any) -> StrategicGoal:
    """Make a strategic goal."""
    n = next(_number)
    return StrategicGoal.objects.create(**{"code": f"goal-{n}", "number": n, "name": f"目标{n}", **fields})


def book(**fields: Any) -> TaskBook:
    """Return the task book of 2026 or of ``year``, made on first use: a year has only one."""
    year = fields.setdefault("year", NEW_YEAR.year)
    values = {"name": f"{year}年攻坚行动任务书", "name_en": f"Task Book {year}", **fields}
    return TaskBook.objects.get_or_create(year=year, defaults=values)[0]


def campaign(**fields: Any) -> Campaign:
    """Make a campaign of the book of 2026; with ``lead_unit`` its lead assignment too."""
    n = next(_number)
    fields["book"] = fields.get("book") or book()
    values = {"number": n, "name": f"攻坚行动{n}", "name_en": f"Campaign {n}"}
    made = Campaign.objects.create(**{**values, **fields})
    if made.lead_unit:
        lead(campaign=made, unit=made.lead_unit, flag_presented_on=made.flag_presented_on)
    return made


def task(*, plan: bool = True, led_since: dt.date | None = None, **fields: Any) -> Task:
    """Make an active task of the year with a lead unit and an even monthly plan."""
    n = next(_number)
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
    n = next(_number)
    fields["task"] = fields.get("task") or task()
    return Milestone.objects.create(**{"title": f"时间节点{n}", "due_on": dt.date(2026, 11, 30), **fields})


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
    return Light.objects.create(**{**values, **fields})


def calendar_day(day: dt.date, *, is_workday: bool, name: str = "调休") -> CalendarDay:
    """Make an edited day of the working calendar."""
    return CalendarDay.objects.create(day=day, is_workday=is_workday, name=name)


# The monthly reports


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


# What people are told


def reminder(**fields: Any) -> Reminder:
    """Make a planned reminder D-1 by e-mail about a report, a milestone or a lead; by default a report."""
    if not any(fields.get(subject) for subject in ("report", "milestone", "lead")):
        fields["report"] = report()
    about = fields.get("report") or fields.get("milestone") or fields["lead"]
    fields["recipient"] = fields.get("recipient") or user_with(RoleCode.REPORTER, unit=unit())
    now = timezone.now()
    values = {
        "task": about.task,
        "stage": "D-1",
        "channel": "email",
        "due_at": about.period.due_at if fields.get("report") else now + dt.timedelta(days=1),
        "planned_for": now,
    }
    if fields.get("state") == "sent":
        values["sent_at"] = now
    return Reminder.objects.create(**{**values, **fields})


def notification(**fields: Any) -> Notification:
    """Make an unread message in a person's inbox."""
    fields["recipient"] = fields.get("recipient") or user()
    return Notification.objects.create(
        **{"kind": "report_returned", "values": {"words": "请补充数据。"}, "link": "/inbox/", **fields}
    )


def event(**fields: Any) -> Event:
    """Make a row of the audit trail."""
    values = {
        "action": "report.submit",
        "subject_type": "tasks.report",
        "subject_id": 1,
        "subject_label": "月报",
    }
    return Event.objects.create(**{**values, **fields})


# Many at once, for the tests that count queries


def many_tasks(
    n: int, *, campaign: Campaign, unit: Unit, periods: Iterable[Period] = (), **fields: Any
) -> list[Task]:
    """Make ``n`` active tasks with leads, plans and one milestone each; with a due report in each period."""
    first = next(_number)
    values = {
        "starts_on": NEW_YEAR,
        "due_on": dt.date(2026, 12, 31),
        "lifecycle": "active",
        "lead_since": NEW_YEAR,
        "actual_percent": Decimal(80),
        "scheduled_percent": Decimal("83.3"),
        "light": "green",
        **fields,
    }
    tasks = Task.objects.bulk_create(
        Task(
            campaign=campaign,
            lead_unit=unit,
            code=f"M-{first}-{i:04}",
            title=f"批量任务{first}-{i}",
            **values,
        )
        for i in range(n)
    )
    LeadAssignment.objects.bulk_create(
        LeadAssignment(task=task, unit=unit, starts_on=values["lead_since"]) for task in tasks
    )
    baselines = Baseline.objects.bulk_create(
        Baseline(task=task, version=1, starts_on=task.starts_on) for task in tasks
    )
    plan = even_plan(values["starts_on"], values["due_on"])
    PlanPoint.objects.bulk_create(
        PlanPoint(baseline=made, day=day, percent=percent)
        for made in baselines
        for day, percent in plan.items()
    )
    Milestone.objects.bulk_create(
        Milestone(task=task, title="竣工验收", due_on=task.due_on, is_key=True) for task in tasks
    )
    for period in periods:
        many_reports(tasks, period=period)
    return tasks


def many_reports(tasks: Iterable[Task], *, period: Period, **fields: Any) -> list[Report]:
    """Make one report for each of ``tasks``: due, or with whatever ``fields`` say, without submissions."""
    return Report.objects.bulk_create(
        Report(task=task, period=period, unit=task.lead_unit, **fields) for task in tasks
    )


def many_lights(
    tasks: Iterable[Task], *, period: Period, automatic: str = "green", **fields: Any
) -> list[Light]:
    """Record the same light for each of ``tasks``."""
    values = {"unescalated": automatic, "final": automatic, "rule_version": 1, "recorded_at": timezone.now()}
    return Light.objects.bulk_create(
        Light(task=task, period=period, automatic=automatic, **{**values, **fields}) for task in tasks
    )
