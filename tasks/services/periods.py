"""Opening and closing reporting periods."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from commands.models import User
from commands.services.events import record_event
from tasks.models import Period, Report, Task, TaskBook, Timeliness
from tasks.rules.periods import FilingRule, PeriodDates, period_dates
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.calendar import working_calendar
from tasks.services.lights import record_lights
from tasks.services.reminders import reconcile_reports


def filing_rule(book: TaskBook) -> FilingRule:
    """Return the book's filing rule as the rules take it."""
    return FilingRule(
        due_day=book.due_day,
        due_time=book.due_time,
        next_month=book.due_month == "next",
        roll=book.roll,
        grace_workdays=book.grace_workdays,
    )


def _row(book: TaskBook, dates: PeriodDates) -> Period:
    due = dt.datetime.combine(dates.due_on, dates.due_time)
    return Period(
        book=book,
        month=dates.month,
        opens_on=dates.opens_on,
        due_at=timezone.make_aware(due),
        closes_on=dates.closes_on,
        is_provisional=dates.is_provisional,
    )


@transaction.atomic
def create_periods(*, book: TaskBook, by: User | None) -> list[Period]:
    """Write the book's twelve periods by its filing rule; months that have one already keep it."""
    rule, calendar = filing_rule(book), working_calendar()
    kept = set(book.periods.values_list("month", flat=True))
    months = [dt.date(book.year, number, 1) for number in range(1, 13)]
    periods = [_row(book, period_dates(month, rule, calendar)) for month in months if month not in kept]
    Period.objects.bulk_create(periods)
    if periods:
        after = {"months": [period.month for period in periods]}
        record_event(action="period.create", about=book, after=after, by=by)
    return periods


@transaction.atomic
def open_period(*, period: Period, now: dt.datetime, by: User | None) -> int:
    """Open ``period``: every open task that has begun gets its report row, due from its lead unit.

    Returns how many reports were written. Opening twice adds only what was missing.
    """
    period = Period.objects.select_for_update().get(pk=period.pk)
    if period.closed_at is not None:
        return 0
    if period.opened_at is None:
        period.opened_at = now
        period.save(update_fields=["opened_at"])
        record_event(action="period.open", about=period, by=by)
    next_month = (period.month + dt.timedelta(days=31)).replace(day=1)
    tasks = (
        Task.objects.in_book(period.book_id)
        .open()
        .filter(lead_unit__isnull=False, starts_on__lt=next_month)
        .exclude(reports__period=period)
    )
    reports = [
        Report(task_id=pk, period=period, unit_id=unit) for pk, unit in tasks.values_list("pk", "lead_unit")
    ]
    Report.objects.bulk_create(reports, ignore_conflicts=True)
    return len(reports)


@transaction.atomic
def close_period(*, period: Period, now: dt.datetime, by: User | None) -> int:
    """Close ``period``: what was never filed is missed, and every task's light is recorded.

    A returned report that was not filed again counts by its first filing: it stays returned. Returns how many
    were missed.
    """
    period = Period.objects.select_for_update().get(pk=period.pk)
    if not period.is_open:
        return 0
    unfiled = Report.objects.filter(period=period, state__in=FILEABLE, first_submitted_at__isnull=True)
    reports = list(Report.objects.filter(period=period, state__in=FILEABLE).values_list("pk", flat=True))
    missed = unfiled.update(state=ReportState.MISSED, timeliness=Timeliness.MISSED)
    period.closed_at = now
    period.save(update_fields=["closed_at"])
    record_event(action="period.close", about=period, after={"missed": missed}, by=by)
    record_lights(period=period, now=now)
    reconcile_reports(reports=Report.objects.filter(pk__in=reports), now=now)
    return missed
