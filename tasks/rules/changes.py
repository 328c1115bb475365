"""What a change request may ask for, and what accepting it makes of the plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

TENTH, WHOLE = Decimal("0.1"), Decimal(100)


def is_in_time(today: dt.date, due_on: dt.date) -> bool:
    """Say whether a change may still be asked for: an extension is asked for before the due day."""
    return today < due_on


def month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the last day of every month after ``first`` up to ``last``, which is the last of them."""
    days: list[dt.date] = []
    month = first.replace(day=1)
    while True:
        month = (month + dt.timedelta(days=31)).replace(day=1)
        end = month - dt.timedelta(days=1)
        if end >= last:
            return [*days, last]
        if end > first:
            days.append(end)


def stretched(points: Mapping[dt.date, Decimal], today: dt.date, due_on: dt.date) -> dict[dt.date, Decimal]:
    """Return the plan for a new due day: as it was up to today, then even monthly steps to the whole."""
    kept = {day: percent for day, percent in points.items() if day <= today}
    reached = max(kept.values(), default=Decimal(0))
    days = month_ends(today, due_on)
    step = (WHOLE - reached) / len(days)
    even = {
        day: (reached + step * number).quantize(TENTH, ROUND_HALF_UP)
        for number, day in enumerate(days, start=1)
    }
    return {**kept, **even, due_on: WHOLE}


def falls(points: Mapping[dt.date, Decimal]) -> bool:
    """Say whether a cumulative plan falls anywhere, which no cumulative plan can."""
    percents = [points[day] for day in sorted(points)]
    return any(later < earlier for earlier, later in pairwise(percents))
