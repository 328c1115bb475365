"""Pages that are drawn once and kept: their content in the shared cache, their frame drawn anew for each answer.

While a page is drawn to be kept, what belongs to one answer alone leaves a hole: the bar at the top, messages,
tokens of forms (``{% anew %}`` in ``templatetags/ui.py``, and ``context.py``). Only what is between the holes is
kept. Which pages are kept, for whom and how long, is for ``tasks/views/kept.py`` to say.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.safestring import SafeString, mark_safe

LARGEST = 1_000_000
"""Bytes, compressed: what is larger is drawn each time, so that a few pages cannot fill the cache."""
LOOKS, PAUSE = 50, 0.02
"""How often whoever waits for another's drawing looks for it, and seconds between two looks."""
BELIEVED = 10
"""Seconds for which somebody is believed to be drawing: a killed process says nothing."""


@dataclass(frozen=True)
class Holes:
    """Where a page is drawn anew. The mark is new for each drawing: no text that somebody typed can hold it."""

    mark: str = field(default_factory=lambda: secrets.token_hex(16))

    def leave(self, template: str) -> SafeString:
        """Return what stands in the page where ``template`` is to be drawn."""
        return mark_safe(f"{self.mark}{template}{self.mark}")  # noqa: S308  a number and the name of a file of ours

    def cut(self, text: str) -> list[str]:
        """Return text and names of templates in turn."""
        return text.split(self.mark)


HOLES: ContextVar[Holes | None] = ContextVar("holes", default=None)
"""Set while a page is drawn to be kept."""


@dataclass(frozen=True)
class Page:
    """A page with holes, which can be sent to everybody for whom its key holds."""

    headers: dict[str, str]
    parts: list[str]

    def filled(self, request: HttpRequest, frame: dict[str, Any]) -> str:
        """Return the text with its holes filled for ``request``."""
        return "".join(
            loader.render_to_string(part, frame, request).strip() if place % 2 else part
            for place, part in enumerate(self.parts)
        )


def draw(request: HttpRequest, view: Callable[[], HttpResponse]) -> tuple[HttpResponse, Page, bool]:
    """Return what ``view`` answers, the same as a page with holes, and whether that may be kept.

    It may where it is a whole page, and neither a token was given out nor a message shown besides the holes.
    """
    holes = Holes()
    reset = HOLES.set(holes)
    try:
        response = view()
    finally:
        HOLES.reset(reset)
    page = Page(dict(response.headers), holes.cut(response.content.decode()))
    told = getattr(getattr(request, "_messages", None), "used", False)
    given_out = told or response.cookies or request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
    return response, page, response.status_code == HTTPStatus.OK and not given_out


def keep(key: str, page: Page, seconds: int) -> None:
    """Keep ``page`` under ``key``."""
    packed = zlib.compress(json.dumps([page.headers, page.parts]).encode(), 1)
    if len(packed) <= LARGEST:
        caches["pages"].set(key, packed, seconds)


def kept(key: str) -> Page | None:
    """Return the page kept under ``key``; None where there is none, or the cache is away."""
    packed = caches["pages"].get(key)
    return Page(*json.loads(zlib.decompress(packed))) if packed else None


@contextmanager
def once(key: str) -> Iterator[Page | None]:
    """Give the page kept under ``key``, or None to the one who is to draw it.

    Whoever else asks meanwhile waits for that drawing, for a second at most: after an event, a room full of people
    would otherwise have the same page drawn for each of them at the same moment.
    """
    page, drawing = kept(key), f"{key}-drawing"
    for _look in range(LOOKS):
        if page or caches["pages"].add(drawing, True, BELIEVED):
            break
        time.sleep(PAUSE)
        page = kept(key)
    try:
        yield page
    finally:
        if not page:
            caches["pages"].delete(drawing)
