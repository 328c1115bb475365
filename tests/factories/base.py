"""What all factories share: the password, the year, and numbers for names."""

from __future__ import annotations

import datetime as dt
import itertools

from django.utils import timezone

PASSWORD = "luohu-test-1"
NEW_YEAR = dt.date(2026, 1, 1)
number = itertools.count(1)


def at(day: dt.date, hour: int = 9, minute: int = 0, second: int = 0) -> dt.datetime:
    """Return a moment of ``day`` in Luohu."""
    return dt.datetime.combine(day, dt.time(hour, minute, second), tzinfo=timezone.get_default_timezone())
