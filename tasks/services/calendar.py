"""The working calendar, as everything that counts days reads it."""

from __future__ import annotations

from tasks.models import CalendarDay
from tasks.rules.calendar import WorkingCalendar


def working_calendar() -> WorkingCalendar:
    """Return the working calendar with the edited days: one query."""
    return CalendarDay.objects.working_calendar()
