"""A year of the working calendar as its page shows it: months, and where it departs from Monday to Friday."""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, pgettext_lazy

from tasks.models import CalendarDay
from tasks.rules.calendar import ONE_DAY, WorkingCalendar, published_occasion
from tasks.services.calendar_years import missing_year

YEARS = range(2004, 2101)
WEEKDAYS = (
    pgettext_lazy("column of a calendar", "Mon"),
    pgettext_lazy("column of a calendar", "Tue"),
    pgettext_lazy("column of a calendar", "Wed"),
    pgettext_lazy("column of a calendar", "Thu"),
    pgettext_lazy("column of a calendar", "Fri"),
    pgettext_lazy("column of a calendar", "Sat"),
    pgettext_lazy("column of a calendar", "Sun"),
)


@dataclass(frozen=True)
class Cell:
    """One day as the year's tables show it."""

    day: dt.date
    is_workday: bool
    occasion: str
    is_edited: bool
    is_today: bool

    @property
    def is_off(self) -> bool:
        """Say whether it is a day off that is more than a weekend: a holiday, or one entered here."""
        return not self.is_workday and bool(self.is_edited or self.occasion or self.day.weekday() < 5)

    @property
    def is_adjusted(self) -> bool:
        """Say whether it is a weekend day that is worked (调休)."""
        return self.is_workday and (self.is_edited or self.day.weekday() >= 5)


@dataclass(frozen=True)
class Month:
    """A month: six weeks, Monday first, with None for days of its neighbours, empty where it has fewer."""

    first: dt.date
    weeks: list[list[Cell | None]]

    @property
    def workdays(self) -> int:
        """Return how many days are worked."""
        return sum(cell.is_workday for week in self.weeks for cell in week if cell)


@dataclass(frozen=True)
class Departure:
    """Where the year departs from Monday to Friday: an occasion, with runs of days off and days worked."""

    occasion: str
    off: list[tuple[dt.date, dt.date]]
    worked: list[tuple[dt.date, dt.date]]


def calendar_year(year: int, today: dt.date) -> dict[str, Any]:
    """Return what the page of ``year`` shows: three queries."""
    edited = {row.day: row for row in CalendarDay.objects.filter(day__year=year)}
    entered = frozenset(row.day.year for row in edited.values() if row.of_notice)
    days = WorkingCalendar({day: row.is_workday for day, row in edited.items()}, entered)
    table = [_month(dt.date(year, number, 1), days, edited, today) for number in range(1, 13)]
    cells = [cell for month in table for week in month.weeks for cell in week if cell]
    return {
        "year": year,
        "months": table,
        "weekdays": WEEKDAYS,
        "departures": _departures(cells),
        "edited": sorted(edited.values(), key=lambda row: row.day),
        "is_provisional": days.is_provisional_year(year),
        "missing_year": missing_year(today),
        "workdays": sum(month.workdays for month in table),
        "previous_year": year - 1 if year - 1 in YEARS else None,
        "next_year": year + 1 if year + 1 in YEARS else None,
        "this_year": today.year,
    }


def _departures(cells: list[Cell]) -> list[Departure]:
    """Return the year's departures from Monday to Friday in order, occasion by occasion."""
    by_occasion: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.is_off or cell.is_adjusted:
            by_occasion.setdefault(cell.occasion, []).append(cell)
    return [
        Departure(
            occasion,
            off=_runs([cell.day for cell in group if cell.is_off]),
            worked=_runs([cell.day for cell in group if cell.is_adjusted]),
        )
        for occasion, group in by_occasion.items()
    ]


def _runs(days: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Return days in order as runs, each with its first and last day."""
    runs: list[tuple[dt.date, dt.date]] = []
    for day in days:
        if runs and runs[-1][1] + ONE_DAY == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _month(
    first: dt.date, days: WorkingCalendar, edited: dict[dt.date, CalendarDay], today: dt.date
) -> Month:
    dates = months.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    weeks = [
        [_cell(day, days, edited, today) if day.month == first.month else None for day in week]
        for week in dates
    ]
    weeks += [[] for _week in range(6 - len(weeks))]
    return Month(first, weeks)


def _cell(day: dt.date, days: WorkingCalendar, edited: dict[dt.date, CalendarDay], today: dt.date) -> Cell:
    row = edited.get(day)
    published = published_occasion(day)
    name = ""
    if row is not None:
        name = row.name
    elif published is not None:
        name = published.name_en if (get_language() or "").startswith("en") else published.name
    return Cell(day, days.is_workday(day), name, row is not None, day == today)
