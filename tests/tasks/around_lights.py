"""What the trail tells of the lights: those set by the office, and the numbers of the rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tasks.rules.lights import Thresholds
from tasks.services.light_rules import set_light_rule
from tasks.services.overrides import set_light, withdraw_light
from tests import factories

DAY = dt.date(2026, 12, 1)
LATER = dt.date(2026, 12, 31)

AROUND_LIGHTS: dict[str, tuple[str, str, Any, dict[str, Any], dict[str, Any]]] = {
    "set_light": (
        "light.set",
        "office",
        lambda w, by: set_light(task=w.task, light="yellow", reason="汛期停工", last_day=LATER, by=by),
        {"light": "grey", "automatic_light": "grey"},
        {"light": "yellow", "reason": "汛期停工", "last_day": "2026-12-31"},
    ),
    "withdraw_light": (
        "light.withdraw",
        "office",
        lambda w, by: withdraw_light(override=factories.override(task=w.task, light="yellow"), by=by),
        {"light": "yellow", "reason": "汛期停工", "last_day": "2026-12-31"},
        {"light": "grey"},
    ),
    "set_light_rule": (
        "rule.set",
        "administrator",
        lambda w, by: set_light_rule(
            thresholds=Thresholds(yellow_below=Decimal(-5)), starts_on=DAY, reason="从严要求", by=by
        ),
        {
            "yellow_below": "-10.0",
            "red_below": "-30.0",
            "key_milestone_days": "30",
            "leader_obstacle_days": "30",
        },
        {
            "yellow_below": "-5",
            "red_below": "-30",
            "key_milestone_days": "30",
            "leader_obstacle_days": "30",
            "starts_on": "2026-12-01",
            "reason": "从严要求",
        },
    ),
}
