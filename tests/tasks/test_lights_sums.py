"""What recorded lights come to: kept for each campaign and period, whatever changes it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import User
from tasks.boards.areas import Area
from tasks.boards.campaigns import campaign_rows
from tasks.models import Campaign, Light, LightSum, Period, Report, Task, TaskBook
from tasks.models.lights import summed
from tasks.services.book_tasks import cancel_task, edit_task
from tasks.services.lights import record_lights, sum_lights
from tasks.services.periods import close_period, reopen_period
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report
from tests import factories
from tests.tasks.stories import typed
from tests.together import before_commit

OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture
def october(task: Task) -> Period:
    """Return a closed month in which the campaign's two tasks stood at 80 and 40 percent."""
    period = factories.period(month=OCTOBER, closed=True)
    other = factories.task(campaign=task.campaign, weight=3)
    for each, actual in ((task, 80), (other, 40)):
        factories.light(
            task=each, period=period, actual_percent=Decimal(actual), scheduled_percent=Decimal(75)
        )
    return period


def known() -> list[tuple[Any, ...]]:
    return sorted((row[0], row[1], *map(float, row[2:])) for row in LightSum.objects.all().as_summed())


def from_lights() -> list[tuple[Any, ...]]:
    lights = Light.objects.exclude(task__lifecycle="cancelled")
    return sorted((row[0], row[1], *(float(value or 0) for value in row[2:])) for row in summed(lights))


def the_sum() -> tuple[int, Decimal, Decimal]:
    row = LightSum.objects.get()
    return row.weight, row.actual_sum, row.scheduled_sum


def test_progress_is_weighted_and_a_task_without_a_plan_left_out(task: Task, october: Period) -> None:
    factories.light(task=factories.task(campaign=task.campaign), period=october, scheduled_percent=None)
    assert the_sum() == (4, Decimal(200), Decimal(300))


def test_a_closing_month_leaves_its_sum(task: Task, report: Report, period: Period) -> None:
    close_period(period=period, now=timezone.now(), by=None)
    assert known() == from_lights()
    assert len(known()) == 1


def test_a_report_accepted_after_its_month_moves_the_sum(
    task: Task, report: Report, period: Period, reporter: User, office: User
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    close_period(period=period, now=timezone.now(), by=None)
    assert the_sum()[1] == 0
    accept_report(report=report, by=office)
    assert the_sum()[1] > 0
    assert known() == from_lights()


def test_a_month_closed_twice_counts_once(
    task: Task, report: Report, period: Period, administrator: User
) -> None:
    close_period(period=period, now=timezone.now(), by=None)
    before = known()
    closes_on = timezone.localdate() + dt.timedelta(days=3)
    reopen_period(period=period, reason="补报", closes_on=closes_on, by=administrator)
    close_period(period=period, now=timezone.now(), by=None)
    assert known() == before == from_lights()


def test_another_weight_weighs_in_every_month(task: Task, october: Period, administrator: User) -> None:
    values = {"weight": 5}
    edit_task(task=task, supporting=[], reason="任务调整", by=administrator, **values)
    assert the_sum() == (8, Decimal(520), Decimal(600))


def test_a_cancelled_task_counts_in_no_month(task: Task, october: Period, administrator: User) -> None:
    cancel_task(task=task, reason="不再需要", by=administrator)
    assert the_sum() == (3, Decimal(120), Decimal(225))


def test_rebuilding_finds_a_sum_that_is_wrong(task: Task, october: Period) -> None:
    call_command("rebuild_standings", stdout=StringIO())
    LightSum.objects.update(actual_sum=1)
    with pytest.raises(CommandError, match="1 standings differed"):
        call_command("rebuild_standings", check=True)
    assert the_sum()[1] == 1
    call_command("rebuild_standings", stdout=StringIO())
    assert the_sum() == (4, Decimal(200), Decimal(300))
    call_command("rebuild_standings", check=True, stdout=StringIO())


def trends_for(user: User, book: TaskBook) -> list[Any]:
    return [row.trend for row in campaign_rows(Area(user, book, timezone.localdate()))]


def test_who_sees_all_and_who_sees_the_same_by_task_are_told_the_same(
    task: Task, october: Period, leader: User, office: User, book: TaskBook
) -> None:
    assert trends_for(leader, book) == trends_for(office, book)
    assert trends_for(leader, book)[0].last.actual == Decimal("50.0")


def test_who_sees_one_task_is_told_of_that_task_alone(
    task: Task, october: Period, reporter: User, book: TaskBook
) -> None:
    assert trends_for(reporter, book)[0].last.actual == Decimal("80.0")


def test_trends_are_read_from_as_many_rows_for_two_tasks_as_for_twenty(
    campaign: Campaign, task: Task, october: Period, leader: User, book: TaskBook
) -> None:
    unit = task.lead_unit
    assert unit is not None
    factories.many_lights(factories.many_tasks(18, campaign=campaign, unit=unit), period=october)
    area = Area(leader, book, timezone.localdate())
    assert len(area.light_sums([campaign], [october])) == 1


def test_summing_up_asks_as_much_for_ten_tasks_as_for_twenty(
    campaign: Campaign, task: Task, october: Period
) -> None:
    unit, counts = task.lead_unit, []
    assert unit is not None
    for _round in range(2):
        tasks = factories.many_tasks(10, campaign=campaign, unit=unit)
        factories.many_lights(tasks, period=october)
        LightSum.objects.update(weight=10_000)
        with CaptureQueriesContext(connection) as queries:
            sum_lights(campaigns=[campaign.pk])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert known() == from_lights()


def test_recording_a_month_anew_sums_it_up_anew(task: Task, october: Period) -> None:
    record_lights(period=october, now=timezone.now())
    assert known() == from_lights()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_lights_of_one_campaign_recorded_at_the_same_moment_are_both_summed_up(
    task: Task, october: Period
) -> None:
    other = Task.objects.get(weight=3)

    def record(which: Task, actual: int) -> None:
        Light.objects.filter(task=which).update(actual_percent=actual)
        sum_lights(campaigns=[which.campaign_id], periods=[october.pk])

    before_commit(lambda: record(task, 100), lambda: record(other, 60))
    assert the_sum() == (4, Decimal(280), Decimal(300))
