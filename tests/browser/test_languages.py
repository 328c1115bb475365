"""Both languages are whole on every page: no English left in Chinese, no Chinese in English but what is marked as such."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.tour import LANGUAGES, ROLES, Visit

Tour = Callable[[str, str], list[Visit]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_no_page_is_half_translated(tour: Tour, role: str, language: str) -> None:
    left = {
        f"{visit.route}: {words}"
        for visit in tour(role, language)
        for words in visit.left_in_the_other_language()
    }
    assert not left, "\n".join(sorted(left))
