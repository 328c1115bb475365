"""Periods follow the working calendar: what has not fallen due yet is due on another day once a notice is entered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from commands.models import User
from commands.services.events import record_event
from tasks.models import CalendarDay, Period, Report
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.notices import Day
from tasks.rules.periods import period_dates
from tasks.services.past import keep
from tasks.services.periods import due_moment, filing_rule
from tasks.services.reminders import reconcile

DATES = ("due_at", "closes_on", "is_provisional")


@dataclass(frozen=True)
class Move:
    """A period, and the days that it gets: as it stands its row still has the old ones."""

    period: Period
    due_at: dt.datetime
    closes_on: dt.date
    is_provisional: bool

    @property
    def is_told(self) -> bool:
        """Say whether people see a difference: another day, and not only that it is certain now."""
        return (self.period.due_at, self.period.closes_on) != (self.due_at, self.closes_on)


def moves(*, calendar: WorkingCalendar, now: dt.datetime) -> list[Move]:
    """Return the periods that ``calendar`` gives other days: of those that have not fallen due, and do not by it.

    What has fallen due was late or in time by the days of then, and stays so.
    """
    found = []
    ahead = Period.objects.filter(due_at__gt=now, closed_at__isnull=True, book__closed_at__isnull=True)
    for period in ahead.select_related("book").order_by("month"):
        dates = period_dates(period.month, filing_rule(period.book), calendar)
        move = Move(period, due_moment(dates), dates.closes_on, dates.is_provisional)
        if any(getattr(move, name) != getattr(period, name) for name in DATES) and move.due_at > now:
            found.append(move)
    return found


def calendar_with(days: Mapping[dt.date, Day], year: int) -> WorkingCalendar:
    """Return the working calendar as it will be when ``days``, the whole notice of ``year``, are entered."""
    there = CalendarDay.objects.working_calendar()
    entered = {day: said.is_workday for day, said in days.items()}
    return WorkingCalendar({**there.overrides, **entered}, there.entered | {year})


def move_periods(*, calendar: WorkingCalendar, now: dt.datetime, by: User | None) -> list[Move]:
    """Give the periods ahead the days of ``calendar``, each with its event, and let reminders follow in the same transaction."""
    rows = Period.objects.filter(due_at__gt=now).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))
    found = moves(calendar=calendar, now=now)
    for move in found:
        period = move.period
        before, after = ({name: getattr(each, name) for name in DATES} for each in (period, move))
        if move.is_told:
            record_event(action="period.move", about=period, before=before, after=after, by=by)
        for name, value in after.items():
            setattr(period, name, value)
        period.save(update_fields=DATES)
    keep([move.period for move in found], now=now)
    reconcile(rows=Report.objects.filter(period__in=[move.period.pk for move in found]), now=timezone.now())
    return found
