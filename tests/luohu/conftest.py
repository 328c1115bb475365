"""A browser that reads English, and a cache that remembers no failed sign-in of another test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def nobody_is_locked_out() -> Iterator[None]:
    """Forget failed sign-ins before and after each test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def browser() -> Client:
    """A browser in which somebody once switched to English."""
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def sign_in(browser: Client, username: str, password: str = PASSWORD) -> str:
    """Send the sign-in form as a person does; return the page that answers, or nothing where it let them in."""
    answer = browser.post(reverse("account_login"), {"login": username, "password": password})
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/"):
        answer = browser.get(answer["Location"])
    return answer.content.decode()


def is_signed_in(browser: Client) -> bool:
    """Say whether the browser gets at a page that asks for signing in."""
    return browser.get(reverse("account_change_password")).status_code == 200
