"""The idle time-out: a session ends an hour after its last request, and each request moves that hour."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from commands.models import User
from tests.luohu.conftest import is_signed_in, sign_in

IDLE = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)


def outlast(clock: time_machine.Traveller) -> None:
    """Let the idle time pass. Redis goes by a clock of its own, so it is told to forget what has run out."""
    clock.shift(IDLE + dt.timedelta(seconds=1))
    cache.clear()


def test_the_time_out_is_an_hour_unless_set_otherwise() -> None:
    assert dt.timedelta(hours=1) == IDLE


def test_a_session_ends_when_nobody_uses_it(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    sign_in(browser, "reporter")
    clock.shift(IDLE - dt.timedelta(seconds=1))
    assert is_signed_in(browser)
    outlast(clock)
    assert not is_signed_in(browser)


def test_a_session_in_use_goes_on_all_day(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    sign_in(browser, "reporter")
    for _step in range(10):
        clock.shift(IDLE - dt.timedelta(minutes=2))
        assert is_signed_in(browser)


def test_the_browser_is_told_to_forget_the_session_too(browser: Client, reporter: User) -> None:
    sign_in(browser, "reporter")
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == settings.SESSION_COOKIE_AGE
    assert cookie["httponly"]


def test_requests_within_a_minute_write_the_session_once(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    sign_in(browser, "reporter")
    is_signed_in(browser)
    ends = Session.objects.get().expire_date
    clock.shift(dt.timedelta(seconds=50))
    is_signed_in(browser)
    assert Session.objects.get().expire_date == ends
    clock.shift(dt.timedelta(seconds=11))
    is_signed_in(browser)
    assert Session.objects.get().expire_date == ends + dt.timedelta(seconds=61)


@pytest.mark.django_db
def test_an_anonymous_page_asks_the_database_for_nothing(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert browser.get(reverse("account_login")).status_code == 200
    assert not Session.objects.exists()


def test_who_sends_a_form_after_the_time_out_is_told_that_it_was_not_saved(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    sign_in(browser, "reporter")
    outlast(clock)
    answer = browser.post("/inbox/read/", headers={"referer": "http://testserver/inbox/?page=2"})
    assert answer["Location"] == f"{reverse('account_login')}?next=/inbox/%3Fpage%3D2"
    page = browser.get(answer["Location"]).content.decode()
    assert "what you sent was not saved" in page
    assert "Back button" in page


@pytest.mark.parametrize("referer", ["https://evil.example/inbox/", "", "//evil.example"])
def test_a_form_from_elsewhere_leads_to_the_start_page(browser: Client, db: None, referer: str) -> None:
    answer = browser.post("/inbox/read/", headers={"referer": referer})
    assert answer["Location"] == f"{reverse('account_login')}?next=/"
