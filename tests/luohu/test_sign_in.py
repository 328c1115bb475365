"""Signing in and out: by name and password, five attempts, no sign-up."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from commands.models import User
from tests.factories import PASSWORD
from tests.luohu.conftest import is_signed_in, sign_in

WRONG = "The user name or the password is not right."
LOCKED = "sign-in is locked for 15 minutes"


def fail(browser: Client, username: str, times: int) -> str:
    """Try a wrong password ``times`` times; return the last page."""
    pages = [sign_in(browser, username, "not-the-password") for _n in range(times)]
    return pages[-1]


def test_a_person_signs_in_with_name_and_password(browser: Client, reporter: User) -> None:
    answer = browser.post(reverse("account_login"), {"login": "reporter", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert is_signed_in(browser)


@pytest.mark.parametrize("who", ["reporter", "head", "office", "leader", "administrator", "stranger"])
def test_the_role_decides_the_start_page(browser: Client, request: pytest.FixtureRequest, who: str) -> None:
    user: User = request.getfixturevalue(who)
    browser.force_login(user)
    answer = browser.get(reverse("home"))
    assert (answer.status_code, answer["Location"]) == (302, reverse(user.duties.home_url_name))


def test_the_start_page_asks_for_signing_in(browser: Client, db: None) -> None:
    answer = browser.get(reverse("home"))
    assert answer["Location"] == f"{reverse('account_login')}?next=/"


def test_a_wrong_password_is_told_beside_the_field(browser: Client, reporter: User) -> None:
    page = fail(browser, "reporter", 1)
    assert WRONG in page
    assert 'id="id_password_error"' in page
    assert 'aria-describedby="id_password_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'value="reporter"' in page
    assert "not-the-password" not in page
    assert not is_signed_in(browser)


def test_an_unknown_name_gets_the_same_words_as_a_wrong_password(browser: Client, db: None) -> None:
    assert WRONG in fail(browser, "nobody", 1)


def test_after_five_failures_even_the_right_password_is_refused(browser: Client, reporter: User) -> None:
    assert WRONG in fail(browser, "reporter", 5)
    page = sign_in(browser, "reporter")
    assert LOCKED in page
    assert "Wait, then try again" in page
    assert WRONG not in page
    assert not is_signed_in(browser)


def test_the_lock_is_told_in_chinese_too(reporter: User) -> None:
    page = fail(Client(), "reporter", 6)
    assert "15" in page
    assert 'lang="zh-Hans"' in page


def test_upper_case_and_spaces_do_not_get_around_the_lock(browser: Client, reporter: User) -> None:
    fail(browser, "reporter", 3)
    fail(browser, "REPORTER", 1)
    fail(browser, " Reporter ", 1)
    assert LOCKED in sign_in(browser, "reporter")


def test_another_host_name_of_the_site_does_not_get_around_the_lock(browser: Client, reporter: User) -> None:
    fail(browser, "reporter", 5)
    data = {"login": "reporter", "password": PASSWORD}
    answer = browser.post(reverse("account_login"), data, headers={"host": "localhost"})
    assert LOCKED in answer.content.decode()


def test_a_name_that_does_not_exist_is_locked_alike(browser: Client, db: None) -> None:
    assert LOCKED in fail(browser, "nobody", 6)


def test_the_lock_ends_after_fifteen_minutes(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    fail(browser, "reporter", 5)
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    assert LOCKED in sign_in(browser, "reporter")
    clock.shift(dt.timedelta(seconds=2))
    sign_in(browser, "reporter")
    assert is_signed_in(browser)


def test_one_persons_failures_lock_nobody_else_out(browser: Client, reporter: User, head: User) -> None:
    fail(browser, "reporter", 5)
    sign_in(browser, "head")
    assert is_signed_in(browser)


def test_right_passwords_in_between_do_not_wipe_out_failures(
    browser: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    fail(browser, "reporter", 4)
    clock.shift(1)
    sign_in(browser, "reporter")
    browser.post(reverse("account_logout"))
    fail(browser, "reporter", 1)
    assert LOCKED in sign_in(browser, "reporter")


def test_a_closed_account_does_not_get_in(browser: Client, reporter: User) -> None:
    User.objects.filter(pk=reporter.pk).update(is_active=False)
    assert "This account is no longer in use" in sign_in(browser, "reporter")
    assert not is_signed_in(browser)


def test_nobody_can_sign_up(browser: Client, db: None) -> None:
    data = {"username": "me", "password1": "a-long-password-1", "password2": "a-long-password-1"}
    assert browser.get("/accounts/signup/").status_code == 404
    assert browser.post("/accounts/signup/", data).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "path", ["email/", "confirm-email/", "login/code/", "reauthenticate/", "", "3rdparty/"]
)
def test_of_allauths_pages_only_those_with_a_job_here_exist(
    browser: Client, reporter: User, path: str
) -> None:
    browser.force_login(reporter)
    assert browser.get(f"/accounts/{path}").status_code == 404


def test_signing_out_takes_a_click_not_a_link(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    assert "Sign out?" in browser.get(reverse("account_logout")).content.decode()
    assert is_signed_in(browser)
    answer = browser.post(reverse("account_logout"), follow=True)
    assert answer.redirect_chain == [(reverse("account_login"), 302)]
    assert "You have signed out." in answer.content.decode()
    assert not is_signed_in(browser)


def test_after_signing_in_a_person_gets_where_they_wanted(browser: Client, reporter: User) -> None:
    wanted = reverse("account_change_password")
    page = browser.get(wanted, follow=True).content.decode()
    assert f'name="next" value="{wanted}"' in page
    answer = browser.post(
        reverse("account_login"), {"login": "reporter", "password": PASSWORD, "next": wanted}
    )
    assert answer["Location"] == wanted


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leads_off_the_site(browser: Client, reporter: User, evil: str) -> None:
    data = {"login": "reporter", "password": PASSWORD, "next": evil}
    answer = browser.post(reverse("account_login"), data)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert browser.get(reverse("account_login"), {"next": evil})["Location"] == reverse("home")


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("", ""),
        ("reporter", ""),
        ("repor\x00ter", PASSWORD),
        ("reporter", "a\x00b"),
        ("x" * 20_000, PASSWORD),
    ],
)
def test_bad_input_is_refused_on_the_page(browser: Client, reporter: User, login: str, password: str) -> None:
    answer = browser.post(reverse("account_login"), {"login": login, "password": password})
    assert answer.status_code == 200
    assert "field-bad" in answer.content.decode()
    assert not is_signed_in(browser)


def test_what_is_typed_as_a_name_is_shown_harmless(browser: Client, db: None) -> None:
    page = sign_in(browser, "<script>alert(1)</script>", "x")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_sign_in_page_has_no_second_way_in_for_programs(browser: Client, reporter: User) -> None:
    answer = browser.post(
        reverse("account_login"),
        {"login": "reporter", "password": "wrong"},
        headers={"accept": "application/json", "x-requested-with": "XMLHttpRequest"},
    )
    assert answer["Content-Type"].startswith("text/html")


def test_a_person_without_a_post_gets_in_and_sees_the_inbox(browser: Client, stranger: User) -> None:
    assert stranger.duties.home_url_name == "tasks:inbox"
    sign_in(browser, "stranger")
    assert is_signed_in(browser)


def test_pages_for_the_signed_in_are_kept_by_no_cache(browser: Client, db: None) -> None:
    assert "no-store" in browser.get(reverse("account_login"))["Cache-Control"]
