"""Single days of the working calendar: entered, taken back, and what moves with them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from commands.models import User
from commands.services.events import record_event
from tasks.models import CalendarDay
from tasks.services.moving_periods import periods_following


@transaction.atomic
def set_calendar_day(*, day: dt.date, is_workday: bool, name: str, by: User) -> CalendarDay:
    """Enter ``day`` as worked or not; what was entered before is replaced and stays in the audit trail.

    Periods that have not fallen due move with it, as with a year's notice. Entering the same again changes nothing.
    """
    CalendarDay(day=day, is_workday=is_workday, name=name).full_clean(validate_unique=False)
    after = {"is_workday": is_workday, "name": name}
    with periods_following(by=by):
        # Two may enter the same day at once: the second waits here and finds what the first has entered.
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
    """Take back what was entered for ``day``: the published calendar holds again, and periods ahead follow it."""
    with periods_following(by=by):
        row = CalendarDay.objects.select_for_update().filter(day=day).first()
        if row is None:
            return
        before = {"is_workday": row.is_workday, "name": row.name}
        record_event(action="calendar.clear", about=row, before=before, by=by)
        row.delete()
