"""A plan's curve against what was reported, as points of an SVG.

Both axes run from 0 to 100, so that the page stretches the lines to any width and letters keep their size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

ONE_DAY = dt.timedelta(days=1)
TICKS = 12


@dataclass(frozen=True)
class Dot:
    """A reported figure in the chart."""

    x: str
    y: str
    day: dt.date
    percent: Decimal


@dataclass(frozen=True)
class Tick:
    """The first of a month on the time axis."""

    x: str
    month: dt.date
    names_year: bool


@dataclass(frozen=True)
class Mark:
    """A milestone on the time line: its shape says what became of it."""

    day: dt.date
    title: str
    state: str
    """done, late or open."""
    is_key: bool
    x: str = ""


@dataclass(frozen=True)
class Chart:
    """Two lines over time, the reported figures as dots, milestones, the months, and where today is."""

    plan: str
    actual: str
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    today: str
    earlier: tuple[str, ...]
    """The lines of plans that no longer hold."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class _Axis:
    """Days from ``first`` to ``last`` on a line from 0 to 100."""

    first: dt.date
    last: dt.date

    def x(self, day: dt.date) -> str:
        return f"{100 * (day - self.first).days / max((self.last - self.first).days, 1):.2f}"

    def points(self, values: Iterable[tuple[dt.date, Decimal]]) -> str:
        return " ".join(f"{self.x(day)},{_y(percent)}" for day, percent in values)


def _y(percent: Decimal) -> str:
    return f"{100 - percent:.1f}"


def progress_chart(
    plan: Mapping[dt.date, Decimal],
    reported: Sequence[tuple[dt.date, Decimal]],
    starts_on: dt.date,
    due_on: dt.date,
    today: dt.date,
    earlier: Sequence[Mapping[dt.date, Decimal]] = (),
    marks: Sequence[Mark] = (),
) -> Chart | None:
    """Return the chart of a task; None where there is neither plan nor report.

    The plan starts from nought on the eve of ``starts_on``, as the rule for scheduled progress has it.
    """
    if not plan and not reported:
        return None
    eve = starts_on - ONE_DAY
    curve, before = _curve(plan, eve), [_curve(version, eve) for version in earlier]
    drawn = [*curve, *reported, *(point for line in before for point in line)]
    days = [eve, due_on, *(day for day, _percent in drawn), *(mark.day for mark in marks)]
    axis = _Axis(min(days), max(days))
    return Chart(
        plan=axis.points(curve),
        actual=axis.points(reported),
        dots=tuple(Dot(axis.x(day), _y(percent), day, percent) for day, percent in reported),
        ticks=_ticks(axis),
        today=axis.x(today) if axis.first <= today <= axis.last else "",
        earlier=tuple(axis.points(line) for line in before if line),
        marks=tuple(replace(mark, x=axis.x(mark.day)) for mark in marks),
    )


def _curve(plan: Mapping[dt.date, Decimal], eve: dt.date) -> list[tuple[dt.date, Decimal]]:
    """Return a plan's points from nought on the ``eve`` of the start."""
    return [(eve, Decimal(0)), *((day, plan[day]) for day in sorted(plan) if day > eve)] if plan else []


def _ticks(axis: _Axis) -> tuple[Tick, ...]:
    """Return the firsts of months on the axis, at most ``TICKS`` of them."""
    firsts = []
    month = axis.first.replace(day=1)
    while month <= axis.last:
        if month >= axis.first:
            firsts.append(month)
        month = (month + dt.timedelta(days=31)).replace(day=1)
    firsts = firsts[:: -(-len(firsts) // TICKS) or 1]
    return tuple(
        Tick(axis.x(month), month, names_year=n == 0 or month.year != firsts[n - 1].year)
        for n, month in enumerate(firsts)
    )
