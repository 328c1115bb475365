"""A plan as it is entered, as a curve beside the plan until now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tasks.boards.charts import Chart, progress_chart
from tasks.models import Task


@dataclass(frozen=True)
class PlanCurve:
    """The new plan as dots that can be moved, over the line of the plan until now."""

    until_now: Chart | None
    entered: Chart | None
    first: dt.date
    last: dt.date
    """The days at the two ends of the axis, for a script that draws what is typed."""


def plan_curve(
    task: Task, until_now: Mapping[dt.date, Decimal], entered: Mapping[dt.date, Decimal], today: dt.date
) -> PlanCurve:
    """Return the curve of ``entered`` months after what stays of ``until_now``, both over the task's time."""
    kept = {day: percent for day, percent in until_now.items() if day <= today}
    whole = sorted({**kept, **entered}.items())
    first = task.starts_on - dt.timedelta(days=1)
    last = max([task.due_on, *until_now, *entered])
    # The whole axis for both, whichever of them ends first.
    until = progress_chart(until_now, [], task.starts_on, last, today)
    new = progress_chart({}, [(first, Decimal(0)), *whole], task.starts_on, last, today)
    return PlanCurve(until, new, first, last)
