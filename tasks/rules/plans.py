"""Scheduled progress: where a plan should stand on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
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


def measuring_day(last_due_on: dt.date | None, last_accepted_due_on: dt.date | None) -> dt.date | None:
    """Return the day on which actual and scheduled progress are compared.

    Progress is known once a month. Measured against the plan of today, every task would fall behind between
    two reports through no fault of its own; so it is measured on the due day of the last period that has fallen
    due, or of the last accepted report where that is later (a unit that files early is not held back). None
    while nothing has fallen due.
    """
    days = [day for day in (last_due_on, last_accepted_due_on) if day is not None]
    return max(days) if days else None
