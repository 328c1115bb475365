"""Scheduled progress: straight lines between the points of a plan, and the day on which it is measured."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.plans import measured_month, scheduled_percent
from tests.factories import even_plan

START, DUE = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
JANUARY, FEBRUARY, MARCH = dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31)
PLAN = {JANUARY: Decimal(10), FEBRUARY: Decimal(30), MARCH: Decimal(100)}
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (dt.date(2025, 12, 1), "0.0"),
        (START - DAY, "0.0"),
        (START, "0.3"),  # a thirty-first of ten
        (dt.date(2026, 1, 15), "4.8"),
        (JANUARY - DAY, "9.7"),
        (JANUARY, "10.0"),
        (JANUARY + DAY, "10.7"),  # a twenty-eighth of twenty more
        (dt.date(2026, 2, 14), "20.0"),
        (FEBRUARY, "30.0"),
        (MARCH - DAY, "97.7"),
        (MARCH, "100.0"),
        (MARCH + DAY, "100.0"),
        (dt.date(2030, 1, 1), "100.0"),
    ],
)
def test_the_plan_runs_straight_between_its_points(day: dt.date, percent: str) -> None:
    assert scheduled_percent(PLAN, START, day) == Decimal(percent)


def test_no_plan_schedules_nothing() -> None:
    assert scheduled_percent({}, START, MARCH) is None


def test_one_point_is_a_straight_line_to_it() -> None:
    plan = {dt.date(2026, 1, 10): Decimal(100)}
    assert [scheduled_percent(plan, START, dt.date(2026, 1, day)) for day in (1, 5, 10, 11)] == [
        Decimal(10),
        Decimal(50),
        Decimal(100),
        Decimal(100),
    ]


def test_a_point_on_the_first_day_is_reached_at_its_end() -> None:
    plan = {START: Decimal(50), START + DAY: Decimal(100)}
    assert [scheduled_percent(plan, START, START + n * DAY) for n in (-1, 0, 1)] == [0, 50, 100]


def test_points_before_the_start_count_from_the_start() -> None:
    plan = {START - 10 * DAY: Decimal(20), START + 9 * DAY: Decimal(40)}
    assert scheduled_percent(plan, START, START - DAY) == 0
    assert scheduled_percent(plan, START, START + 9 * DAY) == 40


def test_a_plan_that_ends_short_of_everything_stays_there() -> None:
    assert scheduled_percent({JANUARY: Decimal("33.3")}, START, MARCH) == Decimal("33.3")


def test_the_order_of_the_points_does_not_matter() -> None:
    backwards = dict(reversed(PLAN.items()))
    assert scheduled_percent(backwards, START, FEBRUARY) == scheduled_percent(PLAN, START, FEBRUARY)


def test_a_plan_may_stand_still_and_fall() -> None:
    plan = {JANUARY: Decimal(40), FEBRUARY: Decimal(40), MARCH: Decimal(20)}
    assert scheduled_percent(plan, START, dt.date(2026, 2, 10)) == 40
    assert scheduled_percent(plan, START, MARCH) == 20


def test_a_half_tenth_is_rounded_up() -> None:
    plan = {START + DAY: Decimal("0.1")}
    assert scheduled_percent(plan, START, START) == Decimal("0.1")


def test_the_even_year_stands_where_people_expect_it() -> None:
    plan = even_plan(START, DUE)
    assert scheduled_percent(plan, START, dt.date(2026, 6, 30)) == 50
    assert scheduled_percent(plan, START, dt.date(2026, 10, 31)) == Decimal("83.3")
    assert scheduled_percent(plan, START, DUE) == 100


days = st.dates(dt.date(2025, 6, 1), dt.date(2027, 6, 1))
percents = st.decimals(0, 100, places=1)


@st.composite
def rising_plans(draw: st.DrawFn) -> dict[dt.date, Decimal]:
    """Draw a plan that never falls."""
    points = sorted(draw(st.sets(days, min_size=1, max_size=14)))
    steps = sorted(draw(st.lists(percents, min_size=len(points), max_size=len(points))))
    return dict(zip(points, steps, strict=True))


@given(rising_plans(), days, days, days)
def test_a_rising_plan_gives_a_rising_schedule(
    plan: dict[dt.date, Decimal], starts_on: dt.date, one: dt.date, other: dt.date
) -> None:
    earlier, later = sorted((one, other))
    before, after = (scheduled_percent(plan, starts_on, day) for day in (earlier, later))
    assert before is not None
    assert after is not None
    assert 0 <= before <= after <= 100


@given(rising_plans(), days)
def test_a_point_is_met_on_its_day(plan: dict[dt.date, Decimal], starts_on: dt.date) -> None:
    for day, percent in plan.items():
        if day >= starts_on:
            assert scheduled_percent(plan, starts_on, day) == percent


@given(rising_plans(), days, days)
def test_figures_have_one_decimal(plan: dict[dt.date, Decimal], starts_on: dt.date, day: dt.date) -> None:
    percent = scheduled_percent(plan, starts_on, day)
    assert percent is not None
    assert percent.as_tuple().exponent == -1


# The month that is measured

AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (dt.date(2026, month, 1) for month in (8, 9, 10, 11))
DUE_SO_FAR = (SEPTEMBER, OCTOBER, NOVEMBER)


@pytest.mark.parametrize(
    ("due", "excused", "accepted", "month"),
    [
        pytest.param((), (), None, None, id="nothing has fallen due"),
        pytest.param((OCTOBER,), (), None, OCTOBER, id="due, and nothing accepted"),
        pytest.param((OCTOBER,), (), OCTOBER, OCTOBER, id="due and accepted"),
        pytest.param(DUE_SO_FAR, (), OCTOBER, NOVEMBER, id="the last report is missing: it counts"),
        pytest.param((OCTOBER,), (), NOVEMBER, NOVEMBER, id="filed and accepted early: not held back"),
        pytest.param((), (), NOVEMBER, NOVEMBER, id="accepted before anything fell due"),
        pytest.param(DUE_SO_FAR, {NOVEMBER}, OCTOBER, OCTOBER, id="filed in time and undecided"),
        pytest.param(DUE_SO_FAR, {OCTOBER, NOVEMBER}, SEPTEMBER, SEPTEMBER, id="two months undecided"),
        pytest.param(
            DUE_SO_FAR, {NOVEMBER}, SEPTEMBER, OCTOBER, id="filing does not mend a month missed before"
        ),
        pytest.param(
            DUE_SO_FAR, {OCTOBER}, SEPTEMBER, NOVEMBER, id="only the last months in a row are passed over"
        ),
        pytest.param(
            DUE_SO_FAR, {OCTOBER}, NOVEMBER, NOVEMBER, id="accepted before an older one was decided"
        ),
        pytest.param((NOVEMBER,), {NOVEMBER}, None, None, id="the first report of all, undecided"),
        pytest.param(
            (NOVEMBER,), {NOVEMBER}, AUGUST, AUGUST, id="the first of a new task that had reported before"
        ),
    ],
)
def test_progress_is_measured_when_it_was_last_to_be_known(
    due: tuple[dt.date, ...], excused: set[dt.date], accepted: dt.date | None, month: dt.date | None
) -> None:
    assert measured_month(due, excused, accepted) == month


months = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 1)).map(lambda day: day.replace(day=1))


@given(st.sets(months), st.sets(months), st.none() | months)
def test_no_month_is_measured_that_neither_counts_nor_was_accepted(
    due: set[dt.date], excused: set[dt.date], accepted: dt.date | None
) -> None:
    month = measured_month(due, excused, accepted)
    assert month in {None, accepted, *(due - excused)}
    if accepted:
        assert month is not None
        assert month >= accepted
