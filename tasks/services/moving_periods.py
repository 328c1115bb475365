"""Periods follow the working calendar: what has not fallen due yet is due on another day once a notice or a day is entered."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.serializers.json import DjangoJSONEncoder
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


def moves(*, old: WorkingCalendar, new: WorkingCalendar, now: dt.datetime) -> list[Move]:
    """Return the periods that ``new`` gives other days: of those that have not fallen due, and do not by it.

    What has fallen due was late or in time by the days of then, and stays so. So does an open one that does not
    stand where ``old`` has it: its people were told another day, under another rule or when it was opened again.
    """
    found = []
    ahead = Period.objects.filter(due_at__gt=now, closed_at__isnull=True, book__closed_at__isnull=True)
    for period in ahead.select_related("book").order_by("month"):
        before, after = (period_dates(period.month, filing_rule(period.book), each) for each in (old, new))
        stands = (period.due_at, period.closes_on) == (due_moment(before), before.closes_on)
        move = Move(period, due_moment(after), after.closes_on, after.is_provisional)
        differs = any(getattr(move, name) != getattr(period, name) for name in DATES)
        if differs and move.due_at > now and (stands or period.opened_at is None):
            found.append(move)
    return found


def fingerprint(moving: Iterable[Move]) -> str:
    """Return a mark of what a preview shows, so that nothing else can be confirmed by it."""
    seen = [
        [each.period.pk, *(getattr(row, name) for row in (each.period, each) for name in DATES)]
        for each in moving
    ]
    return hashlib.sha256(json.dumps(seen, cls=DjangoJSONEncoder).encode()).hexdigest()


def calendar_with(days: Mapping[dt.date, Day], year: int) -> WorkingCalendar:
    """Return the working calendar as it will be when ``days``, the whole notice of ``year``, are entered."""
    there = CalendarDay.objects.working_calendar()
    entered = {day: said.is_workday for day, said in days.items()}
    return WorkingCalendar({**there.overrides, **entered}, there.entered | {year})


def calendar_with_day(day: dt.date, *, is_workday: bool | None) -> WorkingCalendar:
    """Return the working calendar as it will be when ``day`` is entered so; None: when it is taken back."""
    there = CalendarDay.objects.exclude(day=day).working_calendar()
    if is_workday is None:
        return there
    return WorkingCalendar({**there.overrides, day: is_workday}, there.entered)


@contextmanager
def periods_following(*, by: User | None) -> Iterator[None]:
    """Let the periods ahead follow what is changed within, each with its event, and reminders in the same transaction.

    They are locked before: of two who change the calendar the second finds what the first has entered.
    """
    now = timezone.now()
    rows = Period.objects.filter(due_at__gt=now).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))
    old = CalendarDay.objects.working_calendar()
    yield
    new = CalendarDay.objects.working_calendar()
    if new != old:
        _move(moves(old=old, new=new, now=now), now, by)


def _move(found: list[Move], now: dt.datetime, by: User | None) -> None:
    for move in found:
        period = move.period
        before, after = ({name: getattr(each, name) for name in DATES} for each in (period, move))
        if move.is_told:
            record_event(action="period.move", about=period, before=before, after=after, by=by)
        for name, value in after.items():
            setattr(period, name, value)
        period.save(update_fields=DATES)
    keep([move.period for move in found], now=now)
    reconcile(rows=Report.objects.filter(period__in=[move.period.pk for move in found]), now=now)
