"""Moments of the demo year: office hours, never later than now."""

from __future__ import annotations

import datetime as dt
import random

from django.utils import timezone

from tasks.rules.calendar import WorkingCalendar

MINUTES = 9 * 60
"""From 09:00 to 18:00."""


class Clock:
    """Now, the working calendar, and chance, which the same day always deals out alike."""

    def __init__(self, now: dt.datetime, calendar: WorkingCalendar, rng: random.Random) -> None:
        self.now, self.calendar, self.rng = now, calendar, rng
        self.today = timezone.localdate(now)

    def at(self, day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
        """Return a moment of ``day``, or now where that is earlier."""
        return min(self.now, timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute))))

    def moment(self, first: dt.datetime, last: dt.datetime) -> dt.datetime:
        """Return a moment from ``first`` to ``last``: in office hours where there are any in between.

        On the first days of a year there may be none; then it is any moment, so that the order of things holds.
        """
        last = max(first, min(last, self.now))
        begin, days = timezone.localdate(first), (timezone.localdate(last) - timezone.localdate(first)).days
        for _ in range(12):
            day = begin + dt.timedelta(days=self.rng.randint(0, days))
            minute = self.rng.randint(0, MINUTES - 1)
            moment = timezone.make_aware(dt.datetime.combine(day, dt.time(9 + minute // 60, minute % 60)))
            if self.calendar.is_workday(day) and first <= moment <= last:
                return moment
        return first + (last - first) * self.rng.random()

    def soon_after(self, moment: dt.datetime, limit: dt.datetime) -> dt.datetime:
        """Return a moment of the next working day or the one after, but not after ``limit``."""
        day = self.calendar.add(timezone.localdate(moment), self.rng.randint(1, 2))
        wanted = timezone.make_aware(
            dt.datetime.combine(day, dt.time(9 + self.rng.randint(0, 8), self.rng.randint(0, 59)))
        )
        return max(moment, min(wanted, limit, self.now))
