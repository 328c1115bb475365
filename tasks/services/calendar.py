"""Editing the working calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from commands.models import User
from commands.services.events import record_event
from tasks.models import CalendarDay
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.notices import Day


def working_calendar() -> WorkingCalendar:
    """Return the working calendar with the edited days: one query."""
    return CalendarDay.objects.working_calendar()


@transaction.atomic
def set_calendar_day(*, day: dt.date, is_workday: bool, name: str, by: User) -> CalendarDay:
    """Enter ``day`` as worked or not; what was entered before is replaced and stays in the audit trail.

    Entering the same again changes nothing.
    """
    CalendarDay(day=day, is_workday=is_workday, name=name).full_clean(validate_unique=False)
    # Two may enter the same day at once: the second waits here and finds what the first has entered.
    after = {"is_workday": is_workday, "name": name}
    row, is_new = CalendarDay.objects.select_for_update().get_or_create(day=day, defaults=after)
    before = {} if is_new else {"is_workday": row.is_workday, "name": row.name}
    if before == after:
        return row
    row.is_workday, row.name = is_workday, name
    row.save()
    record_event(action="calendar.set", about=row, before=before, after=after, by=by)
    return row


@transaction.atomic
def clear_calendar_day(*, day: dt.date, by: User) -> None:
    """Take back what was entered for ``day``: the published calendar holds again."""
    row = CalendarDay.objects.select_for_update().filter(day=day).first()
    if row is None:
        return
    record_event(
        action="calendar.clear", about=row, before={"is_workday": row.is_workday, "name": row.name}, by=by
    )
    row.delete()


@transaction.atomic
def enter_calendar_year(*, year: int, days: Mapping[dt.date, Day], by: User) -> None:
    """Enter the whole notice of ``year``, which is provisional no more; what was entered for these days is replaced.

    Reminders not yet sent follow it the next time they are planned. Entering the same again changes nothing.
    """
    there = {row.day: row for row in CalendarDay.objects.select_for_update().filter(day__in=days)}
    before = {day: (row.is_workday, row.name, row.of_notice) for day, row in there.items()}
    if before == {day: (said.is_workday, said.name, True) for day, said in days.items()}:
        return
    rows = [
        CalendarDay(day=day, is_workday=said.is_workday, name=said.name, of_notice=True)
        for day, said in sorted(days.items())
    ]
    for row in rows:
        row.full_clean(validate_unique=False, validate_constraints=False)
    CalendarDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["is_workday", "name", "of_notice"],
    )
    first = CalendarDay.objects.get(day=min(day for day in days if day.year == year))
    after = {"year": year, "off": sum(not said.is_workday for said in days.values()), "count": len(days)}
    record_event(action="calendar.import", about=first, after=after, by=by)
