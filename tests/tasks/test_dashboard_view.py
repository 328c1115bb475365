"""Who sees what on the dashboard, and how many questions it asks of the database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import translation

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Period, Task, TaskBook
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import fill, queries, text


def test_a_reporter_sees_the_unit_s_own_area_and_is_told_so(
    reporter: User, task: Task, ten_campaigns: list[Campaign]
) -> None:
    factories.task(campaign=ten_campaigns[4], light="red", title="别人的任务")
    page = signed_in(reporter).get("/dashboard/")
    assert [row.campaign for row in page.context["board"].campaigns] == [ten_campaigns[0]]
    assert page.context["board"].tally.total == 1
    assert "别人的任务" not in text(page)
    assert "Figures cover the tasks that you can see" in text(page)


def test_an_office_of_a_headquarters_sees_what_it_commands(
    hq_office: User, task: Task, ten_campaigns: list[Campaign]
) -> None:
    factories.task(campaign=ten_campaigns[4])
    board = signed_in(hq_office).get("/dashboard/").context["board"]
    assert [row.campaign for row in board.campaigns] == [ten_campaigns[0]]
    assert board.tally.total == 1


@pytest.mark.parametrize("who", ["leader", "administrator", "office"])
def test_leaders_administrators_and_the_district_office_see_all_ten(
    who: str, request: pytest.FixtureRequest, ten_campaigns: list[Campaign]
) -> None:
    page = signed_in(request.getfixturevalue(who)).get("/dashboard/")
    assert len(page.context["board"].campaigns) == 10
    assert "Figures cover the tasks that you can see" not in text(page)


def test_somebody_without_a_post_sees_the_structure_and_no_task(
    stranger: User, task: Task, headquarters: Headquarters
) -> None:
    page = signed_in(stranger).get("/dashboard/")
    assert page.status_code == 200
    assert page.context["board"].tally.total == 0
    assert headquarters.name_en in text(page)
    assert task.title not in text(page)


def test_nobody_sees_it_without_signing_in(db: None) -> None:
    assert Client().get("/dashboard/").status_code == 302


def test_the_day_of_the_year_and_the_share_gone(leader: User, campaign: Campaign) -> None:
    words = text(signed_in(leader).get("/dashboard/"))
    assert "2026: the ten tough-task campaigns" in words
    assert "Day 327 of the campaign year · 90% of the year gone · Data as of 2026-11-23 09:00" in words


def test_a_year_that_is_over_is_wholly_gone(leader: User) -> None:
    factories.book(year=2023)
    assert "Day 365 of the campaign year · 100% of the year gone" in text(
        signed_in(leader).get("/dashboard/")
    )


def test_before_the_first_task_book_it_says_so(leader: User) -> None:
    assert TaskBook.objects.count() == 0
    page = signed_in(leader).get("/dashboard/")
    assert page.status_code == 200
    assert "There is no task book yet" in text(page)


@pytest.mark.parametrize("query", ["goal=abc", "headquarters=999999", "goal=-1&headquarters=%F0%9F%98%80"])
def test_a_goal_or_headquarters_that_does_not_exist_is_told_and_left_out_of_account(
    query: str, leader: User, ten_campaigns: list[Campaign]
) -> None:
    page = signed_in(leader).get(f"/dashboard/?{query}")
    assert page.status_code == 200
    assert page.context["form"].errors
    assert "Select a valid choice" in text(page)
    assert len(page.context["board"].campaigns) == 10


def test_the_older_of_two_open_months_is_told_of(leader: User, task: Task, period: Period) -> None:
    october = factories.period(month=dt.date(2026, 10, 1))
    factories.report(task=task, period=october)
    factories.report(task=task, period=period)
    assert signed_in(leader).get("/dashboard/").context["board"].filing.period == october


def test_once_every_month_is_closed_the_last_one_is_told_of(leader: User, task: Task) -> None:
    for month in (9, 10):
        factories.period(month=dt.date(2026, month, 1), closed=True)
    assert signed_in(leader).get("/dashboard/").context["board"].filing.period.month == dt.date(2026, 10, 1)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_reads_in_both_languages(language: str, leader: User, task: Task) -> None:
    client = signed_in(leader)
    client.cookies["django_language"] = language
    words = text(client.get("/dashboard/"))
    english = "Characteristic Commercial Blocks Construction Command"
    assert (english in words) == (language == "en")
    with translation.override(language):
        assert translation.gettext("Needs your attention") in words


@pytest.mark.parametrize("role", [RoleCode.LEADER, RoleCode.REPORTER])
def test_it_asks_as_many_questions_at_a_thousand_tasks_as_at_a_hundred(
    role: str, ten_campaigns: list[Campaign], east: Unit
) -> None:
    user = factories.user_with(role, unit=east if role == RoleCode.REPORTER else None)
    periods = [factories.period(month=dt.date(2026, m, 1), closed=m < 11) for m in (9, 10, 11)]
    client = signed_in(user)
    fill(10, ten_campaigns, east, periods)
    at_hundred = queries(client, "/dashboard/")
    fill(90, ten_campaigns, east, periods)
    assert Task.objects.count() == 1000
    assert queries(client, "/dashboard/") == at_hundred <= 25
