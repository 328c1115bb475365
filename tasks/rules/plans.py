"""Scheduled progress: where a plan should stand on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

TENTH = Decimal("0.1")


def scheduled_percent(points: Mapping[dt.date, Decimal], starts_on: dt.date, day: dt.date) -> Decimal | None:
    """Return the cumulative percent planned for the end of ``day``, to a tenth.

    Linear between the plan's points, from nought on the eve of ``starts_on``; the last point holds on after
    it. None where there is no plan.
    """
    if not points:
        return None
    before_day, before = starts_on - dt.timedelta(days=1), Decimal(0)
    if day <= before_day:
        return Decimal("0.0")
    for point_day in sorted(points):
        percent = Decimal(points[point_day])
        if day < point_day:
            share = Decimal((day - before_day).days) / Decimal((point_day - before_day).days)
            return (before + (percent - before) * share).quantize(TENTH, ROUND_HALF_UP)
        before_day, before = point_day, percent
    return before.quantize(TENTH, ROUND_HALF_UP)


def measured_month(
    due: Iterable[dt.date], excused: Container[dt.date], accepted: dt.date | None
) -> dt.date | None:
    """Return the month on whose due day actual and scheduled progress are compared; None while nothing has fallen due.

    Progress is known once a month. Measured against the plan of today, every task would fall behind between
    two reports through no fault of its own; so it is measured on the due day of the last of the ``due`` months,
    those whose reports have fallen due.

    ``excused`` months do not count: the unit has filed on time and the office has not decided yet, or no report
    was asked for. The unit did its duty; the new month's plan would turn its light by the office's delay. Nor does
    filing alone make a light better: a month missed before stays the measure until something is accepted.

    ``accepted`` is the month accepted last: where it is later, a unit that files early is not held back.
    """
    asked = (month for month in sorted(due, reverse=True) if month not in excused)
    return max((month for month in (next(asked, None), accepted) if month), default=None)
