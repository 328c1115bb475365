"""What axe-core finds wrong (WCAG 2.1 AA and good practice) with the pages of every role: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.tour import LANGUAGES, ROLES, Visit

Tour = Callable[[str, str], list[Visit]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_keeps_anybody_out(tour: Tour, role: str, language: str) -> None:
    assert [(visit.url, visit.violations) for visit in tour(role, language) if visit.violations] == []
