"""`make demo` and Ctrl-C: nothing is left running, and nothing that was typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.people import sign_in
from tests.browser.steps import CHINESE
from tests.stack import Stack, free_port, start_demo

TYPED = "主体结构完成三层，\n明日验收。"


def window_on(browser: Browser, stack: Stack) -> Page:
    return browser.new_context(base_url=stack.address).new_page()


@pytest.mark.xdist_group("demo")
def test_ctrl_c_leaves_no_process_and_what_was_saved_is_there_at_the_next_start(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    stack = start_demo(tmp_path, story=False, port=port)
    try:
        page = window_on(browser, stack)
        sign_in(page, "reporter")
        page.goto(draft := first_to_file(page))
        page.get_by_label(CHINESE["progress"]).fill(TYPED)
        page.get_by_role("button", name=CHINESE["save draft"]).click()
        expect(steps.message(page)).to_contain_text(CHINESE["saved"])
        assert stack.survivors() != []
        assert stack.stop() == {"demo": 0}
        assert stack.survivors() == []

        stack = start_demo(tmp_path, story=False, port=port)
        page.reload()  # the session has lived on as well
        page.goto(draft)
        expect(page.get_by_label(CHINESE["progress"])).to_have_value(TYPED)
        page.context.close()
        assert stack.stop() == {"demo": 0}
        assert stack.survivors() == []
        assert stack.complaints() == []
    finally:
        stack.kill()


def first_to_file(page: Page) -> str:
    """Return the address of the first report on the desk."""
    link = page.get_by_role("region", name=CHINESE["todo"]).locator('a[href^="/reports/"]').first
    return link.get_attribute("href") or ""
