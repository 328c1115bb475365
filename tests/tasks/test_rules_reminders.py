"""The ladders of reminders: on which day each stage falls, when it may go out, and when to give up."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.calendar import WorkingCalendar
from tasks.rules.reminders import (
    DEFAULT_LADDERS,
    RETRY_MINUTES,
    Audience,
    Kind,
    Stage,
    dated,
    is_sending_time,
    retry_after,
    sending_time,
    stages_to_plan,
)

LUOHU = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar()
DUE = dt.date(2026, 11, 25)  # a Wednesday


REPORT_LADDER, MILESTONE_LADDER, LEAD_LADDER = (
    DEFAULT_LADDERS[kind] for kind in (Kind.REPORT, Kind.MILESTONE, Kind.LEAD)
)


def moment(day: str, time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day} {time}").replace(tzinfo=LUOHU)


def planned(ladder: tuple[Stage, ...], due_on: dt.date, today: str) -> dict[str, str]:
    stages = stages_to_plan(dated(ladder, due_on, CALENDAR), dt.date.fromisoformat(today))
    return {stage.code: f"{day:%m-%d}" for stage, day in stages}


def test_reports_climb_the_ladder_of_the_design() -> None:
    audiences = {stage.code: stage.audience for stage in REPORT_LADDER}
    reporters = {Audience.REPORTERS}
    assert audiences == {
        "D-5": reporters,
        "D-3": reporters,
        "D-1": reporters,
        "D0": reporters,
        "D+1": reporters | {Audience.HEADS},
        "D+3": set(Audience) - {Audience.ASKED},
    }


@pytest.mark.parametrize("ladder", DEFAULT_LADDERS.values())
def test_a_ladder_goes_up_and_leaves_nobody_behind(ladder: tuple[Stage, ...]) -> None:
    offsets = [stage.offset for stage in ladder]
    assert offsets == sorted(set(offsets))
    for lower, upper in pairwise(ladder):
        assert lower.audience <= upper.audience
    assert all(stage.channels for stage in ladder)


@pytest.mark.parametrize(
    ("today", "stages"),
    [
        ("2026-11-01", {"D-5": "11-18"}),  # nothing reached, the first to come
        ("2026-11-17", {"D-5": "11-18"}),
        ("2026-11-18", {"D-5": "11-18", "D-3": "11-20"}),
        ("2026-11-20", {"D-3": "11-20", "D-1": "11-24"}),
        ("2026-11-23", {"D-3": "11-20", "D-1": "11-24"}),  # after an outage only the latest is made up for
        ("2026-11-24", {"D-1": "11-24", "D0": "11-25"}),
        ("2026-11-25", {"D0": "11-25", "D+1": "11-26"}),
        ("2026-11-26", {"D+1": "11-26", "D+3": "11-30"}),
        ("2026-11-30", {"D+3": "11-30"}),
        ("2026-12-24", {"D+3": "11-30"}),
    ],
)
def test_the_latest_stage_reached_and_the_next_to_come(today: str, stages: dict[str, str]) -> None:
    assert planned(REPORT_LADDER, DUE, today) == stages


def test_stages_are_counted_in_working_days() -> None:
    after_the_holiday = dt.date(2026, 10, 9)
    assert planned(REPORT_LADDER, after_the_holiday, "2026-09-24") == {"D-5": "09-24", "D-3": "09-29"}
    assert planned(REPORT_LADDER, after_the_holiday, "2026-10-08") == {"D-1": "10-08", "D0": "10-09"}
    assert planned(REPORT_LADDER, after_the_holiday, "2026-10-09") == {"D0": "10-09", "D+1": "10-10"}


def test_a_due_day_off_has_its_own_stage_and_the_others_on_working_days() -> None:
    sunday = dt.date(2026, 10, 25)
    assert planned(REPORT_LADDER, sunday, "2026-10-23") == {"D-1": "10-23", "D0": "10-25"}
    assert planned(REPORT_LADDER, sunday, "2026-10-25") == {"D0": "10-25", "D+1": "10-26"}


# When it may go out


@pytest.mark.parametrize(
    ("day", "now", "goes_out"),
    [
        ("2026-11-24", ("2026-11-23", "09:00"), ("2026-11-24", "08:30")),  # in that day's morning
        ("2026-11-23", ("2026-11-23", "08:00"), ("2026-11-23", "08:30")),
        ("2026-11-23", ("2026-11-23", "09:00"), ("2026-11-23", "09:00")),  # at once, the morning has passed
        ("2026-11-20", ("2026-11-23", "09:00"), ("2026-11-23", "09:00")),  # a missed day is caught up
        ("2026-11-23", ("2026-11-23", "20:59:59"), ("2026-11-23", "20:59:59")),
        ("2026-11-23", ("2026-11-23", "21:00"), ("2026-11-24", "08:30")),  # not at night
        ("2026-11-23", ("2026-11-23", "23:59"), ("2026-11-24", "08:30")),
        ("2026-11-23", ("2026-11-24", "00:01"), ("2026-11-24", "08:30")),
        ("2026-11-23", ("2026-11-24", "07:59:59"), ("2026-11-24", "08:30")),
        ("2026-11-23", ("2026-11-24", "08:00"), ("2026-11-24", "08:00")),
        ("2026-11-27", ("2026-11-27", "22:00"), ("2026-11-30", "08:30")),  # Friday night waits for Monday
        ("2026-11-28", ("2026-11-23", "09:00"), ("2026-11-30", "08:30")),  # not on Saturday
        ("2026-11-28", ("2026-11-28", "12:00"), ("2026-11-30", "08:30")),
        ("2026-10-01", ("2026-09-30", "12:00"), ("2026-10-08", "08:30")),  # not on National Day
        ("2026-10-10", ("2026-10-09", "12:00"), ("2026-10-10", "08:30")),  # an adjusted Saturday is worked
    ],
)
def test_nothing_goes_out_at_night_or_on_days_off(
    day: str, now: tuple[str, str], goes_out: tuple[str, str]
) -> None:
    assert sending_time(dt.date.fromisoformat(day), moment(*now), CALENDAR) == moment(*goes_out)


moments = st.builds(
    dt.datetime.combine,
    st.dates(dt.date(2026, 1, 1), dt.date(2027, 3, 1)),
    st.times(),
    tzinfo=st.just(LUOHU),
)


@given(st.dates(dt.date(2026, 1, 1), dt.date(2027, 3, 1)), moments)
def test_it_never_goes_out_before_its_day_nor_at_a_bad_time(day: dt.date, now: dt.datetime) -> None:
    goes_out = sending_time(day, now, CALENDAR)
    assert goes_out >= now
    assert goes_out.date() >= day
    assert is_sending_time(goes_out, CALENDAR)
    assert sending_time(day, goes_out, CALENDAR) == goes_out


# Passing faults


def test_attempts_grow_further_apart_and_end() -> None:
    waits = [retry_after(attempts) for attempts in range(1, len(RETRY_MINUTES) + 1)]
    assert waits == [dt.timedelta(minutes=minutes) for minutes in RETRY_MINUTES]
    assert list(RETRY_MINUTES) == sorted(RETRY_MINUTES)
    assert retry_after(len(RETRY_MINUTES) + 1) is None
