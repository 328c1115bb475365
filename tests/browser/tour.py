"""A walk through every page that a person can reach by its links, noting how each looks, reads and behaves."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.access import ROUTES
from tests.browser.people import Watch

WIDTHS = (360, 1280, 1920)
ROLES = ("reporter", "head", "office", "leader", "administrator")
LANGUAGES = ("zh-hans", "en")

# Where no link leads: what a mistyped address shows, an empty list, and the pages that a menu hides behind a form.
BESIDES = ("/accounts/password/change/", "/accounts/logout/", "/nowhere/", "/tasks/?q=zzzz")
SIGNED_OUT = (
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-none/",
    "/accounts/password/reset/key/done/",
    "/accounts/inactive/",
)
# Not pages: they answer machines, or with a file.
NO_PAGES = {"healthz", "readyz", "metrics", "tasks:evidence_open", "tasks:calendar_feed"}
# In the demo's year every campaign has its flag and nobody has applied for a close-out; the weekly digest is refused
# by the link in its mail.
NOT_IN_THE_STORY = {"tasks:flag_present", "tasks:closing_detail", "tasks:digest_refuse"}
PAGES = {line.name for line in ROUTES if 200 in line.get.values()} - NO_PAGES
# A report is a form for those who answer for it, and a reading page for others.
VISITS = {"tasks:report_detail": 2}

STICKING_OUT = """() => {
  const page = document.documentElement, wide = page.clientWidth;
  if (page.scrollWidth <= wide) return [];
  return [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > wide + 1)
    .slice(0, 6).map(each => `${each.tagName.toLowerCase()}.${each.className}: ${each.textContent.trim().slice(0, 40)}`);
}"""

# What the page is made of: an inspection that has seen all its pieces in place would say nothing new.
PIECES = """() => [...new Set([...document.body.querySelectorAll("*")].map(each =>
  `${each.parentElement.tagName}.${each.parentElement.className} > ${each.tagName}.${each.className}`))]"""
# Chinese on a desk, English on a phone: an inspection takes longer than all the rest of a visit.
INSPECTED = {"zh-Hans": 1280, "en": 360}

# Everything that is read or read out, each with the language that the page says it is in.
TEXTS = """() => {
  const page = document.documentElement.lang;
  const found = page === "en" ? [] : [[page, document.title]];  // no part of a title can be marked
  const tongue = node => (node.closest("[lang]") || document.documentElement).lang;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement, text = node.data.trim();
    if (text && !parent.closest("script, style, noscript, textarea")) found.push([tongue(parent), text]);
  }
  // No part of an attribute can be marked, so an English one may name something in Chinese.
  for (const name of ["title", "alt", "aria-label", "placeholder", "aria-description", "data-label", "data-confirm"])
    for (const each of document.querySelectorAll(`[${name}]`)) {
      const text = each.getAttribute(name);
      if (page !== "en" || !/[A-Za-z]/.test(text)) found.push([tongue(each), text]);
    }
  return found;
}"""


HAN = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]+")
# What is written in Latin letters in Chinese too: formats and names of files, user names, mail addresses, jobs, the
# beginning of a web address, and the system's English name where a robot's keyword is told.
LATIN_IN_CHINESE = re.compile(
    r"\b(CSV|PDF|Word|Excel|PowerPoint|JPG|JPEG|PNG|MB|KB|https|Luohu Task Force)\b|\.(txt|pdf|docx|xlsx|pptx|jpg|png)\b|\S+@\S+"
    r"|\b[a-z]+(-[a-z]+)*-(reporter|head|office)\b|\b[a-z]+(_[a-z]+)+\b"
    rf"|\b({'|'.join(ROLES)})\b"
)


@dataclass
class Visit:
    """One page as one person saw it. ``texts``: language and words; the rest: what was wrong, in words."""

    route: str
    url: str
    language: str
    texts: list[tuple[str, str]]
    sticking_out: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def left_in_the_other_language(self) -> list[str]:
        """Return the words that are not in the language which the page says they are in."""
        said = [words for language, words in self.texts if language == self.language]
        if self.language == "en":
            return [words for words in said if HAN.search(words)]
        return [words for words in said if LATIN.search(LATIN_IN_CHINESE.sub("", words))]


def walk(page: Page, watch: Watch, inspected: set[str], besides: Iterable[str]) -> list[Visit]:
    """Visit one page of every kind that links lead to from here, then the addresses of ``besides``.

    ``inspected``: the pieces of pages that an inspection has seen, which this walk adds to.
    """
    found: list[Visit] = []
    left = dict[str, int]()
    waiting, known = deque([urlsplit(page.url).path, *besides]), set[str]()
    while waiting:
        url = waiting.popleft()
        kind = kind_of(url)
        if url in known or not kind or left.setdefault(kind, VISITS.get(kind, 1)) == 0:
            continue
        known.add(url)
        left[kind] -= 1
        page.goto(url)
        found.append(look_at(page, kind, inspected))
        found[-1].faults, watch.faults = watch.faults, []
        links = page.eval_on_selector_all(
            "a[href]:not([download])", "all => all.map(a => a.getAttribute('href'))"
        )
        here = urlsplit(page.url).path
        waiting.extend(here + link if link.startswith("?") else link.partition("#")[0] for link in links)
    return found


def kind_of(url: str) -> str:
    """Return the name of the page at an address of this site; nothing for no page of ours to be visited."""
    parts = urlsplit(url)
    if not parts.path.startswith("/") or parts.netloc:
        return ""
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return url
    if name not in PAGES:
        return ""
    if url == "/tasks/?q=zzzz":
        return url
    # The steps of a reassignment share an address.
    return f"{name}?{next(iter(parse_qs(parts.query)), '')}" if name == "tasks:reassignment_new" else name


def look_at(page: Page, kind: str, inspected: set[str]) -> Visit:
    """Note how the page that is open fits every width, what it says, and what keeps people out."""
    language = page.evaluate("document.documentElement.lang")
    visit = Visit(kind, page.url, language, [(tongue, words) for tongue, words in page.evaluate(TEXTS)])
    pieces = {kind, *page.evaluate(PIECES)}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        visit.sticking_out += [f"{width} px: {element}" for element in page.evaluate(STICKING_OUT)]
        if width == INSPECTED[language] and not pieces <= inspected:
            inspected |= pieces
            visit.violations += [f"{width} px: {line}" for line in violations(page)]
    return visit


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with the page that is open."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target'][0]} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"][:6]
    ]
