"""The light of a task: facts of one day in, a light and its reasons out.

The defaults follow public notices of districts that run such systems: 10 and 30 percentage points (Yinchuan
2025), two yellow periods running become red (Haikou). The first rule that matches wins; what the office sets for
a while stands above it, and never hides it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class LightCode(StrEnum):
    """The five lights."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


@dataclass(frozen=True)
class Thresholds:
    """The numbers of the rules; ``version`` is recorded with every light they decide."""

    version: int = 1
    yellow_below: Decimal = Decimal(-10)
    """Deviation in percentage points below which a task is behind."""
    red_below: Decimal = Decimal(-30)
    """Deviation in percentage points below which a task is seriously behind."""
    key_milestone_days: int = 30
    """Days late after which a key milestone alone is red."""
    leader_obstacle_days: int = 30
    """Days after which an obstacle waiting for a district leader is yellow."""


DEFAULTS = Thresholds()


@dataclass(frozen=True)
class LateMilestone:
    """A milestone past its day, not reached."""

    title: str
    days_late: int
    is_key: bool


@dataclass(frozen=True)
class TaskFacts:
    """What is known of a task on one day."""

    closed_out: bool = False
    actual: Decimal | None = None
    scheduled: Decimal | None = None
    late_milestones: Sequence[LateMilestone] = ()
    days_past_due: int = 0
    """Days since the task's due date; 0 or less: not past it."""
    last_report_missed: bool = False
    leader_obstacle_days: int = 0
    """How long the oldest open obstacle has waited for a district leader."""
    previous: LightCode | None = None
    """The light of the last period before in which the task was assessed, without its own escalation; None where
    there was none."""


@dataclass(frozen=True)
class Reason:
    """Why a light is as it is: a code and its values, put into words where it is shown."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the reason as it is kept in a row."""
        return {"code": self.code, **self.values}


@dataclass(frozen=True)
class Verdict:
    """A light, the same before "yellow twice running is red", and the reasons."""

    light: LightCode
    unescalated: LightCode
    reasons: tuple[Reason, ...] = ()


LONGEST_SETTING = dt.timedelta(days=184)
"""How long the office may set a light in place of the rules': half a year, so that none is forgotten."""


@dataclass(frozen=True)
class Setting:
    """A light that the office has set in place of the rules' (人工定灯), up to and including ``until``."""

    light: LightCode
    until: dt.date
    why: str


def settle(verdict: Verdict, setting: Setting | None) -> tuple[LightCode, tuple[Reason, ...]]:
    """Return the light that holds, and its reasons: those of the rules always stand among them.

    What is closed out is blue whatever was set before.
    """
    if setting is None or verdict.light is LightCode.BLUE:
        return verdict.light, verdict.reasons
    values = {"automatic": verdict.light.value, "until": setting.until.isoformat(), "why": setting.why}
    return setting.light, (Reason("set_by_office", values), *verdict.reasons)


def judge(facts: TaskFacts, thresholds: Thresholds = DEFAULTS) -> Verdict:
    """Return the light that ``facts`` give; the first rule that matches wins."""
    if facts.closed_out:
        return Verdict(LightCode.BLUE, LightCode.BLUE, (Reason("closed_out"),))
    if red := _red_reasons(facts, thresholds):
        return Verdict(LightCode.RED, LightCode.RED, red)
    if yellow := _yellow_reasons(facts, thresholds):
        if facts.previous is LightCode.YELLOW:
            return Verdict(LightCode.RED, LightCode.YELLOW, (*yellow, Reason("yellow_twice")))
        return Verdict(LightCode.YELLOW, LightCode.YELLOW, yellow)
    if facts.scheduled is None or (facts.actual is None and facts.scheduled == 0):
        return Verdict(LightCode.GREY, LightCode.GREY, (Reason("nothing_due"),))
    return Verdict(LightCode.GREEN, LightCode.GREEN, _green_reasons(facts))


def _deviation(facts: TaskFacts) -> Decimal | None:
    """Return actual minus scheduled; a task of which nothing was ever accepted stands at nought."""
    if facts.scheduled is None:
        return None
    return (facts.actual or Decimal(0)) - facts.scheduled


def _behind(deviation: Decimal) -> Reason:
    return Reason("behind_plan", {"points": str(-deviation)})


def _red_reasons(facts: TaskFacts, thresholds: Thresholds) -> tuple[Reason, ...]:
    reasons = []
    deviation = _deviation(facts)
    if deviation is not None and deviation < thresholds.red_below:
        reasons.append(_behind(deviation))
    reasons += [
        Reason("key_milestone_late", {"milestone": late.title, "days": late.days_late})
        for late in facts.late_milestones
        if late.is_key and late.days_late > thresholds.key_milestone_days
    ]
    if facts.days_past_due > 0:
        reasons.append(Reason("past_due", {"days": facts.days_past_due}))
    return tuple(reasons)


def _yellow_reasons(facts: TaskFacts, thresholds: Thresholds) -> tuple[Reason, ...]:
    reasons = []
    deviation = _deviation(facts)
    if deviation is not None and deviation < thresholds.yellow_below:
        reasons.append(_behind(deviation))
    reasons += [
        Reason("milestone_late", {"milestone": late.title, "days": late.days_late})
        for late in facts.late_milestones
        if late.days_late > 0
    ]
    if facts.last_report_missed:
        reasons.append(Reason("report_missed"))
    if facts.leader_obstacle_days > thresholds.leader_obstacle_days:
        reasons.append(Reason("obstacle_waiting", {"days": facts.leader_obstacle_days}))
    return tuple(reasons)


def _green_reasons(facts: TaskFacts) -> tuple[Reason, ...]:
    deviation = _deviation(facts)
    if deviation is None:
        return ()
    return (Reason("on_schedule", {"points": str(deviation)}),)
