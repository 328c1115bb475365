"""The life of a report: on time to the second, and which states belong together."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tasks.rules.reports import FILEABLE, FILED, MOVABLE, ReportState, is_on_time

LUOHU = ZoneInfo("Asia/Shanghai")
DUE = dt.datetime(2026, 11, 25, 18, 0, tzinfo=LUOHU)


@pytest.mark.parametrize(
    ("submitted_at", "on_time"),
    [
        (DUE - dt.timedelta(days=20), True),
        (DUE - dt.timedelta(seconds=1), True),
        (DUE, True),
        (DUE + dt.timedelta(microseconds=1), False),
        (DUE + dt.timedelta(seconds=1), False),
        (DUE + dt.timedelta(days=1), False),
        (dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 11, 25, 10, 0, 1, tzinfo=dt.UTC), False),
    ],
)
def test_a_filing_is_on_time_to_the_second(submitted_at: dt.datetime, on_time: bool) -> None:
    assert is_on_time(submitted_at, DUE) is on_time


def test_each_state_is_the_units_the_offices_or_at_its_end() -> None:
    ended = {ReportState.ACCEPTED, ReportState.MISSED, ReportState.EXEMPT}
    assert {*FILEABLE, ReportState.SUBMITTED} | ended == set(ReportState)
    assert not set(FILEABLE) & (ended | set(FILED))


def test_a_report_moves_with_its_task_until_it_has_ended() -> None:
    assert set(MOVABLE) == {*FILEABLE, ReportState.SUBMITTED}
