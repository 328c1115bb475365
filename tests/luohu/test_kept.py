"""Pages that are kept: drawn once, however many ask at the same moment, and never with what belongs to one answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import RequestFactory

from luohu import kept
from luohu.kept import HOLES, Page, draw, keep, once

PAGE = Page({"Content-Type": "text/plain"}, ["drawn"])


@pytest.fixture(autouse=True)
def pages(settings: Any) -> Iterator[None]:
    """A cache that all threads of the process share."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {**settings.CACHES, "pages": {"BACKEND": backend, "LOCATION": "kept"}}
    caches["pages"].clear()
    yield
    caches["pages"].clear()


def test_what_two_ask_for_at_once_is_drawn_once() -> None:
    begun, may_end = threading.Event(), threading.Event()
    seen: list[Page | None] = []

    def first() -> None:
        with once("key") as page:
            seen.append(page)
            begun.set()
            assert may_end.wait(10)
            keep("key", PAGE, 60)

    def second() -> None:
        assert begun.wait(10)
        may_end.set()
        with once("key") as page:
            seen.append(page)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [None, PAGE]


def test_a_drawing_that_failed_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="broken"), once("key"):
        raise ValueError("broken")
    assert "key-drawing" not in caches["pages"]


def test_who_waits_in_vain_draws_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PAUSE", 0)
    caches["pages"].set("key-drawing", True)  # by a process that was killed
    with once("key") as page:
        assert page is None


@pytest.mark.parametrize("spoiled", ["message", "token", "cookie", "status"])
def test_what_belongs_to_one_answer_is_not_kept(spoiled: str) -> None:
    request = RequestFactory().get("/")

    def view() -> HttpResponse:
        response = HttpResponse("page", status=404 if spoiled == "status" else 200)
        if spoiled == "cookie":
            response.set_cookie("a", "b")
        if spoiled == "token":
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
        if spoiled == "message":
            request._messages = type("Shown", (), {"used": True})()  # type: ignore[attr-defined]
        return response

    assert not draw(request, view)[2]
    assert draw(RequestFactory().get("/"), lambda: HttpResponse("page"))[2]


def test_no_text_can_make_a_hole() -> None:
    request = RequestFactory().get("/")
    typed = "components/_token.html"

    def view() -> HttpResponse:
        holes = HOLES.get()
        assert holes
        return HttpResponse(f"{typed}{holes.leave('components/_caret.html')}{typed}")

    _response, page, _may = draw(request, view)
    assert page.parts == [typed, "components/_caret.html", typed]
    assert HOLES.get() is None
    assert page.filled(request, {}).count(typed) == 2
