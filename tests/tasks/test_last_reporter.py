"""A unit whose last reporter leaves: the administrator hears of it at once, and the pages say so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from commands.models import Post, Unit, User
from commands.roles import RoleCode
from tasks.models import Notification, Report
from tasks.services.day import turn_the_day
from tests import factories
from tests.conftest import signed_in

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def client(administrator: User) -> Client:
    administrator.language = "en"
    administrator.save()
    return signed_in(administrator)


def end(client: Client, person: User, day: str = "2026-11-23") -> str:
    post = person.posts.get()
    data = {"action": "end_post", "post": post.pk, "ends_on": day}
    return text(client.post(f"/users/{person.pk}/", data, follow=True))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_ending_the_last_reporters_post_warns_at_once_and_marks_the_pages(
    client: Client, reporter: User, east: Unit, head: User, report: Report
) -> None:
    Post.objects.update(starts_on=dt.date(2026, 1, 1))
    assert "has no reporter any more" in end(client, reporter)
    assert "Dongmen Sub-district" in text(client.get("/users/")).split("nobody files for them:")[1]
    assert "This unit has no reporter any more" in text(client.get(f"/units/{east.pk}/"))
    assert "This unit has no reporter" not in text(client.get(f"/units/{east.pk}/?as_of=2026-11-22"))


def test_disabling_the_last_reporter_warns_too(client: Client, reporter: User) -> None:
    Post.objects.update(starts_on=dt.date(2026, 1, 1))
    answer = client.post(f"/users/{reporter.pk}/", {"action": "disable"}, follow=True)
    assert "has no reporter any more" in text(answer)


def test_an_end_ahead_warns_now_and_marks_on_its_day(client: Client, reporter: User, east: Unit) -> None:
    Post.objects.update(starts_on=dt.date(2026, 1, 1))
    assert "has no reporter any more" in end(client, reporter, "2026-12-01")
    assert "nobody files for them" not in text(client.get("/users/"))
    assert list(Post.objects.units_without_reporter(dt.date(2026, 12, 1))) == [east]


def test_while_another_reporter_stays_nothing_is_said(client: Client, reporter: User, east: Unit) -> None:
    Post.objects.update(starts_on=dt.date(2026, 1, 1))
    factories.user_with(RoleCode.REPORTER, unit=east)
    assert "has no reporter any more" not in end(client, reporter)


def test_a_unit_that_never_had_a_reporter_is_not_marked(client: Client, south: Unit) -> None:
    assert not Post.objects.units_without_reporter(TODAY).exists()


def test_administrators_find_it_in_the_inbox_once_until_it_is_filled(
    client: Client, reporter: User, east: Unit, administrator: User, report: Report
) -> None:
    Post.objects.update(starts_on=dt.date(2026, 1, 1))
    end(client, reporter)
    for _hour in range(2):
        turn_the_day(now=timezone.now())
    assert Notification.objects.filter(recipient=administrator, kind="vacancy_noticed").count() == 1
    successor = factories.user_with(RoleCode.REPORTER, unit=east)
    turn_the_day(now=timezone.now())
    Post.objects.filter(user=successor).update(ends_on=TODAY, starts_on=dt.date(2026, 11, 2))
    turn_the_day(now=timezone.now())
    assert Notification.objects.filter(recipient=administrator, kind="vacancy_noticed").count() == 2
