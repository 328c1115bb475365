"""The lights side by side: by the rules, the unit's own, and the one that holds; and the versions of the rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from commands.models import User
from tasks.boards.moments import Moment
from tasks.models import LightOverride, LightRule, Task
from tasks.models.lights import thresholds_in_force
from tasks.services.light_rules import LightChange
from tasks.services.overrides import may_set_light
from tasks.wording import light_reason

OVERRIDES_SHOWN = 5


@dataclass(frozen=True)
class TaskLights:
    """What stands beside a task's light: the office's setting that holds, those before, and whether one may set it."""

    setting: LightOverride | None
    past: list[LightOverride]
    may_set: bool


def lights_of(task: Task, user: User, moment: Moment) -> TaskLights:
    """Return the settings of ``task`` as they stood at ``moment``: one query. Nothing is set on a past day."""
    at = moment.at
    known = LightOverride.objects.filter(task=task.pk, starts_at__lte=at).select_related("set_by", "ended_by")
    rows = list(known[: OVERRIDES_SHOWN + 1])
    holding = next((row for row in rows if _holds(row, at)), None)
    return TaskLights(
        setting=holding,
        past=[row for row in rows if row is not holding],
        may_set=not moment.is_past and task.is_open and may_set_light(task, user),
    )


def _holds(row: LightOverride, at: dt.datetime) -> bool:
    return (row.ended_at is None or row.ended_at > at) and timezone.localdate(at) < row.ends_on


@dataclass(frozen=True)
class RuleLine:
    """One version of the rules: whether it holds, is still to come, or is past."""

    rule: LightRule
    state: str


def rule_lines(day: dt.date) -> list[RuleLine]:
    """Return the versions of the rules, the newest first: one query."""
    rules = list(LightRule.objects.select_related("decided_by").order_by("-starts_on", "-version"))
    current = thresholds_in_force(rules, day).version
    return [
        RuleLine(
            rule,
            "now" if rule.version == current else "planned" if rule.starts_on > day else "past",
        )
        for rule in rules
    ]


def fingerprint(changes: Iterable[LightChange], typed: dict[str, object]) -> str:
    """Return a mark of all that a preview shows, so that nothing else can be confirmed by it."""
    seen = [
        [(change.task.pk, change.before.value, change.after.value) for change in changes],
        {name: str(value) for name, value in typed.items()},
    ]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ChangeRow:
    """A line of the preview: a task, its light from and to, and why in words."""

    change: LightChange

    @property
    def reasons(self) -> list[str]:
        """Return why the new light would hold."""
        return [light_reason(reason.as_json()) for reason in self.change.reasons]
