"""Every page of every role at every width: nothing sticks out, nothing complains, nothing leaves the site."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.tour import LANGUAGES, ROLES, Visit, pages

Tour = Callable[[str, str], list[Visit]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_is_wider_than_its_window(tour: Tour, role: str, language: str) -> None:
    assert [(visit.url, visit.sticking_out) for visit in tour(role, language) if visit.sticking_out] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_complains_or_asks_another_site(tour: Tour, role: str, language: str) -> None:
    assert [(visit.url, visit.faults) for visit in tour(role, language) if visit.faults] == []


def test_links_lead_to_every_page_there_is(tour: Tour) -> None:
    reached = {
        visit.route.partition("?")[0] for role in ("nobody", *ROLES) for visit in tour(role, "zh-hans")
    }
    assert pages() - reached == set()
