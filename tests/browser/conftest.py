"""A real browser before the real system: windows for people, and an eye on everything a page says or asks for.

These tests know the system only as its users do: by its pages and its mail. They touch no database, and must not:
Playwright keeps an event loop in this thread, in which Django refuses its database.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.people import Watch, open_the_door, sign_in
from tests.browser.tour import BESIDES, SIGNED_OUT, Visit, walk
from tests.stack import Stack, running

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK: ViewportSize = {"width": 1440, "height": 900}
PATIENCE = 30_000  # milliseconds: with every processor busy, a page that usually takes a tenth of a second takes some
expect.set_options(timeout=PATIENCE)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and keep those together that share a system."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if "tour" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.tour)
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group("browser"))


# The scope is the package, not the session: with the browser closed, other tests may use the database again.


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's chromium; a test is skipped without one, unless REQUIRE_BROWSER=1."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        advice = f"No browser: none of {', '.join(CHROMIUM)} is installed. On Debian: apt install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(advice)
        pytest.skip(advice)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running system with a year of demo work; in the end it stops by itself and leaves nothing behind."""
    with running(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
        statuses = stack.stop()
        assert set(statuses.values()) == {0}, f"{statuses}\n{stack.log()}"
        assert stack.survivors() == []
        assert stack.complaints() == []


@pytest.fixture(autouse=True)
def no_complaint(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test fail when the system logs an error while it runs."""
    if "stack" not in request.fixturenames:
        yield
        return
    stack: Stack = request.getfixturevalue("stack")
    before = len(stack.complaints())
    yield
    assert stack.complaints()[before:] == []


@pytest.fixture
def window(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """A function that opens a window of its own; in the end every page must have been quiet and kept to itself."""
    watches = []

    def open_window(**options: object) -> Page:
        context = browser.new_context(base_url=stack.address, viewport=DESK, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        watches.append(Watch(context, stack.address))
        return context.new_page()

    yield open_window
    for watch in watches:
        watch.context.close()
    assert [line for watch in watches for line in watch.faults] == []


@pytest.fixture
def person(window: Callable[..., Page]) -> Callable[..., Page]:
    """A function that opens a window and signs somebody in there: ``person("reporter", "en")``."""

    def signed_in(username: str, language: str = "zh-hans", **options: object) -> Page:
        page = window(**options)
        sign_in(page, username, language)
        return page

    return signed_in


@pytest.fixture(scope="package")
def tour(browser: Browser, stack: Stack) -> Callable[[str, str], list[Visit]]:
    """A function that returns all that a role, or "nobody", saw on its way through the site; each goes once."""
    tours: dict[tuple[str, str], list[Visit]] = {}
    inspected: dict[str, set[str]] = {}

    def seen(role: str, language: str) -> list[Visit]:
        if (role, language) not in tours:
            context = browser.new_context(base_url=stack.address, viewport=DESK)
            context.set_default_timeout(PATIENCE)
            page, watch = context.new_page(), Watch(context, stack.address)
            if role == "nobody":
                open_the_door(page, language)
            else:
                sign_in(page, role, language)
            besides = SIGNED_OUT if role == "nobody" else BESIDES
            tours[role, language] = walk(page, watch, inspected.setdefault(language, set()), besides)
            context.close()
        return tours[role, language]

    return seen
