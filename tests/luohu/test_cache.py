"""The cache may be away: nobody depends on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import connection
from django.test import Client
from django.urls import reverse

from commands.models import User
from luohu.cache import ForgivingRedisCache
from tests import factories
from tests.luohu.conftest import is_signed_in, sign_in
from tests.stack import free_port
from tests.together import at_once

LOCKED = "sign-in is locked for 15 minutes"


@pytest.fixture
def away(settings: Any) -> Iterator[ForgivingRedisCache]:
    """A cache at a port where nobody listens, in place of the usual one."""
    location = f"redis://127.0.0.1:{free_port()}/0"
    redis = {"BACKEND": "luohu.cache.ForgivingRedisCache", "LOCATION": location}
    settings.CACHES = {"default": redis, "counts": settings.CACHES["counts"]}
    ForgivingRedisCache.away_until = 0.0
    yield ForgivingRedisCache(location, {})
    ForgivingRedisCache.away_until = 0.0


@pytest.fixture
def counts(db: None, away: ForgivingRedisCache) -> Iterator[BaseCache]:
    """Where attempts are counted meanwhile."""
    yield caches["counts"]
    caches["counts"].clear()


def test_what_cannot_be_asked_is_not_there(away: ForgivingRedisCache) -> None:
    away.set("a", 1)
    assert away.get("a", "nothing") == "nothing"
    assert away.add("lock", True)
    assert "a" not in away
    assert away.get_many(["a", "b"]) == {}
    assert away.set_many({"a": 1}) == ["a"]
    assert not away.delete("a")
    assert not away.touch("a")
    away.delete_many(["a"])
    assert away.incr("a") == 1


def test_it_is_asked_once_and_then_left_alone(
    away: ForgivingRedisCache, caplog: pytest.LogCaptureFixture
) -> None:
    for _n in range(5):
        away.get("a")
    assert caplog.text.count("The cache is away") == 1


def test_people_sign_in_and_read_without_it(away: ForgivingRedisCache, reporter: User) -> None:
    client = Client()
    form = {"login": "reporter", "password": factories.PASSWORD}
    assert client.post(reverse("account_login"), form).status_code == 302
    assert client.get(reverse("tasks:report_list")).status_code == 200
    assert ForgivingRedisCache.away_until > 0  # it was asked, and did not answer


# Failed sign-ins are counted in the database meanwhile


def test_after_five_failures_a_name_is_locked_without_it_too(
    counts: BaseCache, browser: Client, reporter: User, head: User, clock: time_machine.Traveller
) -> None:
    assert not any(LOCKED in sign_in(in_english(), "reporter", "wrong") for _n in range(5))
    assert LOCKED in sign_in(browser, "reporter")
    assert not is_signed_in(browser)
    sign_in(browser, "head")  # nobody else is locked out
    assert is_signed_in(browser)
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    other = Client()
    sign_in(other, "reporter")
    assert is_signed_in(other)


def test_one_address_may_not_try_many_names(counts: BaseCache, browser: Client) -> None:
    for n in range(60):
        sign_in(browser, f"name{n}", "wrong")
    assert LOCKED in sign_in(browser, "another", "wrong")


def test_a_new_password_unlocks_without_it_too(counts: BaseCache, browser: Client, reporter: User) -> None:
    other = Client()
    other.force_login(reporter)
    for _n in range(5):
        sign_in(browser, "reporter", "wrong")
    new = "a-long-new-password-1"
    form = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    assert other.post(reverse("account_change_password"), form).status_code == 302
    sign_in(browser, "reporter", new)
    assert is_signed_in(browser)


def test_nothing_but_attempts_is_kept_in_the_database(
    counts: BaseCache, browser: Client, reporter: User
) -> None:
    sign_in(browser, "reporter")
    browser.get(reverse("tasks:report_list"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM counted_attempts")
        keys = [key for (key,) in cursor.fetchall()]
    assert keys
    assert all(key.startswith(":1:allauth:rl:") for key in keys)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_many_who_try_at_once_try_no_more_than_five(counts: BaseCache, reporter: User) -> None:
    tried: list[bool] = []
    acts = [
        lambda: tried.append(LOCKED not in sign_in(in_english(), "reporter", "wrong")) for _n in range(12)
    ]
    assert at_once(*acts) == {"done": 12}
    assert sum(tried) <= 5


def in_english() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client
