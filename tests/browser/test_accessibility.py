"""What axe-core finds wrong (WCAG 2.1 AA and good practice) with the pages of every role: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import CHINESE, ENGLISH, Words
from tests.browser.tour import LANGUAGES, ROLES, Visit, look_at

Tour = Callable[[str, str], list[Visit]]
Person = Callable[..., Page]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_keeps_anybody_out(tour: Tour, role: str, language: str) -> None:
    found = [f"{visit.url} {violation}" for visit in tour(role, language) for violation in visit.violations]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", CHINESE), ("en", ENGLISH)])
def test_forms_keep_nobody_out_when_something_is_wrong(person: Person, language: str, words: Words) -> None:
    desk = person("science-reporter", language)
    desk.get_by_role("region", name=words["todo"]).get_by_role("link").first.click()
    desk.get_by_label(words["percent"]).fill("140")
    desk.get_by_role("button", name=re.compile(words["submit"])).click()
    assert_fit(desk)

    administrator = person("administrator", language)
    administrator.goto("/users/new/")
    form = administrator.get_by_role("main").locator("form")
    form.evaluate("form => { form.noValidate = true; }")  # not every browser checks before it sends
    form.get_by_role("button").click()
    assert_fit(administrator)
    administrator.goto("/reassignments/new/")
    administrator.get_by_role("link", name=re.compile(f"^{words['reassign']} .")).first.click()
    administrator.get_by_role("button", name=words["preview"]).click()
    assert_fit(administrator)


def assert_fit(page: Page) -> None:
    """Look at a form that was just refused, with what is wrong beside its fields."""
    expect(page.locator(".error").first).to_be_visible()
    visit = look_at(page, "form with errors", set())
    assert visit.violations == []
    assert visit.sticking_out == []
    assert visit.left_in_the_other_language() == []
