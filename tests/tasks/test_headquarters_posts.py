"""Who commands a headquarters: posts with a function, shown with their ranges, and what they do not give."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from commands.models import Event, Headquarters, Post, User
from commands.roles import RoleCode
from commands.services.posts import give_post
from commands.services.refusals import Refused
from tasks.models import TaskBook
from tests import factories
from tests.conftest import signed_in

JULY = dt.date(2026, 7, 1)


@pytest.fixture
def client(administrator: User) -> Client:
    administrator.language = "en"
    administrator.save()
    return signed_in(administrator)


def page(client: Client, headquarters: Headquarters, day: str = "") -> str:
    answer: Any = client.get(f"/headquarters/{headquarters.pk}/{day}")
    return str(answer.content.decode())


def test_a_leader_is_made_commander_on_the_users_page_and_shown_at_the_headquarters(
    client: Client, book: TaskBook, headquarters: Headquarters, leader: User
) -> None:
    data = {
        "action": "give_post",
        "role": "leader",
        "headquarters": headquarters.pk,
        "function": "commander",
        "starts_on": "2026-11-23",
    }
    client.post(f"/users/{leader.pk}/", data)
    assert leader.posts.filter(function="commander", headquarters=headquarters).exists()
    assert "Commander" in page(client, headquarters)
    assert Event.objects.get(action="post.give").after["function"] == "commander"


def test_as_of_a_day_the_commander_of_that_day_is_shown_and_the_former_one_stays_readable(
    client: Client, book: TaskBook, headquarters: Headquarters
) -> None:
    for name, starts_on, ends_on in (("前任", dt.date(2026, 1, 5), JULY), ("现任", JULY, None)):
        person = factories.user(display_name=f"演示{name}指挥长")
        values = {"role": RoleCode.LEADER, "headquarters": headquarters, "function": "commander"}
        factories.post(user=person, unit=None, starts_on=starts_on, ends_on=ends_on, **values)
    now, _fold, before = page(client, headquarters).partition("Posts until then")
    assert "演示现任指挥长" in now
    assert "演示前任指挥长" in before
    then = page(client, headquarters, "?as_of=2026-06-30")
    assert "演示前任指挥长" in then
    assert "演示现任指挥长" not in then


@pytest.mark.parametrize(
    ("role", "function", "at_headquarters"),
    [("office", "commander", True), ("leader", "liaison", True), ("leader", "commander", False)],
)
def test_a_function_that_does_not_go_with_the_post_is_refused(
    stranger: User,
    administrator: User,
    headquarters: Headquarters,
    role: str,
    function: str,
    at_headquarters: bool,
) -> None:
    with pytest.raises(Refused) as refused:
        give_post(
            user=stranger,
            role=role,
            headquarters=headquarters if at_headquarters else None,
            function=function,
            starts_on=timezone.localdate(),
            by=administrator,
        )
    assert (refused.value.code, refused.value.field) == ("function", "function")
    assert not Post.objects.filter(user=stranger).exists()


def test_a_commander_reviews_nothing(headquarters: Headquarters, leader: User) -> None:
    values = {"role": RoleCode.LEADER, "headquarters": headquarters, "function": "commander"}
    factories.post(user=leader, unit=None, **values)
    duties = User.objects.get(pk=leader.pk).duties
    assert not duties.reviews(headquarters.pk)
    assert not duties.headquarters_ids
