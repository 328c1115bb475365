"""The frame around every page: navigation by role, unread messages, the demo badge."""

from __future__ import annotations

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, reverse
from pytest_django import DjangoAssertNumQueries, Settings

from commands.models import Unit, User
from commands.roles import RoleCode
from luohu.context import IN_ROW, NAVIGATION, Chrome
from tests import factories

PAGE = "account_change_password"
"""A page of the frame's own, open to everybody who is signed in."""


def links(browser: Client) -> list[str]:
    """Return the labels of the navigation as a page shows them."""
    page = browser.get(reverse(PAGE)).content.decode()
    nav = re.search(r'<nav class="nav-row.*?</nav>', page, re.DOTALL)
    return re.findall(r">([^<>]+)</a>", nav[0]) if nav else []


@pytest.mark.parametrize(
    ("who", "labels"),
    [
        ("reporter", "Reports Ledger Obstacles Directives Dashboard Campaigns Command"),
        ("head", "Reports Ledger Obstacles Directives Dashboard Campaigns Command"),
        ("office", "Reports Ledger Obstacles Directives Dashboard Campaigns Command Reassignments Reminders"),
        ("leader", "Dashboard Directives Obstacles Campaigns Ledger Reports Command"),
        (
            "administrator",
            "Command Reassignments Dashboard Campaigns Books Ledger Reports Reminders Users Channels Calendar Lights Audit",
        ),
        ("stranger", ""),
    ],
)
def test_each_role_finds_its_own_entries(
    browser: Client, request: pytest.FixtureRequest, who: str, labels: str
) -> None:
    browser.force_login(request.getfixturevalue(who))
    assert links(browser) == labels.split()


def test_every_role_has_a_navigation_that_begins_with_its_start_page() -> None:
    from commands.roles import ROLES

    assert set(NAVIGATION) == set(RoleCode)
    for code, items in NAVIGATION.items():
        assert items[0].url_name == ROLES[code].home


def test_what_does_not_fit_the_row_folds_under_one_entry(
    browser: Client, administrator: User, leader: User
) -> None:
    browser.force_login(administrator)
    page = browser.get(reverse("tasks:calendar")).content.decode()
    row, more = page.split('class="menu nav-more"')[:2]
    assert 'href="/reassignments/"' in row
    assert 'href="/calendar/" aria-current="page"' in more
    assert '<summary class="is-current">More' in more
    browser.force_login(leader)
    assert "nav-more" not in browser.get(reverse(PAGE)).content.decode() or len(links(browser)) > IN_ROW + 1


def test_who_holds_two_posts_finds_the_entries_of_both(browser: Client, office: User, east: Unit) -> None:
    factories.post(user=office, role=RoleCode.ADMINISTRATOR)
    browser.force_login(office)
    assert links(browser)[0] == "Command"
    assert len(links(browser)) == len(set(links(browser)))


@pytest.mark.parametrize(
    ("view_name", "marks"),
    [
        ("tasks:report_list", {"tasks:report_list": "page"}),
        ("tasks:report_detail", {"tasks:report_list": "true"}),
        ("tasks:task_detail", {"tasks:task_list": "true"}),
        ("tasks:unit_detail", {"tasks:headquarters_list": "true"}),
        ("account_change_password", {}),
    ],
)
def test_the_entry_of_the_page_is_marked(reporter: User, view_name: str, marks: dict[str, str]) -> None:
    assert marked(reporter, view_name) == marks


@pytest.mark.parametrize(
    ("view_name", "entry"),
    [
        ("tasks:campaign_detail", "tasks:campaign_list"),
        ("tasks:campaign_edit", "tasks:book_list"),
        ("tasks:campaign_new", "tasks:book_list"),
        ("tasks:flag_present", "tasks:campaign_list"),
        ("tasks:task_detail", "tasks:task_list"),
        ("tasks:task_edit", "tasks:book_list"),
        ("tasks:task_new", "tasks:book_list"),
        ("tasks:task_plan", "tasks:book_list"),
        ("tasks:task_milestones", "tasks:book_list"),
        ("tasks:lead_change", "tasks:reassignment_list"),
        ("tasks:period_detail", "tasks:report_list"),
        ("tasks:change_detail", "tasks:task_list"),
        ("tasks:closing_new", "tasks:task_list"),
    ],
)
def test_the_entry_marked_is_where_the_way_to_the_page_begins(
    administrator: User, view_name: str, entry: str
) -> None:
    assert marked(administrator, view_name) == {entry: "true"}


def marked(user: User, view_name: str) -> dict[str, str]:
    """Return the entries that are marked on a page, and how."""
    request = RequestFactory().get("/")
    request.user = user
    namespace, _colon, name = view_name.rpartition(":")
    namespaces: list[str | None] = [namespace] if namespace else []
    request.resolver_match = ResolverMatch(lambda: None, (), {}, url_name=name, namespaces=namespaces)
    return {entry.url_name: entry.current for entry in Chrome(request).navigation if entry.current}


def test_the_inbox_says_how_many_messages_are_unread(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    assert 'class="pill"' not in browser.get(reverse(PAGE)).content.decode()
    factories.notification(recipient=reporter)
    factories.notification(recipient=reporter)
    assert '<span class="pill">2<' in browser.get(reverse(PAGE)).content.decode()


def test_the_frame_names_the_person_and_where_they_serve(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    assert "Reporter · Dongmen Sub-district" in browser.get(reverse(PAGE)).content.decode()


def test_demo_data_says_so_on_every_page(browser: Client, reporter: User, settings: Settings) -> None:
    browser.force_login(reporter)
    assert "Demo data" not in browser.get(reverse(PAGE)).content.decode()
    User.objects.filter(pk=reporter.pk).update(is_demo=True)
    assert "badge-demo" in browser.get(reverse(PAGE)).content.decode()
    browser.logout()
    browser.cookies["django_language"] = "en"
    assert "badge-demo" not in browser.get(reverse("account_login")).content.decode()
    settings.DEMO = True
    for address in (reverse("account_login"), "/nowhere/"):
        assert "badge-demo" in browser.get(address).content.decode()


def test_the_way_into_a_demo_names_the_accounts_to_try_and_no_other_does(
    browser: Client, settings: Settings, db: None
) -> None:
    assert "luohu-demo" not in browser.get(reverse("account_login")).content.decode()
    settings.DEMO = True
    page = browser.get(reverse("account_login")).content.decode()
    assert "luohu-demo" in page
    assert all(f">{role}</code>" in page for role in RoleCode)


def test_the_frame_asks_the_database_as_often_whatever_there_is(
    browser: Client, reporter: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser.force_login(reporter)
    browser.get(reverse(PAGE))
    for _n in range(30):
        factories.notification(recipient=reporter)
    with django_assert_num_queries(3):  # the person, their posts, what is unread
        browser.get(reverse(PAGE))


def test_a_page_can_be_skipped_to_and_says_its_language(browser: Client, db: None) -> None:
    page = browser.get(reverse("account_login")).content.decode()
    assert page.index('class="skip" href="#content"') < page.index("<header")
    assert '<html lang="en">' in page
    assert '<main class="page " id="content" tabindex="-1">' in page


def test_no_comment_of_a_template_reaches_a_page(browser: Client, reporter: User) -> None:
    browser.force_login(reporter)
    for address in (reverse(PAGE), reverse("account_logout"), "/nowhere/"):
        page = browser.get(address).content.decode()
        assert "{#" not in page
        assert "{%" not in page
