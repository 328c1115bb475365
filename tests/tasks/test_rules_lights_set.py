"""A light that the office sets stands above the rules, hides none of their reasons, and every reason has its words."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import translation

from tasks.rules.lights import LightCode, Setting, TaskFacts, judge, settle
from tasks.wording import light_reason
from tests.tasks.test_rules_lights import BEHIND, BLUE, CASES, GREEN, RED, YELLOW, on_plan, standing

SETTING = Setting(GREEN, dt.date(2026, 12, 31), "汛期停工")


@pytest.mark.parametrize(
    ("facts", "setting", "light", "reasons"),
    [
        pytest.param(BEHIND, None, YELLOW, ["behind_plan"], id="nothing set"),
        pytest.param(BEHIND, SETTING, GREEN, ["set_by_office", "behind_plan"], id="better than the rules"),
        pytest.param(
            on_plan(),
            Setting(RED, dt.date(2026, 12, 31), "弄虚作假"),
            RED,
            ["set_by_office", "on_schedule"],
            id="worse than the rules",
        ),
        pytest.param(on_plan(), SETTING, GREEN, ["set_by_office", "on_schedule"], id="the same as the rules"),
        pytest.param(standing(None, None), SETTING, GREEN, ["set_by_office", "nothing_due"], id="not rated"),
        pytest.param(
            standing("39.9", "50.0", previous=YELLOW),
            SETTING,
            GREEN,
            ["set_by_office", "behind_plan", "yellow_twice"],
            id="yellow twice running",
        ),
        pytest.param(on_plan(closed_out=True), SETTING, BLUE, ["closed_out"], id="closed out stays blue"),
    ],
)
def test_what_the_office_sets_holds_and_hides_no_reason(
    facts: TaskFacts, setting: Setting | None, light: LightCode, reasons: list[str]
) -> None:
    found, why = settle(judge(facts), setting)
    assert found is light
    assert [reason.code for reason in why] == reasons


def test_a_set_light_carries_what_the_rules_find_until_when_and_why() -> None:
    _light, why = settle(judge(BEHIND), SETTING)
    assert why[0].as_json() == {
        "code": "set_by_office",
        "automatic": "yellow",
        "until": "2026-12-31",
        "why": "汛期停工",
    }


ALL_REASONS = [
    *(reason.as_json() for case in CASES for reason in judge(case[1]).reasons),
    settle(judge(BEHIND), SETTING)[1][0].as_json(),
]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_reason_explains_itself_in_words(language: str) -> None:
    with translation.override(language):
        said = {reason["code"]: light_reason(reason) for reason in ALL_REASONS}
    assert len(said) == 11
    assert all(said.values())
    chinese = [code for code, words in said.items() if re.search(r"[\u4e00-\u9fff]", words)]
    # In English only what people have typed is Chinese: titles of milestones, and the office's reason.
    typed = {"milestone_late", "key_milestone_late", "set_by_office"}
    assert set(chinese) == (typed if language == "en" else set(said))
