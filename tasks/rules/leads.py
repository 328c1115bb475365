"""From which day a lead may change."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum


class DayProblem(StrEnum):
    """Why a day is not possible."""

    BEFORE_OPEN_PERIOD = "before_open_period"
    BEFORE_CURRENT_LEAD = "before_current_lead"
    BEFORE_PLANNED_CHANGE = "before_planned_change"


def effective_day_problem(
    day: dt.date,
    *,
    today: dt.date,
    period_opened_on: dt.date | None,
    current_since: dt.date | None,
    latest_change_on: dt.date | None,
) -> DayProblem | None:
    """Return why a lead cannot change on ``day``; None: it can.

    The past is open only as far back as the open reporting period, since older reports are settled; a change
    comes after the current lead began, and after any change already planned.
    """
    if day < min(today, period_opened_on or today):
        return DayProblem.BEFORE_OPEN_PERIOD
    if current_since is not None and day <= current_since:
        return DayProblem.BEFORE_CURRENT_LEAD
    if latest_change_on is not None and day <= latest_change_on:
        return DayProblem.BEFORE_PLANNED_CHANGE
    return None
