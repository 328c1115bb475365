"""Both languages are whole on every page: no English left in Chinese, no Chinese in English but what people typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.tour import ROLES, Visit

Tour = Callable[[str, str], list[Visit]]
HAN = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]+")
# What is written in Latin letters in Chinese too: file formats, user names, mail addresses, stages of a reminder.
LATIN_IN_CHINESE = re.compile(
    r"\b(CSV|PDF|Excel|JPG|JPEG|PNG|MB|KB)\b|\S+@\S+|\b[a-z]+(-[a-z]+)*-(reporter|head|office)\b"
    rf"|\b({'|'.join(ROLES)})\b"
)


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_chinese_pages_are_chinese(tour: Tour, role: str) -> None:
    left = {
        (visit.route, words)
        for visit in tour(role, "zh-hans")
        for language, words in visit.texts
        if language == "zh-Hans" and LATIN.search(LATIN_IN_CHINESE.sub("", words))
    }
    assert left == set()


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_english_pages_are_english_but_for_what_is_marked_as_chinese(tour: Tour, role: str) -> None:
    left = {
        (visit.route, words)
        for visit in tour(role, "en")
        for language, words in visit.texts
        if language == "en" and HAN.search(words)
    }
    assert left == set()
