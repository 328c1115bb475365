"""Pages for what goes wrong: in our design, in the user's language, saying what to do."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from pytest_django import DjangoAssertNumQueries

from commands.models import User
from luohu import urls

TOP_BAR = '<header class="top">'


def _fall(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


def _refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied(_("Campaigns"))


def _forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
urlpatterns = [
    path("fall/", _fall),
    path("refuse/", _refuse),
    path("forbid/", _forbid),
    path("", include(urls)),
]


@pytest.mark.parametrize(
    "address", ["/?q=%00", "/tasks/?text=a%00b", "/tasks/%00/", "/accounts/login/?next=/%00", "/?%00"]
)
def test_a_nul_byte_in_an_address_is_refused_on_a_page_of_ours(
    browser: Client, db: None, address: str
) -> None:
    answer = browser.get(address)
    assert answer.status_code == 400
    assert "Request not understood" in answer.content.decode()
    assert TOP_BAR in answer.content.decode()


def test_a_nul_byte_is_refused_in_the_readers_language(db: None) -> None:
    assert '<html lang="zh-Hans">' in Client().get("/?q=%00").content.decode()


def test_a_percent_sign_before_two_zeros_is_no_nul_byte(browser: Client, db: None) -> None:
    assert browser.get("/accounts/login/?q=100%2500").status_code == 200


def test_a_nul_byte_is_refused_for_the_signed_in_too(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    assert browser.get("/reports/?page=%00").status_code == 400


@pytest.mark.parametrize(
    "address", ["/nowhere", "/nowhere/", "/tasks/x/", "/static/nothing.css", "/favicon.ico"]
)
def test_an_unknown_address_gets_our_404(browser: Client, db: None, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.content.decode()
    assert TOP_BAR in answer.content.decode()


def test_the_404_of_a_signed_in_person_keeps_the_navigation(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    page = browser.get("/nowhere/").content.decode()
    assert f'href="{reverse("tasks:report_list")}"' in page
    assert "There is no page at this address" in page


def test_a_strange_host_gets_our_400(browser: Client, db: None) -> None:
    answer = browser.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Request not understood" in answer.content.decode()


def test_a_form_from_an_old_page_tells_how_to_keep_the_words(reporter: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = browser.post(reverse("account_login"), {"login": "reporter", "password": "x"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "nothing was saved" in page
    assert "Back button" in page
    assert "Reload the page" in page
    assert TOP_BAR in page


@override_settings(ROOT_URLCONF="tests.luohu.test_errors")
def test_a_refusal_says_why_in_its_own_words(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    answer = browser.get("/refuse/")
    assert answer.status_code == 403
    assert "<p>Campaigns</p>" in answer.content.decode()


@override_settings(ROOT_URLCONF="tests.luohu.test_errors")
def test_a_refusal_without_words_says_that_posts_do_not_allow_it(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    assert "Your posts do not allow this." in browser.get("/forbid/").content.decode()


@override_settings(ROOT_URLCONF="tests.luohu.test_errors")
def test_a_fault_of_ours_gets_a_page_that_needs_no_database(
    browser: Client, db: None, reporter: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser.raise_request_exception = False
    browser.force_login(reporter)
    browser.get("/forbid/")
    with django_assert_num_queries(1):  # the person who is signed in, before the fault
        answer = browser.get("/fall/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert '<html lang="en">' in page
    assert "Something went wrong on our side" in page
    assert "a fault of ours" not in page


@override_settings(ROOT_URLCONF="tests.luohu.test_errors")
def test_the_page_for_our_faults_is_chinese_by_default(reporter: User) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(reporter)
    assert '<html lang="zh-Hans">' in browser.get("/fall/").content.decode()


@override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"})
def test_too_many_requests_get_a_page_of_ours(browser: Client, db: None) -> None:
    answers = [browser.post(reverse("account_login"), {}) for _n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Too many requests" in answers[-1].content.decode()
    assert TOP_BAR in answers[-1].content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_methods_that_no_page_knows_are_refused(browser: Client, reporter: User, method: str) -> None:
    browser.force_login(reporter)
    assert getattr(browser, method)(reverse("home")).status_code == 405


def test_nothing_of_a_page_is_inline(browser: Client, db: None) -> None:
    for answer in (browser.get(reverse("account_login")), browser.get("/nowhere/")):
        page = answer.content.decode()
        assert "style=" not in page
        assert "onclick" not in page
        assert (
            "script-src" in answer["Content-Security-Policy"]
            or "default-src 'self'" in answer["Content-Security-Policy"]
        )


def test_a_buttons_address_opened_as_a_page_is_explained(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    answer = browser.get(reverse("set_language"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address belongs to a button, not to a page." in answer.content.decode()
