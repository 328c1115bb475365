"""How progress went from month to month, from the lights recorded at each period's close."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.boards.tallies import share
from tasks.models import Period

MONTHS = 6

WIDTH, HEIGHT, MARGIN = 86, 28, 3
"""The sparkline's own units; the style sheet decides how large it is drawn."""


@dataclass(frozen=True)
class TrendPoint:
    """Where the tasks stood together at the close of one month's reports."""

    month: dt.date
    actual: Decimal | None
    scheduled: Decimal | None


@dataclass(frozen=True)
class Trend:
    """Actual and scheduled progress of the last months, and the two lines that draw them.

    ``low`` and ``high`` are shared by all trends of a page, so that they can be compared by eye.
    """

    points: tuple[TrendPoint, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(100)

    @property
    def drawn(self) -> tuple[TrendPoint, ...]:
        """Return the months in which something was scheduled."""
        return tuple(point for point in self.points if point.scheduled is not None)

    @property
    def first(self) -> TrendPoint | None:
        """Return the first month drawn."""
        return self.drawn[0] if self.drawn else None

    @property
    def last(self) -> TrendPoint | None:
        """Return the last month drawn."""
        return self.drawn[-1] if self.drawn else None

    @property
    def change(self) -> Decimal | None:
        """Return the percentage points from the month before the last one to the last one."""
        months = [point.actual for point in self.drawn[-2:]]
        if len(months) < 2 or months[0] is None or months[1] is None:
            return None
        return months[1] - months[0]

    @property
    def actual_line(self) -> str:
        """Return the points of the line of what was done."""
        return self._line([point.actual for point in self.points])

    @property
    def scheduled_line(self) -> str:
        """Return the points of the line of what was scheduled."""
        return self._line([point.scheduled for point in self.points])

    @property
    def end(self) -> tuple[str, str] | None:
        """Return where the line of what was done ends."""
        line = self.actual_line.split()
        if not line:
            return None
        x, y = line[-1].split(",")
        return x, y

    def _line(self, values: Sequence[Decimal | None]) -> str:
        step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
        span = float(self.high - self.low) or 1.0
        return " ".join(
            f"{MARGIN + n * step:.1f},{HEIGHT - MARGIN - float(value - self.low) / span * (HEIGHT - 2 * MARGIN):.1f}"
            for n, value in enumerate(values)
            if value is not None
        )


def recorded(periods: Iterable[Period], months: int = MONTHS) -> list[Period]:
    """Return the last closed periods: those whose lights are recorded."""
    return [period for period in periods if period.closed_at is not None][-months:]


def trends(rows: Iterable[Any], periods: Sequence[Period]) -> dict[int, Trend]:
    """Return the trend of each campaign over ``periods``, from the sums of its lights (``models.lights.summed``)."""
    months = {period.pk: period.month for period in periods}
    found: dict[int, dict[dt.date, TrendPoint]] = defaultdict(dict)
    for campaign, period, weight, actual, scheduled in rows:
        month = months[period]
        found[campaign][month] = TrendPoint(month, share(actual, weight or 0), share(scheduled, weight or 0))
    return _on_one_scale(found, sorted(months.values()))


def _on_one_scale(found: dict[int, dict[dt.date, TrendPoint]], months: list[dt.date]) -> dict[int, Trend]:
    """Give every trend all the months, and all of them the same lowest and highest value."""
    values = [
        value
        for line in found.values()
        for point in line.values()
        for value in (point.actual, point.scheduled)
        if value is not None
    ]
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(100))
    return {
        key: Trend(tuple(line.get(month, TrendPoint(month, None, None)) for month in months), low, high)
        for key, line in found.items()
    }
