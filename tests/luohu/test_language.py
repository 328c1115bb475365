"""Chinese unless the switch says English; the switch is remembered."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from commands.models import Event, User
from tests import factories
from tests.luohu.conftest import sign_in

COOKIE = settings.LANGUAGE_COOKIE_NAME


def lang_of(browser: Client, **headers: str) -> str:
    """Return the language that the sign-in page says it is in."""
    page = browser.get(reverse("account_login"), headers=headers)
    assert page["Content-Language"].lower() in page.content.decode().lower()
    return page["Content-Language"]


def switch(browser: Client, language: str, back: str = "/accounts/login/") -> str:
    """Use the switch; return where it leads."""
    return browser.post(reverse("set_language"), {"language": language, "next": back})["Location"]


def test_pages_are_chinese_by_default(db: None) -> None:
    assert lang_of(Client()) == "zh-hans"


def test_what_the_browser_says_it_prefers_is_left_aside(db: None) -> None:
    assert lang_of(Client(), **{"accept-language": "en-GB,en;q=0.9"}) == "zh-hans"


@pytest.mark.parametrize("nonsense", ["xx", "", "en; drop", "../en", "EN"])
def test_a_cookie_that_names_no_language_of_ours_is_left_aside(db: None, nonsense: str) -> None:
    browser = Client()
    browser.cookies[COOKIE] = nonsense
    assert lang_of(browser) == "zh-hans"


def test_the_switch_is_remembered_by_the_browser(db: None) -> None:
    browser = Client()
    assert switch(browser, "en") == "/accounts/login/"
    assert browser.cookies[COOKIE]["max-age"] > 300 * 24 * 3600
    assert lang_of(browser) == "en"
    switch(browser, "zh-hans")
    assert lang_of(browser) == "zh-hans"


def test_a_signed_in_persons_switch_is_stored_for_mail_and_other_browsers(reporter: User) -> None:
    browser = Client()
    browser.force_login(reporter)
    switch(browser, "zh-hans")
    reporter.refresh_from_db()
    assert reporter.language == "zh-hans"
    event = Event.objects.get(action="user.set_language")
    assert (event.actor, event.source) == (reporter, "web 127.0.0.1")


def test_a_browser_without_a_choice_takes_the_accounts_language(db: None) -> None:
    factories.user(username="reader", language="en")
    browser = Client()
    sign_in(browser, "reader")
    assert browser.cookies[COOKIE].value == "en"
    assert browser.get(reverse("account_change_password"))["Content-Language"] == "en"


def test_a_browser_with_a_choice_keeps_it(browser: Client, db: None) -> None:
    factories.user(username="reader", language="zh-hans")
    sign_in(browser, "reader")
    assert browser.get(reverse("account_change_password"))["Content-Language"] == "en"


@pytest.mark.parametrize(
    "evil",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "", "\x00/"],
)
def test_the_switch_leads_nowhere_but_into_this_site(db: None, evil: str) -> None:
    assert switch(Client(), "en", evil) == "/"


def test_the_switch_leads_back_to_the_list_with_its_filters(db: None) -> None:
    assert switch(Client(), "en", "/tasks/?light=red&page=2") == "/tasks/?light=red&page=2"


@pytest.mark.parametrize("language", ["xx", "", "en\x00"])
def test_a_language_that_we_do_not_have_is_refused(db: None, language: str) -> None:
    browser = Client()
    answer = browser.post(reverse("set_language"), {"language": language, "next": "/"})
    assert answer.status_code == 400
    assert COOKIE not in browser.cookies


def test_a_link_cannot_switch_the_language(db: None) -> None:
    assert Client().get(reverse("set_language"), {"language": "en"}).status_code == 405


def test_shared_caches_keep_the_languages_apart(db: None) -> None:
    assert "Cookie" in Client().get(reverse("account_login"))["Vary"]
