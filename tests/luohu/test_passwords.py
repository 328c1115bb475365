"""Passwords: the first one must become one's own; a forgotten one is replaced by mail."""

from __future__ import annotations

import datetime as dt
import re
from smtplib import SMTPException

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from commands.models import Event, User
from tests import factories
from tests.factories import PASSWORD
from tests.luohu.conftest import is_signed_in, sign_in

CHANGE = "account_change_password"
NEW = "a-new-and-own-1"


@pytest.fixture
def newcomer(db: None) -> User:
    """Somebody whose password was set by an administrator."""
    return factories.user_with(
        "reporter", unit=factories.unit(), username="newcomer", must_change_password=True
    )


def change(browser: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> str:
    """Send the form that changes the password; return the page shown in the end, or nothing where it worked."""
    data = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    return browser.post(reverse(CHANGE), data).content.decode()


def test_a_first_password_must_be_changed_before_anything_else(browser: Client, newcomer: User) -> None:
    sign_in(browser, "newcomer")
    for path in (
        "/",
        "/dashboard/",
        "/tasks/",
        "/reports/",
        "/inbox/",
        "/users/",
        "/nowhere/",
        "/accounts/password/set/",
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.get("Location")) == (302, reverse(CHANGE)), path
    assert browser.post("/reports/1/", {"action": "submit"})["Location"] == reverse(CHANGE)


def test_meanwhile_the_person_may_sign_out_switch_the_language_and_is_told_why(
    browser: Client, newcomer: User
) -> None:
    browser.force_login(newcomer)
    page = browser.get(reverse(CHANGE)).content.decode()
    assert "Your password was set by an administrator." in page
    assert reverse("tasks:inbox") not in page
    assert "aria-current" not in page
    assert browser.post(reverse("set_language"), {"language": "en", "next": "/"}).status_code == 302
    assert browser.get("/healthz").status_code == 200
    assert browser.post(reverse("account_logout"))["Location"] == reverse("account_login")


def test_choosing_a_password_of_ones_own_opens_the_rest(browser: Client, newcomer: User) -> None:
    browser.force_login(newcomer)
    answer = browser.post(reverse(CHANGE), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    newcomer.refresh_from_db()
    assert not newcomer.must_change_password
    assert newcomer.check_password(NEW)
    assert browser.get(reverse("home"))["Location"] == reverse("tasks:report_list")


def test_the_change_leaves_an_event_that_says_where_from(browser: Client, newcomer: User) -> None:
    browser.force_login(newcomer)
    change(browser)
    event = Event.objects.get(action="user.change_password")
    assert (event.actor, event.source) == (newcomer, "web 127.0.0.1")
    assert NEW not in str([event.before, event.after])


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        (PASSWORD, PASSWORD, None, "The new password must differ from the current one."),
        ("wrong", NEW, None, "This is not your current password."),
        (PASSWORD, NEW, "another-own-2", "You must type the same password each time."),
        (PASSWORD, "short", None, "This password is too short"),
        (PASSWORD, "1234509876", None, "This password is entirely numeric."),
        (PASSWORD, "newcomer-1", None, "The password is too similar to the username."),
        ("", "", "", "This field is required."),
    ],
)
def test_a_bad_change_is_refused_beside_its_field(
    browser: Client, newcomer: User, old: str, new: str, again: str | None, words: str
) -> None:
    browser.force_login(newcomer)
    assert words.lower() in change(browser, old, new, again).lower()
    newcomer.refresh_from_db()
    assert newcomer.must_change_password
    assert newcomer.check_password(PASSWORD)


def test_a_change_ends_the_persons_other_sessions(browser: Client, reporter: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, "reporter")
    sign_in(browser, "reporter")
    change(browser)
    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_the_password_page_does_not_show_what_was_typed(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    page = change(browser, "wrong-one-1", NEW)
    assert "wrong-one-1" not in page
    assert NEW not in page


# Forgotten


def ask_for_link(browser: Client, email: str) -> str:
    """Ask for a link for a new password; return the page shown in the end."""
    return browser.post(reverse("account_reset_password"), {"email": email}, follow=True).content.decode()


def link_in_mail() -> str:
    """Return the path of the link in the only mail sent."""
    assert len(mail.outbox) == 1
    found = re.search(rf"{re.escape(settings.SITE_URL)}(/\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


def test_a_forgotten_password_is_replaced_through_a_mailed_link(browser: Client, newcomer: User) -> None:
    page = ask_for_link(browser, newcomer.email)
    assert "If the address belongs to an account" in page
    assert mail.outbox[0].to == [newcomer.email]
    assert mail.outbox[0].subject == "Luohu Task Force: set a new password"
    assert '"newcomer"' in mail.outbox[0].body
    form = browser.get(link_in_mail(), follow=True)
    here = form.redirect_chain[-1][0]
    answer = browser.post(here, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Sign in with your new password." in answer.content.decode()
    sign_in(browser, "newcomer", NEW)
    assert is_signed_in(browser)
    newcomer.refresh_from_db()
    assert not newcomer.must_change_password
    assert Event.objects.filter(action="user.change_password").count() == 1


def test_a_mailed_link_works_once(browser: Client, reporter: User) -> None:
    ask_for_link(browser, reporter.email)
    link = link_in_mail()
    here = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(here, {"password1": NEW, "password2": NEW})
    assert (
        "This link no longer works"
        in Client().get(link, headers={"cookie": "django_language=en"}).content.decode()
    )


def test_a_mailed_link_grows_old(browser: Client, reporter: User, clock: time_machine.Traveller) -> None:
    ask_for_link(browser, reporter.email)
    clock.shift(dt.timedelta(days=3, seconds=5))
    assert "This link no longer works" in browser.get(link_in_mail(), follow=True).content.decode()


def test_an_unknown_address_is_neither_told_apart_nor_written_to(browser: Client, reporter: User) -> None:
    known = ask_for_link(browser, reporter.email)
    mail.outbox.clear()
    unknown = ask_for_link(browser, "nobody@luohu.example")
    assert re.sub(r'value="[^"]+"', "", known) == re.sub(r'value="[^"]+"', "", unknown)
    assert not mail.outbox


def test_the_mail_is_in_the_language_of_its_reader(db: None) -> None:
    factories.user(username="reader", language="en")
    ask_for_link(Client(), "reader@luohu.example")  # a Chinese page
    assert mail.outbox[0].subject.endswith("set a new password")


def test_the_links_address_is_the_configured_one_not_the_request_s(
    browser: Client, reporter: User, settings: Settings
) -> None:
    settings.SITE_URL = "https://luohu.example"
    browser.post(reverse("account_reset_password"), {"email": reporter.email}, headers={"host": "localhost"})
    assert "https://luohu.example/accounts/password/reset/key/" in mail.outbox[0].body
    assert "localhost" not in mail.outbox[0].body


def test_a_mail_server_that_is_away_is_no_fault_of_the_page(
    browser: Client, reporter: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "tests.luohu.test_passwords.MailServerAway"
    assert "If the address belongs to an account" in ask_for_link(browser, reporter.email)
    assert "was not sent" in caplog.text


class MailServerAway:
    """A mail backend whose server refuses everything."""

    def __init__(self, **_options: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        """Refuse."""
        raise SMTPException("away")


def test_a_new_password_by_mail_ends_a_lock_out(browser: Client, reporter: User) -> None:
    for _n in range(5):
        sign_in(browser, "reporter", "wrong")
    ask_for_link(browser, reporter.email)
    here = browser.get(link_in_mail(), follow=True).redirect_chain[-1][0]
    browser.post(here, {"password1": NEW, "password2": NEW})
    sign_in(browser, "reporter", NEW)
    assert is_signed_in(browser)
