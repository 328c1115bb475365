"""The wall chart: campaigns by months, and what is wrong."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from commands.models import Unit, User
from tasks.models import Campaign, Period, Task
from tasks.services import day, reports, reviews
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text

pytestmark = pytest.mark.django_db

WALL = "/dashboard/wall/"


def months(client: Client) -> dict[str, str]:
    """Return the first campaign's lights by month, as the page was given them."""
    row = client.get(WALL).context["board"].rows[0]
    return {f"{one.month:%m}": one.light for one in row.months}


def test_closed_months_hang_as_recorded_and_the_open_one_live(
    leader: User, campaign: Campaign, task: Task, period: Period
) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.light(task=task, period=october, automatic="red", actual_percent=40, scheduled_percent=80)
    Task.objects.filter(pk=task.pk).update(actual_percent=85, scheduled_percent=83, light="green")

    lights = months(signed_in(leader))

    assert lights["10"] == "red"
    assert lights["11"] == "green"
    assert lights["12"] == "grey"


def test_a_month_ahead_has_no_light_which_is_not_the_same_as_one_that_was_not_rated(
    leader: User, campaign: Campaign, task: Task, period: Period
) -> None:
    factories.period(month=dt.date(2026, 10, 1), closed=True)
    page = signed_in(leader).get(WALL)
    row = page.context["board"].rows[0]
    assert [one.month.month for one in row.months if one.is_ahead] == [12]
    assert [one.month.month for one in row.months if one.is_now] == [11]
    assert [one.light for one in row.months[:10]] == ["grey"] * 10
    words = text(page)
    assert words.count("To come") == 1


def test_before_the_first_month_opens_every_month_lies_ahead(leader: User, campaign: Campaign) -> None:
    board = signed_in(leader).get(WALL).context["board"]
    assert all(one.is_ahead for one in board.rows[0].months)
    assert board.now is None


def test_the_wall_of_a_past_day_says_so_above_everything(
    leader: User, task: Task, period: Period, clock: Traveller
) -> None:
    client = signed_in(leader)
    banner = "As of 2026-11-20: what was known at the end of that day."
    assert banner in text(client.get(f"{WALL}?as_of=2026-11-20"))
    assert banner not in text(client.get(WALL))


def test_who_answers_for_a_campaign_stands_beside_its_name(leader: User, campaign: Campaign) -> None:
    Campaign.objects.update(supervisor_title="区长", supervisor_title_en="District Mayor")
    words = text(signed_in(leader).get(WALL))
    assert f"{campaign.name_en} ⚑ Dongmen Sub-district District Mayor" in words


def test_nobody_sees_more_on_the_wall_than_in_the_ledger(
    other_reporter: User, leader: User, task: Task
) -> None:
    assert signed_in(leader).get(WALL).context["board"].tally.total == 1
    assert signed_in(other_reporter).get(WALL).context["board"].tally.total == 0


def test_an_unchanged_wall_is_not_drawn_again(
    leader: User, task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(leader)
    first = client.get(WALL)

    with django_assert_max_num_queries(4):  # session and person, and one small query of its own
        again = client.get(WALL, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert "private" in first.headers["Cache-Control"]


def test_a_wall_on_which_something_was_decided_is_drawn_again(
    leader: User, reporter: User, office: User, report: object, task: Task, clock: Traveller
) -> None:
    client = signed_in(leader)
    tag = client.get(WALL).headers["ETag"]
    row = task.reports.get()
    content = {**row.content(), "actual_percent": 90, "progress": "done", "own_light": "green"}
    reports.submit_report(report=row, content=content, version=row.version, by=reporter)
    reviews.accept_report(report=row, by=office)

    again = client.get(WALL, headers={"If-None-Match": tag})

    assert again.status_code == 200
    assert again.context["board"].tally.actual == 90


def test_one_persons_wall_is_not_anothers(leader: User, hq_office: User, task: Task) -> None:
    tags = {signed_in(user).get(WALL).headers["ETag"] for user in (leader, hq_office)}
    assert len(tags) == 2


def test_lights_that_move_with_the_day_reach_the_wall(leader: User, task: Task, clock: Traveller) -> None:
    client = signed_in(leader)
    tag = client.get(WALL).headers["ETag"]
    clock.shift(dt.timedelta(minutes=11))
    day.turn_the_day(now=timezone.now())
    assert client.get(WALL, headers={"If-None-Match": tag}).status_code == 200


def test_the_wall_asks_as_many_questions_for_a_thousand_tasks(
    leader: User,
    campaign: Campaign,
    east: Unit,
    period: Period,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(leader)
    factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
    client.get(WALL)  # the first page of a session also writes the session
    questions = _count(client)
    factories.many_tasks(1_000, campaign=campaign, unit=east, periods=[period])
    with django_assert_num_queries(questions):
        client.get(WALL)


def _count(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(WALL)
    return len(captured)
