"""The Chinese catalogue is whole: every text of templates and Python is in it, translated, and compiled."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "luohu" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+[^>]*>")

Key = tuple[str, str]
"""Context and text, as the catalogue has them."""


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


@pytest.fixture(scope="module")
def sources() -> dict[Key, str]:
    """Every text to be translated, with the file that says it."""
    return {key: str(path.relative_to(ROOT)) for path in files() for key in texts_of(path)}


def files() -> Iterator[Path]:
    for app in ("luohu", "commands", "tasks"):
        yield from (ROOT / app).rglob("*.py")
    for pattern in ("*.html", "*.txt"):
        yield from (ROOT / "templates").rglob(pattern)


def texts_of(path: Path) -> Iterator[Key]:
    """Yield what xgettext would find in a file; a template is first turned into Python, as makemessages does."""
    source = path.read_text()
    if path.suffix != ".py":
        source = "\n".join(map(str.strip, templatize(source, origin=str(path)).splitlines()))
    found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
    for _line, text, _comments, context in found:
        first = text[0] if isinstance(text, tuple) else text
        if first:
            yield (context or "", first)


def told(entries: list[str], why: str) -> str:
    return "\n  ".join([why, *entries])


def key_of(entry: polib.POEntry) -> Key:
    return (entry.msgctxt or "", entry.msgid)


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_text_is_in_the_catalogue(catalogue: polib.POFile, sources: dict[Key, str]) -> None:
    known = {key_of(entry) for entry in catalogue if not entry.obsolete}
    missing = sorted(f"{file}: {key}" for key, file in sources.items() if key not in known)
    assert not missing, told(missing, "make messages collects what is new:")


def test_the_catalogue_holds_nothing_that_no_page_says(
    catalogue: polib.POFile, sources: dict[Key, str]
) -> None:
    assert catalogue.obsolete_entries() == []
    unsaid = [repr(entry.msgid) for entry in catalogue if key_of(entry) not in sources]
    assert not unsaid, told(unsaid, "make messages takes out what is no longer said:")


def test_everything_is_translated_and_nothing_only_guessed(catalogue: polib.POFile) -> None:
    left = [repr(entry.msgid) for entry in catalogue if entry.fuzzy or not all(translations(entry))]
    assert not left, told(left, "Not translated, or only guessed:")


def test_translations_fill_in_the_same_values(catalogue: polib.POFile) -> None:
    different = [
        f"{text!r} for {said!r}"
        for entry in catalogue
        # Chinese has one form for all numbers, so that of many is what it is compared with.
        for said in [entry.msgid_plural or entry.msgid]
        for text in filter(None, translations(entry))
        if Counter(PLACEHOLDER.findall(text)) != Counter(PLACEHOLDER.findall(said))
    ]
    assert not different, told(different, "Other placeholders than in the text that is translated:")


def test_chinese_has_one_form_for_all_numbers(catalogue: polib.POFile) -> None:
    assert "nplurals=1" in catalogue.metadata["Plural-Forms"]
    assert [
        entry.msgid for entry in catalogue if entry.msgid_plural and set(entry.msgstr_plural) != {0}
    ] == []


def test_the_compiled_catalogue_says_the_same(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {key_of(entry): translations(entry) for entry in compiled} == {
        key_of(entry): translations(entry) for entry in catalogue if not entry.obsolete
    }
