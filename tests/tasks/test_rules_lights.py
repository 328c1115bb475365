"""The light of a task: every rule, both sides of every boundary, and which rule goes first."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.lights import (
    DEFAULTS,
    LateMilestone,
    LightCode,
    Reason,
    TaskFacts,
    Thresholds,
    judge,
)

GREEN, YELLOW, RED, BLUE, GREY = (
    LightCode.GREEN,
    LightCode.YELLOW,
    LightCode.RED,
    LightCode.BLUE,
    LightCode.GREY,
)


def key(days: int) -> LateMilestone:
    return LateMilestone("主体封顶", days, is_key=True)


def plain(days: int) -> LateMilestone:
    return LateMilestone("完成招标", days, is_key=False)


def standing(actual: str | None, scheduled: str | None, **facts: Any) -> TaskFacts:
    return TaskFacts(
        actual=None if actual is None else Decimal(actual),
        scheduled=None if scheduled is None else Decimal(scheduled),
        **facts,
    )


def on_plan(**facts: Any) -> TaskFacts:
    return standing("50.0", "50.0", **facts)


BEHIND = standing("39.9", "50.0")
CASES: list[tuple[str, TaskFacts, LightCode, list[str]]] = [
    # Nothing due yet
    ("no plan", standing(None, None), GREY, ["nothing_due"]),
    ("no plan, something accepted", standing("20.0", None), GREY, ["nothing_due"]),
    ("plan not begun, nothing accepted", standing(None, "0.0"), GREY, ["nothing_due"]),
    ("plan not begun, nought accepted", standing("0.0", "0.0"), GREEN, ["on_schedule"]),
    ("plan just begun, nothing accepted", standing(None, "0.1"), GREEN, ["on_schedule"]),
    ("ahead of a plan not begun", standing("5.0", "0.0"), GREEN, ["on_schedule"]),
    # Against the plan
    ("on plan", on_plan(), GREEN, ["on_schedule"]),
    ("ahead", standing("60.0", "50.0"), GREEN, ["on_schedule"]),
    ("done early", standing("100.0", "0.1"), GREEN, ["on_schedule"]),
    ("a little behind", standing("45.0", "50.0"), GREEN, ["on_schedule"]),
    ("9.9 behind", standing("40.1", "50.0"), GREEN, ["on_schedule"]),
    ("10.0 behind is not below -10", standing("40.0", "50.0"), GREEN, ["on_schedule"]),
    ("10.1 behind", standing("39.9", "50.0"), YELLOW, ["behind_plan"]),
    ("20 behind", standing("30.0", "50.0"), YELLOW, ["behind_plan"]),
    ("29.9 behind", standing("20.1", "50.0"), YELLOW, ["behind_plan"]),
    ("30.0 behind is not below -30", standing("20.0", "50.0"), YELLOW, ["behind_plan"]),
    ("30.1 behind", standing("19.9", "50.0"), RED, ["behind_plan"]),
    ("100 behind", standing("0.0", "100.0"), RED, ["behind_plan"]),
    ("nothing accepted, 10.0 planned", standing(None, "10.0"), GREEN, ["on_schedule"]),
    ("nothing accepted, 10.1 planned", standing(None, "10.1"), YELLOW, ["behind_plan"]),
    ("nothing accepted, 30.0 planned", standing(None, "30.0"), YELLOW, ["behind_plan"]),
    ("nothing accepted, 30.1 planned", standing(None, "30.1"), RED, ["behind_plan"]),
    # Milestones
    ("milestone due today", on_plan(late_milestones=[plain(0)]), GREEN, ["on_schedule"]),
    ("milestone a day late", on_plan(late_milestones=[plain(1)]), YELLOW, ["milestone_late"]),
    ("milestone 31 days late, not key", on_plan(late_milestones=[plain(31)]), YELLOW, ["milestone_late"]),
    ("milestone a year late, not key", on_plan(late_milestones=[plain(365)]), YELLOW, ["milestone_late"]),
    ("key milestone due today", on_plan(late_milestones=[key(0)]), GREEN, ["on_schedule"]),
    ("key milestone a day late", on_plan(late_milestones=[key(1)]), YELLOW, ["milestone_late"]),
    ("key milestone 29 days late", on_plan(late_milestones=[key(29)]), YELLOW, ["milestone_late"]),
    ("key milestone 30 days late", on_plan(late_milestones=[key(30)]), YELLOW, ["milestone_late"]),
    ("key milestone 31 days late", on_plan(late_milestones=[key(31)]), RED, ["key_milestone_late"]),
    ("two late", on_plan(late_milestones=[plain(3), key(9)]), YELLOW, ["milestone_late"] * 2),
    ("two key ones late", on_plan(late_milestones=[key(40), key(31)]), RED, ["key_milestone_late"] * 2),
    ("of two the key one is red", on_plan(late_milestones=[plain(90), key(31)]), RED, ["key_milestone_late"]),
    (
        "late milestone without a plan",
        standing(None, None, late_milestones=[plain(1)]),
        YELLOW,
        ["milestone_late"],
    ),
    (
        "key one very late without a plan",
        standing(None, None, late_milestones=[key(31)]),
        RED,
        ["key_milestone_late"],
    ),
    # The due date
    ("due tomorrow", on_plan(days_past_due=-1), GREEN, ["on_schedule"]),
    ("due today", on_plan(days_past_due=0), GREEN, ["on_schedule"]),
    ("due yesterday", on_plan(days_past_due=1), RED, ["past_due"]),
    ("past due though all is done", standing("100.0", "100.0", days_past_due=1), RED, ["past_due"]),
    ("past due without a plan", standing(None, None, days_past_due=1), RED, ["past_due"]),
    ("past due and far behind", standing("0.0", "100.0", days_past_due=9), RED, ["behind_plan", "past_due"]),
    ("past due and a little behind", standing("80.0", "100.0", days_past_due=9), RED, ["past_due"]),
    (
        "all that makes red",
        standing("0.0", "100.0", days_past_due=9, late_milestones=[key(31)]),
        RED,
        ["behind_plan", "key_milestone_late", "past_due"],
    ),
    # The last due report
    ("report missed", on_plan(last_report_missed=True), YELLOW, ["report_missed"]),
    (
        "report missed before anything is due",
        standing(None, "0.0", last_report_missed=True),
        YELLOW,
        ["report_missed"],
    ),
    (
        "report missed without a plan",
        standing(None, None, last_report_missed=True),
        YELLOW,
        ["report_missed"],
    ),
    # Obstacles waiting for a district leader
    ("obstacle since today", on_plan(leader_obstacle_days=0), GREEN, ["on_schedule"]),
    ("obstacle for 29 days", on_plan(leader_obstacle_days=29), GREEN, ["on_schedule"]),
    ("obstacle for 30 days", on_plan(leader_obstacle_days=30), GREEN, ["on_schedule"]),
    ("obstacle for 31 days", on_plan(leader_obstacle_days=31), YELLOW, ["obstacle_waiting"]),
    (
        "all that makes yellow",
        standing("30.0", "50.0", late_milestones=[key(5)], last_report_missed=True, leader_obstacle_days=40),
        YELLOW,
        ["behind_plan", "milestone_late", "report_missed", "obstacle_waiting"],
    ),
    ("red names no lesser reason", standing("0.0", "50.0", last_report_missed=True), RED, ["behind_plan"]),
    # Yellow twice running
    ("yellow after green", standing("39.9", "50.0", previous=GREEN), YELLOW, ["behind_plan"]),
    ("yellow after grey", standing("39.9", "50.0", previous=GREY), YELLOW, ["behind_plan"]),
    ("yellow after red", standing("39.9", "50.0", previous=RED), YELLOW, ["behind_plan"]),
    ("yellow after blue", standing("39.9", "50.0", previous=BLUE), YELLOW, ["behind_plan"]),
    ("yellow for the first time", standing("39.9", "50.0", previous=None), YELLOW, ["behind_plan"]),
    ("yellow after yellow", standing("39.9", "50.0", previous=YELLOW), RED, ["behind_plan", "yellow_twice"]),
    (
        "yellow after yellow for another reason",
        on_plan(last_report_missed=True, previous=YELLOW),
        RED,
        ["report_missed", "yellow_twice"],
    ),
    ("green after yellow", on_plan(previous=YELLOW), GREEN, ["on_schedule"]),
    ("grey after yellow", standing(None, None, previous=YELLOW), GREY, ["nothing_due"]),
    ("red after yellow is red by itself", standing("0.0", "50.0", previous=YELLOW), RED, ["behind_plan"]),
    # Closed out
    ("closed out", on_plan(closed_out=True), BLUE, ["closed_out"]),
    ("closed out without a plan", standing(None, None, closed_out=True), BLUE, ["closed_out"]),
    ("closed out far behind", standing("0.0", "100.0", closed_out=True), BLUE, ["closed_out"]),
    ("closed out past due", on_plan(closed_out=True, days_past_due=99), BLUE, ["closed_out"]),
    (
        "closed out after yellow",
        on_plan(closed_out=True, last_report_missed=True, previous=YELLOW),
        BLUE,
        ["closed_out"],
    ),
]


@pytest.mark.parametrize(
    ("facts", "light", "reasons"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_light_and_reasons(facts: TaskFacts, light: LightCode, reasons: list[str]) -> None:
    verdict = judge(facts)
    assert verdict.light == light
    assert [reason.code for reason in verdict.reasons] == reasons


def test_every_reason_is_in_the_table() -> None:
    assert {reason for _name, _facts, _light, reasons in CASES for reason in reasons} == {
        "closed_out",
        "behind_plan",
        "key_milestone_late",
        "past_due",
        "yellow_twice",
        "milestone_late",
        "report_missed",
        "obstacle_waiting",
        "nothing_due",
        "on_schedule",
    }


# What a reason says


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (BEHIND, [{"code": "behind_plan", "points": "10.1"}]),
        (standing(None, "30.1"), [{"code": "behind_plan", "points": "30.1"}]),
        (standing("55.5", "50.0"), [{"code": "on_schedule", "points": "5.5"}]),
        (standing("45.5", "50.0"), [{"code": "on_schedule", "points": "-4.5"}]),
        (on_plan(), [{"code": "on_schedule", "points": "0.0"}]),
        (on_plan(days_past_due=12), [{"code": "past_due", "days": 12}]),
        (
            on_plan(late_milestones=[plain(4)]),
            [{"code": "milestone_late", "milestone": "完成招标", "days": 4}],
        ),
        (
            on_plan(late_milestones=[key(31)]),
            [{"code": "key_milestone_late", "milestone": "主体封顶", "days": 31}],
        ),
        (on_plan(leader_obstacle_days=45), [{"code": "obstacle_waiting", "days": 45}]),
        (on_plan(last_report_missed=True), [{"code": "report_missed"}]),
    ],
)
def test_a_reason_carries_its_figures(facts: TaskFacts, reasons: list[dict[str, Any]]) -> None:
    assert [reason.as_json() for reason in judge(facts).reasons] == reasons


# The light before its own escalation, for which the next period asks


@pytest.mark.parametrize(
    ("facts", "light", "unescalated"),
    [
        (standing("39.9", "50.0", previous=YELLOW), RED, YELLOW),
        (standing("39.9", "50.0", previous=GREEN), YELLOW, YELLOW),
        (standing("0.0", "50.0", previous=YELLOW), RED, RED),
        (on_plan(previous=YELLOW), GREEN, GREEN),
        (standing(None, None), GREY, GREY),
        (on_plan(closed_out=True), BLUE, BLUE),
    ],
)
def test_only_yellow_twice_is_escalated(facts: TaskFacts, light: LightCode, unescalated: LightCode) -> None:
    verdict = judge(facts)
    assert (verdict.light, verdict.unescalated) == (light, unescalated)


def test_yellow_month_after_month_stays_red_until_it_is_better() -> None:
    lights, previous = [], None
    for actual in ("39.0", "39.0", "39.0", "50.0", "39.0", "39.0"):
        verdict = judge(standing(actual, "50.0", previous=previous))
        lights.append(verdict.light)
        previous = verdict.unescalated
    assert lights == [YELLOW, RED, RED, GREEN, YELLOW, RED]


# Other numbers than the defaults


STRICT = Thresholds(
    version=2,
    yellow_below=Decimal(-5),
    red_below=Decimal(-20),
    key_milestone_days=10,
    leader_obstacle_days=7,
)


@pytest.mark.parametrize(
    ("facts", "light"),
    [
        (standing("45.0", "50.0"), GREEN),
        (standing("44.9", "50.0"), YELLOW),
        (standing("30.0", "50.0"), YELLOW),
        (standing("29.9", "50.0"), RED),
        (on_plan(late_milestones=[key(10)]), YELLOW),
        (on_plan(late_milestones=[key(11)]), RED),
        (on_plan(leader_obstacle_days=7), GREEN),
        (on_plan(leader_obstacle_days=8), YELLOW),
    ],
)
def test_thresholds_can_be_others(facts: TaskFacts, light: LightCode) -> None:
    assert judge(facts, STRICT).light == light


def test_the_defaults_are_those_of_the_published_notices() -> None:
    assert Thresholds() == DEFAULTS
    assert (DEFAULTS.yellow_below, DEFAULTS.red_below) == (Decimal(-10), Decimal(-30))
    assert (DEFAULTS.key_milestone_days, DEFAULTS.leader_obstacle_days) == (30, 30)


# What holds for any facts


SEVERITY = {BLUE: 0, GREY: 1, GREEN: 1, YELLOW: 2, RED: 3}
percents = st.none() | st.decimals(0, 100, places=1)
milestones = st.lists(
    st.builds(LateMilestone, st.just("节点"), st.integers(0, 90), st.booleans()), max_size=3
)
any_facts = st.builds(
    TaskFacts,
    closed_out=st.booleans(),
    actual=percents,
    scheduled=percents,
    late_milestones=milestones,
    days_past_due=st.integers(-400, 400),
    last_report_missed=st.booleans(),
    leader_obstacle_days=st.integers(0, 90),
    previous=st.none() | st.sampled_from(LightCode),
)


@given(any_facts)
def test_every_light_says_why(facts: TaskFacts) -> None:
    verdict = judge(facts)
    assert verdict.reasons
    assert all(isinstance(reason, Reason) for reason in verdict.reasons)
    assert (verdict.light is not verdict.unescalated) == any(
        reason.code == "yellow_twice" for reason in verdict.reasons
    )


@given(any_facts, percents)
def test_more_progress_never_makes_a_light_worse(facts: TaskFacts, more: Decimal | None) -> None:
    least, most = sorted((facts.actual or Decimal(0), more or Decimal(0)))
    worse, better = (
        judge(TaskFacts(**{**facts.__dict__, "actual": actual})).light for actual in (least, most)
    )
    assert SEVERITY[better] <= SEVERITY[worse]


def test_what_makes_red_never_hides_behind_what_makes_yellow() -> None:
    red: list[dict[str, Any]] = [{"days_past_due": 1}, {"late_milestones": [key(31)]}]
    yellow: list[dict[str, Any]] = [{"last_report_missed": True}, {"leader_obstacle_days": 31}, {}]
    for worst, lesser, previous in product(red, yellow, (None, *LightCode)):
        assert judge(on_plan(**worst, **lesser, previous=previous)).light is RED
