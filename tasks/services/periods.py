"""Opening and closing reporting periods."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Period, Report, Task, TaskBook, Timeliness
from tasks.rules.periods import FilingRule, PeriodDates, period_dates
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.calendar import working_calendar
from tasks.services.exemptions import check_keeper, check_reason
from tasks.services.lights import record_lights
from tasks.services.past import keep
from tasks.services.reminders import reconcile
from tasks.services.standings import lock_tasks, refresh_standings


def filing_rule(book: TaskBook) -> FilingRule:
    """Return the book's filing rule as the rules take it."""
    return FilingRule(
        due_day=book.due_day,
        due_time=book.due_time,
        next_month=book.due_month == "next",
        roll=book.roll,
        grace_workdays=book.grace_workdays,
    )


def due_moment(dates: PeriodDates) -> dt.datetime:
    """Return when a period's reports are due, in Luohu's time."""
    return timezone.make_aware(dt.datetime.combine(dates.due_on, dates.due_time))


def _row(book: TaskBook, dates: PeriodDates) -> Period:
    return Period(
        book=book,
        month=dates.month,
        opens_on=dates.opens_on,
        due_at=due_moment(dates),
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
    keep(Period.objects.bulk_create(periods), now=timezone.now())
    if periods:
        after = {"months": [period.month for period in periods]}
        record_event(action="period.create", about=book, after=after, by=by)
    return periods


@transaction.atomic
def open_period(*, period: Period, now: dt.datetime, by: User | None) -> int:
    """Open ``period``: every open task that begins by the due day gets its report row, due from its lead unit.

    Returns how many reports were written. Opening twice adds only what was missing.
    """
    period = Period.objects.select_for_update(no_key=True).get(pk=period.pk)
    if period.closed_at is not None:
        return 0
    if period.opened_at is None:
        period.opened_at = now
        period.save(update_fields=["opened_at"])
        keep([period], now=now)
        record_event(action="period.open", about=period, by=by)
    # Locked, so that a report does not go to the unit that hands the task over at this very moment.
    tasks = (
        Task.objects.in_book(period.book_id)
        .open()
        .filter(lead_unit__isnull=False, starts_on__lte=_last_start(period))
        .exclude(reports__period=period)
        .order_by("pk")
        .only("lead_unit")
        .select_for_update(of=("self",), no_key=True)
    )
    reports = [
        Report(task=task, period=period, unit_id=task.lead_unit_id)  # type: ignore[misc]  # filtered above
        for task in tasks
    ]
    Report.objects.bulk_create(reports, ignore_conflicts=True)
    if reports:
        keep(Report.objects.filter(period=period, past=None), now=now)
    return len(reports)


def _last_start(period: Period) -> dt.date:
    """Return the last day on which a task can begin and owe a report for ``period``.

    One that begins after the month has nothing to tell of it, and one that begins after the due day would be
    late before it began.
    """
    next_month = (period.month + dt.timedelta(days=31)).replace(day=1)
    return min(next_month - dt.timedelta(days=1), timezone.localdate(period.due_at))


@transaction.atomic
def close_period(*, period: Period, now: dt.datetime, by: User | None) -> int:
    """Close ``period``: what was never filed is missed, every task's light is recorded, and its standing moves.

    A returned report that was not filed again counts by its first filing: it stays returned. Returns how many
    were missed.
    """
    tasks = Task.objects.filter(reports__period=period)
    # Whoever needs several of these rows locks task, period, report in this order.
    lock_tasks(tasks)
    period = Period.objects.select_for_update(no_key=True).get(pk=period.pk)
    if not period.is_open:
        return 0
    unfinished = Report.objects.filter(period=period, state__in=FILEABLE).select_for_update(no_key=True)
    reports = list(unfinished.order_by("pk").values_list("pk", flat=True))
    unfiled = Report.objects.filter(pk__in=reports, first_submitted_at__isnull=True)
    missed = unfiled.update(state=ReportState.MISSED, timeliness=Timeliness.MISSED)
    period.closed_at = now
    period.save(update_fields=["closed_at"])
    keep([period], now=now)
    keep(Report.objects.filter(pk__in=reports), now=now)
    record_event(action="period.close", about=period, after={"missed": missed}, by=by)
    record_lights(period=period, now=now)
    refresh_standings(tasks=tasks, now=now)
    reconcile(rows=Report.objects.filter(pk__in=reports), now=now)
    return missed


@transaction.atomic
def close_period_now(*, period: Period, by: User) -> int:
    """Close ``period`` by hand, before its last day has passed; return how many reports were missed.

    Raises Refused: ``not_keeper``, ``not_open``.
    """
    check_keeper(by)
    if not Period.objects.open().filter(pk=period.pk).exists():
        raise Refused(_("This period is not open."), code="not_open")
    return close_period(period=period, now=timezone.now(), by=by)


@transaction.atomic
def reopen_period(*, period: Period, reason: str, closes_on: dt.date, by: User) -> int:
    """Open a closed period again until ``closes_on``, with a reason; what was missed is due again.

    Recorded lights stay as they were until the period closes again. Returns how many reports came back. Raises
    Refused: ``not_keeper``, ``words_missing``, ``invalid``, ``too_early``, ``not_closed``, ``book_closed``.
    """
    check_keeper(by)
    check_reason(reason, 1000)
    now = timezone.now()
    if closes_on < timezone.localdate(now):
        raise Refused(_("This day has passed."), code="too_early", field="closes_on")
    tasks = Task.objects.filter(reports__period=period)
    lock_tasks(tasks)
    period = Period.objects.select_for_update(no_key=True).select_related(None).get(pk=period.pk)
    if period.closed_at is None:
        raise Refused(_("This period is not closed."), code="not_closed")
    if period.book.closed_at is not None:
        raise Refused(_("The task book is closed."), code="book_closed")
    before = {"closed_at": period.closed_at, "closes_on": period.closes_on}
    period.closed_at, period.closes_on = None, closes_on
    period.save(update_fields=["closed_at", "closes_on"])
    keep([period], now=now)
    missed = Report.objects.filter(period=period, state=ReportState.MISSED)
    again = list(missed.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    back = Report.objects.filter(pk__in=again)
    back.filter(saved_at__isnull=True).update(state=ReportState.DUE, timeliness="")
    back.filter(saved_at__isnull=False).update(state=ReportState.DRAFT, timeliness="")
    keep(back, now=now)
    after = {"reason": reason, "closes_on": closes_on, "reports": len(again)}
    record_event(action="period.reopen", about=period, before=before, after=after, by=by)
    refresh_standings(tasks=tasks, now=now)
    reconcile(rows=Report.objects.filter(period=period), now=now)
    return len(again)
