"""When a month's reports open, fall due and close, by the task book's filing rule."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from tasks.rules.calendar import WorkingCalendar


@dataclass(frozen=True)
class FilingRule:
    """A task book's filing rule: day, time, this or next month, and how a day off moves the due day."""

    due_day: int = 25
    due_time: dt.time = dt.time(18, 0)
    next_month: bool = False
    roll: str = "back"
    grace_workdays: int = 5


@dataclass(frozen=True)
class PeriodDates:
    """The days of one period; ``is_provisional`` where the due day's year has no published calendar."""

    month: dt.date
    opens_on: dt.date
    due_on: dt.date
    due_time: dt.time
    closes_on: dt.date
    is_provisional: bool


def period_dates(month: dt.date, rule: FilingRule, calendar_: WorkingCalendar) -> PeriodDates:
    """Return the dates for the reports on the month that begins on ``month``.

    A due day that the month does not have is its last day. Reports open on the first of the month reported on,
    are never due before, and close after the book's working days for late filing.
    """
    due_month = (month + dt.timedelta(days=31)).replace(day=1) if rule.next_month else month
    last = calendar.monthrange(due_month.year, due_month.month)[1]
    due_on = _rolled(due_month.replace(day=min(rule.due_day, last)), rule.roll, calendar_, earliest=month)
    return PeriodDates(
        month=month,
        opens_on=month,
        due_on=due_on,
        due_time=rule.due_time,
        closes_on=calendar_.add(due_on, rule.grace_workdays) if rule.grace_workdays else due_on,
        is_provisional=calendar_.is_provisional(due_on),
    )


def _rolled(day: dt.date, roll: str, calendar_: WorkingCalendar, *, earliest: dt.date) -> dt.date:
    if roll == "none":
        return day
    back = calendar_.roll_back(day)
    # Back over the first of the month, reports would be due before they open: then forward after all.
    return back if roll == "back" and back >= earliest else calendar_.roll_forward(day)
