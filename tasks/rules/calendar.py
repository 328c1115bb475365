"""The Chinese working calendar: holidays and adjusted workdays (调休) included.

The library carries the State Council's yearly notices; edited days go before it. A year without a notice is
provisional: it falls back to Monday–Friday, without the holidays whose date never moves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import chinese_calendar

ONE_DAY = dt.timedelta(days=1)
_OFF = chinese_calendar.constants.holidays
_WORKED = chinese_calendar.constants.workdays
LIBRARY_YEARS = range(min(day.year for day in _OFF), max(day.year for day in _OFF) + 1)

_Holiday = chinese_calendar.Holiday
FIXED = {
    (1, 1): _Holiday.new_years_day,
    **dict.fromkeys([(5, 1), (5, 2)], _Holiday.labour_day),
    **dict.fromkeys([(10, 1), (10, 2), (10, 3)], _Holiday.national_day),
}
"""Holidays with a date of their own in the State Council's regulation (全国年节及纪念日放假办法, of 2024), by month and day.

The others follow the moon or the sun, and how days are moved around all of them is known by the notice alone.
"""


@dataclass(frozen=True)
class Occasion:
    """Why a day is off that would be worked, or worked that would be off: the holiday behind it."""

    name: str
    name_en: str


def published_occasion(day: dt.date) -> Occasion | None:
    """Return the holiday for which the State Council gives ``day`` off, or has it worked instead."""
    english = _OFF.get(day) or _WORKED.get(day)
    if english is None and day.year not in LIBRARY_YEARS and (day.month, day.day) in FIXED:
        english = FIXED[day.month, day.day].value
    if english is None:
        return None
    return Occasion(_Holiday(english).chinese, english)


@dataclass(frozen=True)
class WorkingCalendar:
    """Working days, with the edited days of the calendar table in ``overrides``.

    ``entered`` are years whose whole notice stands among the edited days.
    """

    overrides: Mapping[dt.date, bool] = field(default_factory=dict)
    entered: frozenset[int] = frozenset()

    def is_workday(self, day: dt.date) -> bool:
        """Say whether ``day`` is worked."""
        if day in self.overrides:
            return self.overrides[day]
        if day.year in LIBRARY_YEARS:
            # Asked of the library's tables: its own function looks through all of them for their range each time.
            return day in _WORKED or (day.weekday() < 5 and day not in _OFF)
        if day.year in self.entered:
            return day.weekday() < 5
        return day.weekday() < 5 and (day.month, day.day) not in FIXED

    def is_provisional_year(self, year: int) -> bool:
        """Say whether no notice is known for ``year``, neither to the library nor among the edited days."""
        return year not in LIBRARY_YEARS and year not in self.entered

    def is_provisional(self, day: dt.date) -> bool:
        """Say whether ``day`` may still move: its year is not published, and nobody has entered the day.

        A single entered day, a closure say, makes nothing else of its year certain.
        """
        return self.is_provisional_year(day.year) and day not in self.overrides

    def add(self, day: dt.date, workdays: int) -> dt.date:
        """Return the day that is ``workdays`` working days after ``day`` (before it, where negative).

        Nought rolls to the next working day if ``day`` is not worked.
        """
        if workdays == 0:
            return self.roll_forward(day)
        step = ONE_DAY if workdays > 0 else -ONE_DAY
        for _ in range(abs(workdays)):
            day += step
            while not self.is_workday(day):
                day += step
        return day

    def roll_forward(self, day: dt.date) -> dt.date:
        """Return ``day``, or the next working day where it is not worked."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def roll_back(self, day: dt.date) -> dt.date:
        """Return ``day``, or the working day before where it is not worked."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def workdays_between(self, first: dt.date, last: dt.date) -> int:
        """Return how many working days lie after ``first`` up to ``last``; negative where ``last`` is earlier.

        From Friday to Monday it is one; from a day to itself nought.
        """
        if last < first:
            return -self.workdays_between(last, first)
        return sum(self.is_workday(first + dt.timedelta(days=n)) for n in range(1, (last - first).days + 1))
