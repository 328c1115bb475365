"""What can never be true of the lights' numbers and of lights set by hand, whoever writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from tasks.models import LightOverride, LightRule, LightSum
from tests import factories
from tests.refused import Case, assert_refused, copy_of, refused

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def light_rule() -> LightRule:
    return LightRule.objects.create(
        version=9,
        starts_on=JUNE,
        yellow_below=Decimal(-10),
        red_below=Decimal(-30),
        key_milestone_days=30,
        leader_obstacle_days=30,
        reason="年中从严",
        decided_at=timezone.now(),
        decided_by=factories.user(),
    )


def light_override() -> LightOverride:
    return LightOverride.objects.create(
        task=factories.task(),
        light="yellow",
        reason="数据有待核实",
        starts_at=timezone.now(),
        set_by=factories.user(),
        ends_on=JULY,
    )


def light_sum() -> LightSum:
    factories.light()
    return LightSum.objects.get()


REFUSED: list[Case] = [
    ("light_rule_yellow_below", light_rule, {"yellow_below": Decimal(1)}),
    ("light_rule_red_below_yellow", light_rule, {"red_below": Decimal(-10)}),
    ("light_rule_red_below_yellow", light_rule, {"red_below": Decimal("-100.1")}),
    ("light_rule_days_within_a_year", light_rule, {"key_milestone_days": 367}),
    ("light_rule_days_within_a_year", light_rule, {"leader_obstacle_days": 367}),
    ("light_rule_later_version_has_reason", light_rule, {"reason": ""}),
    ("light_rule_later_version_has_reason", light_rule, {"decided_by": None}),
    ("light_override_rates", light_override, {"light": "blue"}),
    ("light_override_has_reason", light_override, {"reason": ""}),
    ("light_override_ended_at_and_by", light_override, {"ended_by": factories.user}),
    ("light_sum_within_weight", light_sum, {"weight": 0}),
    ("light_sum_within_weight", light_sum, {"actual_sum": Decimal(-1)}),
    ("light_sum_within_weight", light_sum, {"scheduled_sum": Decimal("100.1")}),
]
SEEN = {name for name, _make, _changes in REFUSED} | {"light_override_one_a_task", "light_sum_once_a_period"}
"""Every constraint that is seen to hold here."""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


def test_a_task_has_one_light_set_by_hand(db: None) -> None:
    override = light_override()
    with refused("light_override_one_a_task"):
        LightOverride.objects.bulk_create([copy_of(override)])
    LightOverride.objects.update(ended_at=timezone.now())
    LightOverride.objects.bulk_create([copy_of(override, ended_at=None)])


def test_a_campaign_has_one_sum_a_period(db: None) -> None:
    with refused("light_sum_once_a_period"):
        LightSum.objects.bulk_create([copy_of(light_sum())])
