"""The cache may be away: nobody depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commands.models import User
from luohu.cache import ForgivingRedisCache
from tests import factories
from tests.stack import free_port


@pytest.fixture
def away(settings: Any) -> Iterator[ForgivingRedisCache]:
    """A cache at a port where nobody listens, in place of the usual one."""
    location = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {"BACKEND": "luohu.cache.ForgivingRedisCache", "LOCATION": location}}
    ForgivingRedisCache.away_until = 0.0
    yield ForgivingRedisCache(location, {})
    ForgivingRedisCache.away_until = 0.0


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
