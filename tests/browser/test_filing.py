"""Filing at a browser: few steps, with and without scripts, and nothing that was typed is ever lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import steps
from tests.browser.people import PASSWORD, sign_in
from tests.browser.steps import ENGLISH
from tests.stack import ROOT, Stack, environment, free_port

Window = Callable[..., Page]
WORDS = "完成现场放样，管线迁改过半。"


class Pages(Stack):
    """The pages alone, on a database of their own, to be killed and started again."""

    def prepare(self) -> None:
        for command in (["migrate"], ["load_facts"], ["load_demo"], ["collectstatic", "--noinput"]):
            manage = [sys.executable, "manage.py", *command, "-v0"]
            subprocess.run(manage, cwd=ROOT, env=self.env(), check=True, capture_output=True)

    def env(self) -> dict[str, str]:
        return environment(self.folder, self.port, story=True, WEB_BIND=f"127.0.0.1:{self.port}")

    def begin(self) -> None:
        self.start("web", [sys.executable, "-m", "gunicorn"], self.env())
        self.wait_until_ready()

    def kill_outright(self) -> None:
        """End the web server and its workers as a power cut would: nothing of theirs gets to run."""
        web = self.parts["web"]
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()


@pytest.fixture(scope="module")
def pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """A web server on SQLite with the demo's year."""
    folder: Path = tmp_path_factory.mktemp("pages")
    made = Pages(f"http://127.0.0.1:{free_port()}", folder)
    made.prepare()
    made.begin()
    yield made
    made.kill()


@pytest.fixture
def at_desk(browser: Browser, pages: Pages) -> Iterator[Window]:
    """A function that opens a window and signs somebody in: ``at_desk("dongmen-reporter")``."""
    contexts = []
    if pages.parts["web"].poll() is not None:
        pages.begin()  # a test that failed between killing and starting must not fail the next one too

    def open_window(username: str, **options: object) -> Page:
        context = browser.new_context(base_url=pages.address, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())  # "leave with unsaved words?"
        sign_in(page, username, "en")
        return page

    yield open_window
    for context in contexts:
        context.close()


def open_first(page: Page) -> str:
    """Open the first report that the desk asks for, and return its address."""
    page.goto("/reports/")
    page.get_by_role("region", name="To do").get_by_role(
        "link", name=re.compile("^(File|Finish|Correct)")
    ).first.click()
    expect(page.locator("#id_progress")).to_be_visible()
    page.wait_for_load_state("load")  # its scripts too: a server killed before they arrive can send none
    return page.url


def saved(page: Page) -> None:
    """Wait until the page says that the server has the text."""
    expect(page.locator("[data-status]")).to_contain_text(re.compile(r"Saved \d\d:\d\d"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_green_report_takes_three_steps_besides_the_typing(at_desk: Window, *, scripts: bool) -> None:
    page = at_desk("housing-reporter", java_script_enabled=scripts)
    steps_taken = 0

    def step(act: Callable[[], object]) -> None:
        nonlocal steps_taken
        act()
        steps_taken += 1

    page.goto("/reports/")
    task = steps.to_file(page, ENGLISH)[0]
    step(page.get_by_role("link", name=re.compile(f"^File the .*{re.escape(task)}")).click)
    form = page.locator("form[data-autosave]")
    plan, before = (float(form.get_attribute(name) or 0) for name in ("data-plan", "data-before"))
    page.locator("#id_actual_percent").fill(f"{max(plan, before):.1f}")
    page.locator("#id_progress").fill(WORDS)
    lights = page.get_by_role("group", name="Own light")
    step(lights.get_by_role("radio", name="On track", exact=True).check)
    step(page.get_by_role("button", name=re.compile("^Submit")).click)
    expect(steps.message(page)).to_contain_text(f"Filed: {task}")
    assert steps_taken <= 4


def test_what_was_typed_outlives_a_web_server_killed_outright(at_desk: Window, pages: Pages) -> None:
    page = at_desk("reporter")
    address = open_first(page)
    page.locator("#id_progress").fill(WORDS)
    saved(page)

    pages.kill_outright()
    page.locator("#id_next_steps").fill("断电后写的一句。")
    expect(page.locator("[data-status]")).to_contain_text("The server cannot be reached.")
    page.close()  # and the tab with it

    pages.begin()
    page = at_desk("reporter")
    page.goto(address)
    expect(page.locator("#id_progress")).to_have_value(WORDS)


def test_the_page_sends_by_itself_what_the_server_was_away_for(at_desk: Window, pages: Pages) -> None:
    page = at_desk("reporter")
    address = open_first(page)
    pages.kill_outright()
    page.locator("#id_problems").fill("服务器不在时写的。")
    expect(page.locator("[data-status]")).to_contain_text("The server cannot be reached.")
    pages.begin()
    saved(page)
    page.goto(address)
    expect(page.locator("#id_problems")).to_have_value("服务器不在时写的。")


def test_the_wall_chart_outlives_the_server_and_says_how_old_it_is(at_desk: Window, pages: Pages) -> None:
    page = at_desk("leader")
    page.clock.install()
    page.goto("/dashboard/wall/")
    since = page.locator("#as-of").inner_text()
    pages.kill_outright()
    page.clock.run_for(61_000)
    expect(page.locator("#away")).to_have_text(
        f"The server does not answer. The figures are those of {since}."
    )
    expect(page.locator(".wall-table tbody tr")).to_have_count(10)
    pages.begin()
    page.clock.run_for(61_000)
    expect(page.locator("#away")).to_be_hidden()
    expect(page.locator(".wall-table tbody tr")).to_have_count(10)


def test_what_was_typed_before_the_scripts_arrived_is_saved_too(at_desk: Window) -> None:
    page = at_desk("reporter")
    address = open_first(page)
    late: list[Route] = []
    page.route("**/autosave.*.js", lambda route: late.append(route))  # the line is slow
    with page.expect_request("**/autosave.*.js"):
        page.goto(address, wait_until="commit")
    page.locator("#id_problems").fill(WORDS)
    late[0].continue_()
    saved(page)


def test_a_closed_tab_offers_back_what_had_not_reached_the_server(at_desk: Window, pages: Pages) -> None:
    page = at_desk("reporter")
    address = open_first(page)
    page.route(address, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("#id_next_steps").fill("关掉的标签页里写的。")
    expect(page.locator("[data-status]")).to_contain_text("The server cannot be reached.")
    window = page.context
    page.close()

    page = window.new_page()
    page.goto(address)
    offer = page.locator("[data-offer]")
    expect(offer).to_contain_text("that had not reached the server")
    expect(offer).to_contain_text("关掉的标签页里写的。")
    expect(page.locator("#id_next_steps")).not_to_have_value("关掉的标签页里写的。")
    offer.get_by_role("button", name="Use it").click()
    saved(page)
    page.reload()
    expect(page.locator("#id_next_steps")).to_have_value("关掉的标签页里写的。")
    expect(page.locator("[data-offer]")).to_be_hidden()


def test_an_expired_session_keeps_the_text_until_one_has_signed_in_again(at_desk: Window) -> None:
    page = at_desk("reporter")
    address = open_first(page)
    page.context.clear_cookies(name="sessionid")
    page.locator("#id_next_steps").fill("会话过期后写的。")
    expect(page.locator("[data-status]")).to_contain_text("You have been signed out.")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("User name").fill("reporter")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(address)
    page.locator("[data-offer]").get_by_role("button", name="Use it").click()
    saved(page)
    page.reload()
    expect(page.locator("#id_next_steps")).to_have_value("会话过期后写的。")


def test_two_windows_are_told_of_each_other_and_both_texts_shown(at_desk: Window) -> None:
    first = at_desk("reporter")
    address = open_first(first)
    second = first.context.new_page()
    second.on("dialog", lambda dialog: dialog.accept())
    second.goto(address)
    first.locator("#id_next_steps").fill("第一个窗口写的。")
    saved(first)
    second.locator("#id_next_steps").fill("第二个窗口写的。")
    expect(second.locator("[data-status]")).to_contain_text("Somebody else has saved this report")
    second.get_by_role("button", name="Save draft").last.click()
    expect(second.locator("#id_next_steps")).to_have_value("第二个窗口写的。")
    expect(second.get_by_role("complementary")).to_contain_text("第一个窗口写的。")


def test_filing_at_once_after_typing_meets_no_conflict_with_oneself(at_desk: Window) -> None:
    page = at_desk("reporter")
    open_first(page)
    form = page.locator("form[data-autosave]")
    plan, before = (float(form.get_attribute(name) or 0) for name in ("data-plan", "data-before"))
    page.locator("#id_actual_percent").fill(f"{max(plan, before):.1f}")
    page.get_by_role("group", name="Own light").get_by_role("radio", name="On track", exact=True).check()
    # Answers slowly enough to be still on its way when the button is pressed.
    held: list[Route] = []
    page.route("**/reports/*/", lambda route: held.append(route) if not held else route.continue_())
    page.locator("#id_progress").fill(WORDS)
    with page.expect_request(lambda request: request.method == "POST"):
        pass
    page.get_by_role("button", name=re.compile("^Submit")).click(no_wait_after=True)
    held[0].continue_()
    expect(steps.message(page)).to_contain_text("Filed:")
