"""The main job, end to end, as five people do it: filed, accepted, seen, reassigned, reminded, taken over."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.steps import CHINESE, ENGLISH, Words
from tests.stack import Stack

Person = Callable[..., Page]
PROGRESS = "完成现场放样和管线迁改，<b>进度</b>按计划推进 🚧。"


@pytest.mark.parametrize(
    ("language", "words", "reporter", "unit", "newcomer"),
    [
        pytest.param("zh-hans", CHINESE, "reporter", "东门街道", "dongmen-reporter", id="zh"),
        pytest.param("en", ENGLISH, "housing-reporter", "Nanhu Sub-district", "nanhu-reporter", id="en"),
    ],
)
def test_a_report_is_filed_accepted_and_seen_and_another_passes_to_a_unit_that_is_reminded(
    person: Person, stack: Stack, language: str, words: Words, reporter: str, unit: str, newcomer: str
) -> None:
    desk = person(reporter, language)
    expect(desk).to_have_url(f"{stack.address}/reports/")
    expect(desk.get_by_role("heading", level=1)).to_have_text(re.compile(words["things to do"]))
    task, handed_over = steps.to_file(desk, words)[:2]
    percent = steps.open_from_desk(desk, words, task) + 2.1

    leader = person("leader", language)
    expect(leader).to_have_url(f"{stack.address}/dashboard/")
    expect(leader.get_by_role("heading", level=1)).to_contain_text(words["dashboard"])
    assert f"{percent:.1f}%" not in steps.standing(leader, words, task)

    steps.type_report(desk, words, percent, PROGRESS)
    steps.submit(desk, words, task)
    office = person("office", language)
    expect(office).to_have_url(f"{stack.address}/reports/")
    steps.decide(office, words, task, "accept")

    assert f"{percent:.1f}%" in steps.standing(leader, words, task)
    expect(leader.get_by_text(PROGRESS)).to_be_visible()

    steps.reassign(person("administrator", language), words, handed_over, unit)
    steps.mail_about(stack, f"{newcomer}@demo.invalid", handed_over)
    take_over(person(newcomer, language), words, handed_over)


def take_over(page: Page, words: Words, task: str) -> None:
    """See handover and deadline in the inbox and on the desk, and acknowledge."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(words["things to do"]))
    assert task in steps.to_file(page, words)
    todo = page.get_by_role("listitem").filter(has_text=words["take over"].format(task=task))
    todo.get_by_role("button", name=words["acknowledge"]).click()
    expect(steps.message(page)).to_contain_text(words["acknowledged"])
    expect(todo).to_have_count(0)

    page.get_by_role("link", name=words["inbox"]).click()
    expect(page.get_by_role("button", name=words["lead given"].format(task=task))).to_be_visible()
    page.get_by_role("button", name=re.compile(words["reminded"].format(task=task))).click()
    expect(page.get_by_label(words["percent"])).to_be_visible()
    expect(page.get_by_role("link", name=task)).to_be_visible()


def test_a_returned_report_shows_the_offices_words_and_is_filed_again(person: Person, stack: Stack) -> None:
    desk = person("city-management-reporter")
    task = steps.to_file(desk, CHINESE)[0]
    percent = steps.open_from_desk(desk, CHINESE, task) + 0.4
    steps.type_report(desk, CHINESE, percent, PROGRESS)
    steps.submit(desk, CHINESE, task)
    office = person("office")
    steps.decide(office, CHINESE, task, "return", "请补充本月实物工程量。")

    desk.goto("/reports/")
    expect(desk.get_by_role("listitem").filter(has_text=task)).to_contain_text("请补充本月实物工程量。")
    steps.open_from_desk(desk, CHINESE, task, "correct")
    expect(desk.get_by_text("请补充本月实物工程量。")).to_be_visible()
    expect(desk.get_by_label(CHINESE["progress"])).to_have_value(PROGRESS)
    steps.type_report(desk, CHINESE, percent, f"{PROGRESS}本月铺设管线1.2公里。")
    steps.submit(desk, CHINESE, task)
    office.goto("/reports/")
    steps.decide(office, CHINESE, task, "accept")


def test_without_javascript_a_report_is_filed_and_accepted(person: Person, stack: Stack) -> None:
    desk = person("industry-reporter", java_script_enabled=False)
    task = steps.to_file(desk, CHINESE)[0]
    percent = steps.open_from_desk(desk, CHINESE, task) + 0.3
    steps.type_report(desk, CHINESE, percent, PROGRESS)
    desk.get_by_role("button", name=CHINESE["save draft"]).click()
    expect(steps.message(desk)).to_contain_text(CHINESE["saved"])
    steps.submit(desk, CHINESE, task)
    steps.decide(person("office", java_script_enabled=False), CHINESE, task, "accept")
