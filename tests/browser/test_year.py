"""A year in its task book, as the administrator keeps it: opened, carried over, filled, and the old one closed.

By its name the last of these tests: what it opens would lengthen the tours of the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.steps import message

Person = Callable[..., Page]
CAMPAIGN, TASK, MILESTONE = "低空经济攻坚行动", "无人机起降场建设", "首个起降场投用"


def books(page: Page) -> None:
    """Open the list of task books."""
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="任务书", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("任务书")


def press(page: Page, name: str, said: str) -> None:
    """Press a button, and see what the system says to it."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(message(page)).to_contain_text(said)


def test_the_administrator_opens_a_year_fills_it_and_closes_an_old_book(person: Person) -> None:
    page = person("administrator")
    left, carried = open_and_carry_over(page)
    expect(page.get_by_role("link", name="结转自", exact=False)).to_have_count(carried)
    expect(page.get_by_role("link", name=left, exact=True)).to_have_count(0)
    add_campaign_and_task(page)
    draw_the_plan(page)
    enter_a_milestone(page)
    close_what_can_be_closed(page)


def open_and_carry_over(page: Page) -> tuple[str, int]:
    """Open next year's book with all of last year's but one task; return that, and how many came over."""
    books(page)
    page.get_by_role("link", name="新建任务书").click()
    expect(page.get_by_label("年度")).to_have_value("2027")
    press(page, "建立任务书", "任务书已建立")
    ticks = page.locator("input[name=task]")
    expect(ticks.first).to_be_checked()
    first = page.get_by_role("listitem").filter(has=ticks).first
    left = first.locator("bdi").inner_text()
    first.get_by_role("checkbox").uncheck()
    carried = ticks.count() - 1
    press(page, "结转所选内容", f"已结转 {carried} 项任务")
    return left, carried


def add_campaign_and_task(page: Page) -> None:
    """Enter a campaign and its first task, each with its lead unit."""
    page.get_by_role("link", name="添加攻坚行动").click()
    page.get_by_role("button", name="添加攻坚行动").click()
    expect(page.get_by_role("alert")).to_contain_text("名称")
    page.get_by_label("名称", exact=False).first.fill(CAMPAIGN)
    page.get_by_label("牵头单位").select_option("东门街道")
    press(page, "添加攻坚行动", "攻坚行动已列入任务书")
    page.get_by_label("标题").fill(TASK)
    page.get_by_label("牵头单位").select_option("南湖街道")
    page.get_by_role("checkbox", name="东门街道").check()
    press(page, "添加任务", "任务已列入任务书")


def draw_the_plan(page: Page) -> None:
    """Type one month, drag another, and save: the task's page shows both."""
    expect(page.get_by_role("heading", level=1)).to_have_text("月度计划")
    june, september = page.get_by_label("2027-06-30"), page.get_by_label("2027-09-30")
    expect(september).to_have_value("75")
    june.fill("45")
    dot = page.locator("[data-dot='2027-09-30']")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 12, steps=4)
    page.mouse.up()
    expect(september).not_to_have_value("75")
    dragged = float(september.input_value())
    assert 66.7 < dragged < 75
    press(page, "保存计划", "计划已保存")
    page.get_by_role("link", name="编辑", exact=True).click()
    page.get_by_role("link", name="月度计划").click()
    expect(june).to_have_value("45")
    expect(september).to_have_value(re.compile(rf"^{dragged:g}"))


def enter_a_milestone(page: Page) -> None:
    """Enter a key milestone; one without its day is refused, and keeps what was typed."""
    page.get_by_role("link", name="时间节点").click()
    line = page.get_by_role("group", name="新增时间节点").first
    line.get_by_label("时间节点").fill(MILESTONE)
    page.get_by_role("button", name="保存时间节点").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(line.get_by_label("时间节点")).to_have_value(MILESTONE)
    line.get_by_label("截止时间").fill("2027-08-31")
    line.get_by_role("checkbox", name="关键节点").check()
    press(page, "保存时间节点", "时间节点已保存")
    expect(page.get_by_role("heading", level=1)).to_contain_text(TASK)
    expect(page.get_by_text(MILESTONE, exact=True)).to_be_visible()


def close_what_can_be_closed(page: Page) -> None:
    """See what keeps this year's book open; close the one of 2023, in which nothing is left to do."""
    books(page)
    page.get_by_role("link", name="2026年攻坚行动任务书").click()
    page.get_by_role("link", name="关闭任务书").click()
    expect(page.get_by_role("region", name="尚未关闭的月份")).to_contain_text("2026-12")
    expect(page.get_by_role("button", name="关闭任务书")).to_have_count(0)
    books(page)
    page.get_by_role("link", name="2023年攻坚行动任务书").click()
    page.get_by_role("link", name="关闭任务书").click()
    press(page, "关闭任务书", "任务书已关闭")
    expect(page.get_by_role("link", name="添加攻坚行动")).to_have_count(0)
