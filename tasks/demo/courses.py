"""How a task's year goes: its plan, and what it achieves against it. Pure: chance is handed in."""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

Points = dict[dt.date, Decimal]

ALMOST = 99.0
"""Nothing reaches a hundred before it is closed out."""
WITHIN_LIMITS = 9.4
"""Points behind plan at which a task is just not yet behind."""


def tenths(value: float) -> Decimal:
    """Return ``value`` as a percentage to a tenth."""
    return Decimal(str(round(min(max(value, 0.0), 100.0), 1)))


def plan(starts_on: dt.date, due_on: dt.date, rng: random.Random) -> Points:
    """Return a cumulative plan at the ends of months, full on the due day: slow, then fast, then slow."""
    bend = rng.uniform(0.0, 0.55)
    whole = (due_on - starts_on).days + 1
    points = {}
    for day in _month_ends(starts_on, due_on):
        share = ((day - starts_on).days + 1) / whole
        points[day] = tenths(100 * ((1 - bend) * share + bend * share**2 * (3 - 2 * share)))
    return {**points, due_on: Decimal(100)}


def revised(points: Mapping[dt.date, Decimal], since: dt.date) -> Points:
    """Return ``points`` with what was planned after ``since`` moved towards the end."""
    base = max((float(percent) for day, percent in points.items() if day < since), default=0.0)
    late = {
        day: tenths(base + (100 - base) * ((float(percent) - base) / (100 - base)) ** 1.3)
        for day, percent in points.items()
        if day >= since
    }
    return {**points, **late}


def _month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    ends = [
        dt.date(first.year, month, calendar.monthrange(first.year, month)[1])
        for month in range(first.month, 13)
    ]
    return [day for day in ends if day < last]


def follow(scheduled: Sequence[Decimal], course: Collection[str], rng: random.Random) -> list[Decimal]:
    """Return what was achieved by the due day of each month so far, given what was scheduled for it.

    Trouble begins in the last month or two, so that it is news today.
    """
    target = [float(percent) for percent in scheduled]
    values = _steady(target, rng.uniform(3.5, 5.0) if "ahead" in course else rng.uniform(-3.0, 4.0), rng)
    if "twice" in course:
        _slip(values, target, (rng.uniform(14, 16), rng.uniform(11.5, 13), 8.5))
    elif "red" in course:
        share = 0.58 if "steep" in course else rng.uniform(0.48, 0.54)
        values = [percent * share + rng.uniform(-0.4, 0.4) for percent in target]
    elif "yellow" in course and not {"milestone", "missed"} & set(course):
        _slip(values, target, (rng.uniform(12, 18), 9.0))
    elif not course and rng.random() < 0.15:
        _stumble(values, target, rng)
    return _rising(values)


def _steady(target: Sequence[float], habit: float, rng: random.Random) -> list[float]:
    """Return progress close to plan, each task with a habit of its own."""
    return [min(percent + _near(habit, rng), ALMOST) for percent in target]


def _near(habit: float, rng: random.Random) -> float:
    return min(max(habit + rng.gauss(0, 1.4), -6.0), 6.0)


def _slip(values: list[float], target: Sequence[float], behind: Sequence[float]) -> None:
    """Fall behind plan at the end by the points of ``behind``, the last month first, and stay within before."""
    count = min(len(behind), len(target))
    ceiling = ALMOST
    for back in range(1, count + 1):
        # Early in the year there is not much yet that one could be behind with.
        points = min(behind[back - 1], target[-back] * 0.6)
        values[-back] = ceiling = min(target[-back] - points, ceiling)
    # Progress never falls; where a plan is so flat that it would, the month before is behind a little more.
    if count == len(behind):
        values[-count] = max(values[-count], target[-count] - WITHIN_LIMITS)
    for index in range(len(values) - count):
        values[index] = min(values[index], values[-count])


def _stumble(values: list[float], target: Sequence[float], rng: random.Random) -> None:
    """Be behind for one month some time ago, and recover."""
    if len(values) < 5:
        return
    index = rng.randint(2, len(values) - 3)
    values[index] = target[index] - rng.uniform(11, 15)


def _rising(values: Sequence[float]) -> list[Decimal]:
    highest, rising = 0.0, []
    for value in values:
        highest = max(highest, value)
        rising.append(tenths(highest))
    return rising


def next_value(
    before: Decimal | None, due_before: Decimal | None, due_now: Decimal, *, trouble: bool, rng: random.Random
) -> Decimal:
    """Return the progress of the month under way: as the months before, or hardly any where things are stuck."""
    if before is None or due_before is None:
        return tenths(max(0.0, float(due_now) + rng.uniform(-1.5, 1.5)))
    if trouble:
        return tenths(min(float(before) + rng.uniform(0.3, 1.5), ALMOST))
    steady = float(due_now) + float(before - due_before) * 0.8 + rng.uniform(-1.0, 1.0)
    return tenths(min(max(steady, float(before)), ALMOST))
