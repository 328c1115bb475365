"""What is measured while the office has not decided: the unit did its duty, and the delay is not its own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from commands.models import User
from tasks.models import Period, Report, Task
from tasks.services.exemptions import exempt_report
from tasks.services.lights import record_lights
from tasks.services.periods import close_period
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report, return_report
from tasks.services.standings import Assessment, assess, refresh_standings
from tests import factories
from tests.tasks.stories import BEHIND, typed

AUGUST, SEPTEMBER, OCTOBER = (dt.date(2026, month, 1) for month in (8, 9, 10))
DUE_AT = factories.at(dt.date(2026, 11, 25), 18)
AFTER = DUE_AT + dt.timedelta(hours=1)


@pytest.fixture
def october(task: Task) -> Report:
    """October's report, accepted: exactly on its own plan, and 9.1 points behind November's."""
    month = factories.period(month=OCTOBER, closed=True)
    accepted_at = factories.at(dt.date(2026, 10, 20))
    return factories.report(
        task=task, period=month, state="accepted", actual_percent=Decimal("75.0"), accepted_at=accepted_at
    )


def known_at(moment: dt.datetime, task: Task) -> Assessment:
    (found,) = assess(Task.objects.filter(pk=task.pk), moment)
    return found


def light_at(moment: dt.datetime, task: Task) -> tuple[str, Decimal | None]:
    found = known_at(moment, task)
    return found.light.value, found.scheduled


def file(report: Report, by: User, **fields: Any) -> None:
    report.refresh_from_db()
    submit_report(report=report, content=typed(**fields), version=report.version, by=by)


def test_a_report_filed_in_time_keeps_last_month_s_measure_until_it_is_decided(
    task: Task,
    report: Report,
    october: Report,
    reporter: User,
    office: User,
    clock: time_machine.Traveller,
) -> None:
    assert light_at(DUE_AT, task) == ("yellow", Decimal("90.3"))  # nothing was filed: the month counts
    file(report, reporter)
    assert light_at(AFTER, task) == ("green", Decimal("81.2"))
    clock.move_to(factories.at(dt.date(2026, 11, 27)))
    accept_report(report=report, by=office)
    assert light_at(timezone.now(), task) == ("green", Decimal("90.3"))
    assert light_at(timezone.now() - dt.timedelta(seconds=1), task) == ("green", Decimal("81.2"))


def test_a_report_filed_late_is_measured_on_the_month_all_the_same(
    task: Task, report: Report, october: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(DUE_AT + dt.timedelta(seconds=1))
    file(report, reporter)
    assert light_at(timezone.now(), task) == ("yellow", Decimal("90.3"))


def test_a_report_filed_at_the_last_second_is_in_time(
    task: Task, report: Report, october: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(DUE_AT)
    file(report, reporter)
    assert light_at(AFTER, task) == ("green", Decimal("81.2"))


def test_a_returned_report_is_the_unit_s_again_until_it_files_again(
    task: Task,
    report: Report,
    october: Report,
    reporter: User,
    office: User,
    clock: time_machine.Traveller,
) -> None:
    file(report, reporter)
    clock.move_to(AFTER)
    return_report(report=report, words="请补充数据。", by=office)
    returned = timezone.now()
    assert light_at(returned, task) == ("yellow", Decimal("90.3"))
    clock.shift(dt.timedelta(hours=1))
    file(report, reporter, progress="补充数据。")
    assert light_at(timezone.now(), task) == ("green", Decimal("81.2"))
    assert light_at(returned, task) == ("yellow", Decimal("90.3"))


def test_filing_mends_no_month_that_was_missed_before(
    task: Task, report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    september = factories.period(month=SEPTEMBER, closed=True)
    factories.report(
        task=task,
        period=september,
        state="accepted",
        actual_percent=Decimal("70.0"),
        accepted_at=factories.at(dt.date(2026, 9, 20)),
    )
    factories.report(task=task, period=factories.period(month=OCTOBER, closed=True), state="missed")
    file(report, reporter)
    found = known_at(AFTER, task)
    assert (found.scheduled, found.light.value) == (Decimal("81.2"), "yellow")
    assert [reason.code for reason in found.reasons] == ["behind_plan", "report_missed"]


def test_before_anything_was_ever_accepted_the_task_is_not_rated(
    task: Task, report: Report, reporter: User
) -> None:
    file(report, reporter)
    assert light_at(AFTER, task) == ("grey", None)


def test_an_exempt_month_is_not_measured(task: Task, report: Report, october: Report) -> None:
    Report.objects.filter(pk=report.pk).update(state="exempt", exempt_reason="当月停工。")
    assert light_at(AFTER, task) == ("green", Decimal("81.2"))


def test_an_exemption_is_known_from_when_it_was_made(
    task: Task, report: Report, october: Report, office: User, clock: time_machine.Traveller
) -> None:
    """A moment before it was made is still measured as it was then."""
    late = AFTER + dt.timedelta(days=2)
    clock.move_to(late)
    exempt_report(report=report, reason="当月停工", by=office)
    assert light_at(late, task) == ("green", Decimal("81.2"))
    assert light_at(AFTER, task) == ("yellow", Decimal("90.3"))


def test_a_month_that_closes_undecided_is_recorded_by_the_old_measure_and_anew_once_it_is_decided(
    task: Task,
    report: Report,
    october: Report,
    reporter: User,
    office: User,
    clock: time_machine.Traveller,
) -> None:
    file(report, reporter, actual_percent=Decimal("76.0"), own_light="yellow", **BEHIND)
    clock.move_to(factories.at(dt.date(2026, 12, 3), 0, 5))
    close_period(period=report.period, now=timezone.now(), by=None)
    light = task.lights.get(period=report.period)
    assert (light.automatic, light.own, light.scheduled_percent) == ("green", "", Decimal("81.2"))
    clock.shift(dt.timedelta(hours=9))
    accept_report(report=report, by=office)
    light = task.lights.get(period=report.period)
    assert (light.automatic, light.own, light.scheduled_percent) == ("yellow", "yellow", Decimal("90.3"))
    task.refresh_from_db()
    assert task.light == "yellow"
    assert refresh_standings(tasks=Task.objects.all(), now=timezone.now()) == 0


# Yellow twice running, over the months in which the task was assessed


def yellow(task: Task, month: Period) -> None:
    factories.light(task=task, period=month, automatic="yellow")


@pytest.mark.parametrize(
    ("between", "light"),
    [
        pytest.param(None, "red", id="no light was recorded"),
        pytest.param("grey", "red", id="not rated"),
        pytest.param("exempt", "red", id="exempt"),
        pytest.param("green", "yellow", id="on track"),
        pytest.param("blue", "yellow", id="closed out, and opened again"),
    ],
)
def test_two_yellows_are_running_over_a_month_without_an_assessment(
    between: str | None, light: str, task: Task, report: Report
) -> None:
    september, october = (factories.period(month=month, closed=True) for month in (SEPTEMBER, OCTOBER))
    yellow(task, september)
    if between == "exempt":
        factories.report(task=task, period=october, state="exempt")
        factories.light(task=task, period=october, automatic="green")
    elif between:
        factories.light(task=task, period=october, automatic=between)
    factories.report(task=task, period=september, state="accepted", actual_percent=Decimal("70.0"))
    found = known_at(AFTER, task)
    assert found.scheduled == Decimal("90.3")
    assert found.light.value == light
    assert ("yellow_twice" in {reason.code for reason in found.reasons}) == (light == "red")


def test_an_exempt_month_does_not_make_one_yellow_two(task: Task, report: Report) -> None:
    months = [factories.period(month=month, closed=month < OCTOBER) for month in (AUGUST, SEPTEMBER, OCTOBER)]
    factories.light(task=task, period=months[0], automatic="green")
    factories.report(
        task=task,
        period=months[1],
        state="accepted",
        actual_percent=Decimal("55.0"),
        accepted_at=factories.at(dt.date(2026, 9, 20)),
    )
    record_lights(period=months[1], now=factories.at(dt.date(2026, 10, 10)))
    factories.report(task=task, period=months[2], state="exempt")
    record_lights(period=months[2], now=factories.at(dt.date(2026, 11, 10)))
    assert list(task.lights.values_list("final", flat=True)) == ["green", "yellow", "yellow"]
