"""A district of a size: 10 campaigns, and as many tasks and months of reports as are asked for.

Django writes what hangs on the first tasks; the database copies it to the others.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.management import call_command
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from commands.services.events import record_event
from tasks.models import (
    Baseline,
    Campaign,
    LeadAssignment,
    Light,
    Milestone,
    Period,
    PlanPoint,
    Report,
    Submission,
    Task,
    TaskBook,
)
from tasks.services.lights import sum_lights
from tasks.services.standings import refresh_standings
from tests.benchmarks.copies import copy_to_the_others

BATCH = 2_000
PATTERNS = 20
"""Tasks whose reports differ from each other; all others are like one of them."""
MONTHS_SHOWN = 50


def load(*, tasks: int, months: int) -> User:
    """Fill an empty database and return the leader who looks at it."""
    call_command("migrate", verbosity=0)
    call_command("load_facts", verbosity=0)
    leader, office = _person("bench-leader", RoleCode.LEADER), _person("bench-office", RoleCode.OFFICE)
    book = TaskBook.objects.create(year=timezone.localdate().year, name="Benchmark")
    units, commands = list(Unit.objects.all()), list(Headquarters.objects.all())
    campaigns = [
        Campaign.objects.create(
            book=book,
            number=number,
            name=f"Campaign {number}",
            headquarters=commands[number % len(commands)],
            lead_unit=units[number % len(units)],
        )
        for number in range(1, 11)
    ]
    rows = _tasks(campaigns, units, tasks)
    periods = _periods(book, months)
    first = rows[:PATTERNS]
    _leads_and_milestones(first)
    _plans(first)
    _reports(first, periods, leader, office)
    _lights(first, [period for period in periods if period.closed_at][-11:])
    copy_to_the_others(rows[0].pk, rows[-1].pk, PATTERNS)
    _shorten(rows[-1], periods)
    refresh_standings(tasks=Task.objects.all(), now=timezone.now())
    sum_lights(campaigns=[campaign.pk for campaign in campaigns])
    record_event(action="facts.load", about=book, by=None)
    return leader


def _shorten(task: Task, periods: list[Period]) -> None:
    """Leave ``task`` the reports of its last months: the page of a task with so many is measured at every scale."""
    earlier = periods[:-MONTHS_SHOWN]
    Submission.objects.filter(report__task=task, report__period__in=earlier).delete()
    Report.objects.filter(task=task, period__in=earlier).delete()


def _person(username: str, role: str) -> User:
    user = User.objects.create(username=username, display_name=username, language="en")
    user.posts.create(role=role, starts_on=dt.date(2020, 1, 1))
    return user


def _tasks(campaigns: list[Campaign], units: list[Unit], number: int) -> list[Task]:
    year = timezone.localdate().year
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return Task.objects.bulk_create(
        [
            Task(
                campaign=campaigns[n % 10],
                code=f"B-{n:06}",
                title=f"攻坚任务 {n}",
                starts_on=first,
                due_on=last,
                lifecycle="active",
                weight=1 + n % 5,
                lead_unit=units[n % len(units)],
                lead_since=first,
            )
            for n in range(number)
        ],
        batch_size=BATCH,
    )


def _leads_and_milestones(rows: list[Task]) -> None:
    year = timezone.localdate().year
    LeadAssignment.objects.bulk_create(
        [LeadAssignment(task=row, unit=row.lead_unit, starts_on=row.starts_on) for row in rows],
        batch_size=BATCH,
    )
    Milestone.objects.bulk_create(
        [
            Milestone(
                task=row, title=f"节点 {n}", due_on=dt.date(year, 3 * n, 20), completed_on=_done(year, n)
            )
            for row in rows
            for n in range(1, 5)
        ],
        batch_size=BATCH,
    )


def _done(year: int, quarter: int) -> dt.date | None:
    day = dt.date(year, 3 * quarter, 18)
    return day if day < timezone.localdate() else None


def _periods(book: TaskBook, months: int) -> list[Period]:
    """Return that many months up to the running one, which is open."""
    month = timezone.localdate().replace(day=1)
    found: list[Period] = []
    for _n in range(months):
        due = timezone.make_aware(dt.datetime.combine(month.replace(day=25), dt.time(18)))
        is_open = not found
        found.append(
            Period(
                book=book,
                month=month,
                opens_on=month,
                due_at=due,
                closes_on=month.replace(day=28),
                opened_at=due - dt.timedelta(days=24),
                closed_at=None if is_open else due + dt.timedelta(days=3),
            )
        )
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return list(reversed(Period.objects.bulk_create(found)))


def _plans(rows: list[Task]) -> None:
    year = timezone.localdate().year
    plans = Baseline.objects.bulk_create(
        [Baseline(task=row, version=1, starts_on=row.starts_on) for row in rows], batch_size=BATCH
    )
    ends = [dt.date(year, n, 28) for n in range(1, 13)]
    PlanPoint.objects.bulk_create(
        [
            PlanPoint(baseline=plan, day=day, percent=Decimal(100) * (n + 1) / 12)
            for plan in plans
            for n, day in enumerate(ends)
        ],
        batch_size=BATCH,
    )


def _reports(rows: list[Task], periods: list[Period], author: User, office: User) -> None:
    for period in periods:
        filed = period.due_at - dt.timedelta(days=2)
        is_open = period.closed_at is None
        percent = Decimal(8 * period.month.month)
        reports = Report.objects.bulk_create(
            [_report(row, period, percent - n % 20, filed, office, is_open) for n, row in enumerate(rows)],
            batch_size=BATCH,
        )
        if not is_open:
            Submission.objects.bulk_create(
                [_submission(report, filed, author, office) for report in reports],
                batch_size=BATCH,
            )


def _report(
    row: Task, period: Period, percent: Decimal, filed: dt.datetime, office: User, is_open: bool
) -> Report:
    report = Report(task=row, period=period, unit=row.lead_unit)
    if not is_open:
        report.state, report.timeliness, report.own_light = "accepted", "on_time", "green"
        report.actual_percent = max(percent, Decimal(0))
        report.progress = "完成本月计划工作，下月继续推进。" * 4
        report.first_submitted_at = report.submitted_at = filed
        report.accepted_at, report.accepted_by = filed + dt.timedelta(days=1), office
    return report


def _submission(report: Report, filed: dt.datetime, author: User, office: User) -> Submission:
    return Submission(
        report=report,
        number=1,
        unit_id=report.unit_id,
        submitted_at=filed,
        submitted_by=author,
        decision="accepted",
        decided_at=report.accepted_at,
        decided_by=office,
        **report.content(),
    )


def _lights(rows: list[Task], periods: list[Period]) -> None:
    for period in periods:
        Light.objects.bulk_create(
            [
                Light(
                    task=row,
                    period=period,
                    automatic="green",
                    unescalated="green",
                    final="green",
                    rule_version=1,
                    actual_percent=Decimal(8 * period.month.month),
                    scheduled_percent=Decimal(8 * period.month.month),
                    recorded_at=period.due_at,
                )
                for row in rows
            ],
            batch_size=BATCH,
        )
