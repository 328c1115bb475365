"""The Chinese working calendar: the State Council's days, edited days before them, and years not yet published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.calendar import FIXED, LIBRARY_YEARS, WorkingCalendar

CALENDAR = WorkingCalendar()
DAY = dt.timedelta(days=1)


def days_of(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + n * DAY for n in range((dt.date(year + 1, 1, 1) - first).days)]


# What the notices say


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01", "2026-01-03"),  # New Year
        ("2026-02-15", "2026-02-23"),  # Spring Festival
        ("2026-04-04", "2026-04-06"),  # Tomb-sweeping Day
        ("2026-05-01", "2026-05-05"),  # Labour Day
        ("2026-06-19", "2026-06-21"),  # Dragon Boat Festival
        ("2026-09-25", "2026-09-27"),  # Mid-autumn Festival
        ("2026-10-01", "2026-10-07"),  # National Day
        ("2025-10-01", "2025-10-08"),  # National Day and Mid-autumn Festival together
    ],
)
def test_holidays_are_not_worked_and_the_days_around_them_are(first: str, last: str) -> None:
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    assert not any(CALENDAR.is_workday(start + n * DAY) for n in range((end - start).days + 1))
    assert CALENDAR.roll_back(start) < start
    assert CALENDAR.roll_forward(end) > end


@pytest.mark.parametrize(
    "day",
    ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10", "2025-09-28"],
)
def test_adjusted_workdays_at_a_weekend_are_worked(day: str) -> None:
    adjusted = dt.date.fromisoformat(day)
    assert adjusted.weekday() >= 5
    assert CALENDAR.is_workday(adjusted)


@pytest.mark.parametrize(
    ("day", "worked"), [("2026-11-23", True), ("2026-11-27", True), ("2026-11-28", False)]
)
def test_plain_weeks_are_worked_from_monday_to_friday(day: str, worked: bool) -> None:
    assert CALENDAR.is_workday(dt.date.fromisoformat(day)) is worked


@pytest.mark.parametrize("year", [2004, 2023, 2024, 2025, 2026])
def test_every_day_is_as_the_library_says(year: int) -> None:
    for day in days_of(year):
        assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day), day


def test_the_library_knows_the_year_we_work_in() -> None:
    assert {2023, 2024, 2025, 2026} <= set(LIBRARY_YEARS)


# Edited days go first


def test_an_edited_day_goes_before_the_library() -> None:
    typhoon, made_up_for = dt.date(2026, 11, 24), dt.date(2026, 11, 28)
    edited = WorkingCalendar({typhoon: False, made_up_for: True})
    assert not edited.is_workday(typhoon)
    assert edited.is_workday(made_up_for)
    assert edited.is_workday(dt.date(2026, 11, 25))
    assert edited.add(dt.date(2026, 11, 23), 1) == dt.date(2026, 11, 25)
    assert edited.add(dt.date(2026, 11, 27), 1) == made_up_for


def test_an_edited_day_can_cancel_a_holiday_and_an_adjusted_workday() -> None:
    edited = WorkingCalendar({dt.date(2026, 10, 1): True, dt.date(2026, 10, 10): False})
    assert edited.is_workday(dt.date(2026, 10, 1))
    assert not edited.is_workday(dt.date(2026, 10, 10))


# Years without a notice


UNPUBLISHED = max(LIBRARY_YEARS) + 1


@pytest.mark.parametrize("year", [min(LIBRARY_YEARS) - 1, UNPUBLISHED, UNPUBLISHED + 5])
def test_an_unpublished_year_knows_weekends_and_the_holidays_that_never_move_and_says_so(year: int) -> None:
    for day in days_of(year):
        never_moves = (day.month, day.day) in FIXED
        assert CALENDAR.is_workday(day) == (day.weekday() < 5 and not never_moves)
        assert CALENDAR.is_provisional(day)


def test_published_years_are_not_provisional() -> None:
    assert not CALENDAR.is_provisional(dt.date(2026, 12, 31))
    assert CALENDAR.is_provisional(dt.date(UNPUBLISHED, 1, 1))


def test_a_day_somebody_entered_is_certain_and_makes_no_other_day_so() -> None:
    edited = WorkingCalendar({dt.date(UNPUBLISHED, 1, 1): False})
    assert not edited.is_provisional(dt.date(UNPUBLISHED, 1, 1))
    assert not edited.is_workday(dt.date(UNPUBLISHED, 1, 1))
    assert edited.is_provisional(dt.date(UNPUBLISHED, 6, 1))


# Counting


@pytest.mark.parametrize(
    ("day", "workdays", "result"),
    [
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 5, "2026-11-30"),
        ("2026-11-23", -1, "2026-11-20"),
        ("2026-11-25", -5, "2026-11-18"),
        ("2026-11-28", 0, "2026-11-30"),  # Saturday rolls to Monday
        ("2026-11-25", 0, "2026-11-25"),
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-11-28", -1, "2026-11-27"),
        ("2026-09-30", 1, "2026-10-08"),  # over National Day
        ("2026-10-08", -1, "2026-09-30"),
        ("2026-10-09", 1, "2026-10-10"),  # an adjusted Saturday
        ("2026-02-13", 1, "2026-02-14"),  # the adjusted Saturday before Spring Festival
        ("2026-02-14", 1, "2026-02-24"),
        ("2025-12-31", 1, "2026-01-04"),  # across New Year to an adjusted Sunday
        ("2026-12-31", 1, "2027-01-04"),  # not yet published, but New Year never moves
    ],
)
def test_adding_working_days(day: str, workdays: int, result: str) -> None:
    assert CALENDAR.add(dt.date.fromisoformat(day), workdays) == dt.date.fromisoformat(result)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2026-11-27", "2026-11-30", 1),  # Friday to Monday
        ("2026-11-23", "2026-11-23", 0),
        ("2026-11-23", "2026-11-25", 2),
        ("2026-11-25", "2026-11-23", -2),
        ("2026-11-28", "2026-11-29", 0),
        ("2026-09-30", "2026-10-08", 1),
        ("2026-10-08", "2026-10-10", 2),
        ("2026-02-14", "2026-02-28", 5),
    ],
)
def test_counting_working_days(first: str, last: str, count: int) -> None:
    assert CALENDAR.workdays_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == count


days = st.dates(dt.date(2026, 6, 1), dt.date(2027, 6, 1))
counts = st.integers(1, 30)
calendars = st.builds(WorkingCalendar, st.dictionaries(days, st.booleans(), max_size=20))


@given(calendars, days, counts)
def test_adding_and_counting_undo_each_other(calendar: WorkingCalendar, day: dt.date, count: int) -> None:
    later = calendar.add(day, count)
    assert calendar.workdays_between(day, later) == count
    worked = calendar.roll_forward(day)
    assert calendar.add(calendar.add(worked, count), -count) == worked
    assert calendar.add(calendar.add(worked, -count), count) == worked
    assert calendar.workdays_between(worked, calendar.add(worked, -count)) == -count


@given(calendars, days, st.integers(-30, 30))
def test_adding_always_ends_on_a_working_day(calendar: WorkingCalendar, day: dt.date, count: int) -> None:
    assert calendar.is_workday(calendar.add(day, count))


@given(calendars, days, counts, counts)
def test_adding_twice_is_adding_the_sum(calendar: WorkingCalendar, day: dt.date, one: int, two: int) -> None:
    assert calendar.add(calendar.add(day, one), two) == calendar.add(day, one + two)


@given(calendars, days)
def test_rolling_goes_to_the_nearest_working_day_on_its_side(calendar: WorkingCalendar, day: dt.date) -> None:
    forward, back = calendar.roll_forward(day), calendar.roll_back(day)
    assert back <= day <= forward
    assert calendar.is_workday(back)
    assert calendar.is_workday(forward)
    assert calendar.workdays_between(back, forward) == (0 if back == forward else 1)
    assert (back == forward) == calendar.is_workday(day)
    assert calendar.roll_forward(forward) == forward == calendar.add(day, 0)


@given(calendars, days, days, days)
def test_counting_is_additive(calendar: WorkingCalendar, one: dt.date, two: dt.date, three: dt.date) -> None:
    between = calendar.workdays_between
    assert between(one, three) == between(one, two) + between(two, three)
    assert between(one, two) == -between(two, one)


@given(st.dictionaries(days, st.booleans(), max_size=20))
def test_every_edited_day_holds(overrides: Mapping[dt.date, bool]) -> None:
    calendar = WorkingCalendar(overrides)
    assert {day: calendar.is_workday(day) for day in overrides} == overrides
