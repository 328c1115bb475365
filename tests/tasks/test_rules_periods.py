"""When a month's reports open, fall due and close, under any filing rule a book may have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.calendar import WorkingCalendar
from tasks.rules.periods import FilingRule, PeriodDates, period_dates

CALENDAR = WorkingCalendar()


def dates(month: str, overrides: dict[dt.date, bool] | None = None, **rule: Any) -> PeriodDates:
    return period_dates(
        dt.date.fromisoformat(f"{month}-01"), FilingRule(**rule), WorkingCalendar(overrides or {})
    )


@pytest.mark.parametrize(
    ("month", "rule", "due_on"),
    [
        ("2026-11", {}, "2026-11-25"),  # a Wednesday stays whatever the rule
        ("2026-11", {"roll": "forward"}, "2026-11-25"),
        ("2026-11", {"roll": "none"}, "2026-11-25"),
        ("2026-10", {"roll": "back"}, "2026-10-23"),  # the 25th is a Sunday
        ("2026-10", {"roll": "forward"}, "2026-10-26"),
        ("2026-10", {"roll": "none"}, "2026-10-25"),
        ("2026-09", {"roll": "back"}, "2026-09-24"),  # the 25th is Mid-autumn Festival
        ("2026-09", {"roll": "forward"}, "2026-09-28"),
        ("2026-02", {"due_day": 20, "roll": "back"}, "2026-02-14"),  # Spring Festival: an adjusted Saturday
        ("2026-02", {"due_day": 20, "roll": "forward"}, "2026-02-24"),
        ("2026-02", {"due_day": 28, "roll": "back"}, "2026-02-28"),  # an adjusted Saturday is worked
        ("2026-06", {"due_day": 28}, "2026-06-26"),
        # The month after
        ("2026-11", {"due_day": 5, "next_month": True, "roll": "forward"}, "2026-12-07"),
        ("2026-11", {"due_day": 5, "next_month": True, "roll": "back"}, "2026-12-04"),
        ("2026-09", {"due_day": 5, "next_month": True, "roll": "forward"}, "2026-10-08"),
        ("2026-09", {"due_day": 5, "next_month": True, "roll": "back"}, "2026-09-30"),
        ("2026-01", {"due_day": 31, "next_month": True, "roll": "none"}, "2026-02-28"),
        # A day that the month does not have
        ("2026-02", {"due_day": 31, "roll": "none"}, "2026-02-28"),
        ("2024-02", {"due_day": 30, "roll": "none"}, "2024-02-29"),
        ("2026-04", {"due_day": 31, "roll": "none"}, "2026-04-30"),
        ("2026-12", {"due_day": 31, "roll": "none"}, "2026-12-31"),
        ("2026-05", {"due_day": 31, "roll": "forward"}, "2026-06-01"),
        # Across the end of the year
        ("2025-12", {"due_day": 5, "next_month": True, "roll": "none"}, "2026-01-05"),
        ("2025-12", {"due_day": 1, "next_month": True, "roll": "back"}, "2025-12-31"),
        ("2025-12", {"due_day": 1, "next_month": True, "roll": "forward"}, "2026-01-04"),
        # Never before the month itself begins
        ("2026-10", {"due_day": 5, "roll": "back"}, "2026-10-08"),
        ("2026-05", {"due_day": 1, "roll": "back"}, "2026-05-06"),
        ("2025-08", {"due_day": 2, "roll": "back"}, "2025-08-01"),  # a Saturday, but its Friday is the first
    ],
)
def test_the_due_day(month: str, rule: dict[str, Any], due_on: str) -> None:
    assert dates(month, **rule).due_on == dt.date.fromisoformat(due_on)


@pytest.mark.parametrize(
    ("month", "rule", "closes_on"),
    [
        ("2026-11", {}, "2026-12-02"),  # five working days after the 25th
        ("2026-11", {"grace_workdays": 0}, "2026-11-25"),
        ("2026-11", {"grace_workdays": 1}, "2026-11-26"),
        ("2026-09", {}, "2026-10-09"),  # over Mid-autumn Festival and National Day
        ("2026-10", {"roll": "none", "grace_workdays": 0}, "2026-10-25"),
        ("2026-10", {"roll": "none", "grace_workdays": 1}, "2026-10-26"),
        ("2025-12", {}, "2026-01-04"),  # over New Year, on an adjusted Sunday
    ],
)
def test_late_filing_ends_after_the_grace(month: str, rule: dict[str, Any], closes_on: str) -> None:
    assert dates(month, **rule).closes_on == dt.date.fromisoformat(closes_on)


def test_reports_open_on_the_first_of_the_month_reported_on() -> None:
    november = dates("2026-11", due_time=dt.time(12, 30))
    assert november.month == november.opens_on == dt.date(2026, 11, 1)
    assert november.due_time == dt.time(12, 30)


def test_an_edited_calendar_moves_the_due_day() -> None:
    assert dates("2026-11", {dt.date(2026, 11, 25): False}).due_on == dt.date(2026, 11, 24)
    assert dates("2026-10", {dt.date(2026, 10, 25): True}).due_on == dt.date(2026, 10, 25)


@pytest.mark.parametrize(
    ("month", "rule", "provisional"),
    [
        ("2026-12", {}, False),
        ("2026-12", {"due_day": 5, "next_month": True}, True),
        ("2027-01", {}, True),
    ],
)
def test_a_due_day_in_an_unpublished_year_is_provisional(
    month: str, rule: dict[str, Any], provisional: bool
) -> None:
    assert dates(month, **rule).is_provisional is provisional


def test_a_due_day_that_somebody_entered_is_not_provisional() -> None:
    assert dates("2027-02", {dt.date(2027, 2, 8): False}).is_provisional
    assert not dates("2027-02", {dt.date(2027, 2, 25): True}).is_provisional


rules = st.builds(
    FilingRule,
    due_day=st.integers(1, 31),
    next_month=st.booleans(),
    roll=st.sampled_from(["forward", "back", "none"]),
    grace_workdays=st.integers(0, 15),
)
months = st.dates(dt.date(2023, 1, 1), dt.date(2028, 12, 31)).map(lambda day: day.replace(day=1))


@given(months, rules)
def test_a_period_opens_then_falls_due_then_closes(month: dt.date, rule: FilingRule) -> None:
    period = period_dates(month, rule, CALENDAR)
    assert period.opens_on <= period.due_on <= period.closes_on
    assert CALENDAR.workdays_between(period.due_on, period.closes_on) == rule.grace_workdays


@given(months, rules)
def test_a_rolled_due_day_is_worked(month: dt.date, rule: FilingRule) -> None:
    period = period_dates(month, rule, CALENDAR)
    assert rule.roll == "none" or CALENDAR.is_workday(period.due_on)


@given(months, rules)
def test_due_days_follow_each_other(month: dt.date, rule: FilingRule) -> None:
    following = (month + dt.timedelta(days=31)).replace(day=1)
    assert period_dates(month, rule, CALENDAR).due_on < period_dates(following, rule, CALENDAR).due_on
