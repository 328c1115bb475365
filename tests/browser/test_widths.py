"""Every page of every role at every width: nothing sticks out, nothing complains, nothing leaves the site."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.tour import LANGUAGES, NOT_IN_THE_STORY, PAGES, ROLES, Visit

Tour = Callable[[str, str], list[Visit]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_is_wider_than_its_window(tour: Tour, role: str, language: str) -> None:
    found = [f"{visit.url} {element}" for visit in tour(role, language) for element in visit.sticking_out]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_complains_or_asks_another_site(tour: Tour, role: str, language: str) -> None:
    found = [f"{visit.url} {fault}" for visit in tour(role, language) for fault in visit.faults]
    assert not found, "\n".join(found)


def test_links_lead_to_every_page_there_is(tour: Tour) -> None:
    reached = {
        visit.route.partition("?")[0] for role in ("nobody", *ROLES) for visit in tour(role, "zh-hans")
    }
    # There is a book to carry over into only where another test has opened one.
    assert PAGES - reached - {"tasks:book_carry"} == NOT_IN_THE_STORY
