"""What becomes of a task's dates and code when it is carried over into the next year's book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

from tasks.rules.changes import TENTH, WHOLE, month_ends

LONGEST_CODE = 30


def carried_start(year: int, today: dt.date) -> dt.date:
    """Return the day on which a carried task starts: New Year, or today where the year has begun already."""
    return max(dt.date(year, 1, 1), min(today, dt.date(year, 12, 31)))


def carried_due(due_on: dt.date, starts_on: dt.date) -> dt.date:
    """Return the due day of a carried task: its own where it still lies ahead, the end of the year otherwise."""
    return due_on if due_on > starts_on else dt.date(starts_on.year, 12, 31)


def carried_step(due_on: dt.date, starts_on: dt.date, task_due_on: dt.date) -> dt.date:
    """Return the due day of a milestone not yet reached: a missed one gets the same day of the new year."""
    if due_on < starts_on:
        day = 28 if (due_on.month, due_on.day) == (2, 29) else due_on.day
        due_on = max(dt.date(starts_on.year, due_on.month, day), starts_on)
    return min(due_on, task_due_on)


def carried_code(code: str, old_year: int, year: int, taken: Container[str]) -> str:
    """Return the code under which a task goes on: with the new year in the place of the old, and not taken."""
    stem = code.replace(str(old_year), str(year), 1) if str(old_year) in code else f"{year}-{code}"
    stem = stem[:LONGEST_CODE]
    if stem not in taken:
        return stem
    numbered = (f"{stem[: LONGEST_CODE - 4]}-{number}" for number in count(2))
    return next(code for code in numbered if code not in taken)


def even_plan(starts_on: dt.date, due_on: dt.date) -> dict[dt.date, Decimal]:
    """Return a plan in equal monthly steps from nought to the whole on ``due_on``."""
    days = month_ends(starts_on - dt.timedelta(days=1), due_on)
    step = WHOLE / len(days)
    even = {day: (step * n).quantize(TENTH, ROUND_HALF_UP) for n, day in enumerate(days, start=1)}
    return {**even, due_on: WHOLE}
