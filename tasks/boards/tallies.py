"""Tasks counted by light, and the weighted progress of many tasks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, Sum

from tasks.models import LightChoices
from tasks.models.tasks import HAS_PLAN, OWN_DIFFERS, TaskQuerySet, needs_attention, weighted
from tasks.rules.lights import DEFAULTS, TaskFacts, Thresholds, judge
from tasks.rules.plans import TENTH

LIGHTS = tuple(LightChoices.values)


def share(total: Decimal | None, weight: int) -> Decimal | None:
    """Return ``total`` over ``weight`` to a tenth; None where nothing has a weight."""
    return (Decimal(total or 0) / weight).quantize(TENTH, ROUND_HALF_UP) if weight else None


@dataclass
class Tally:
    """Tasks by light, and how far they are together.

    Progress is weighted: the sum of weight × percent over the sum of weights, of actual and of scheduled
    alike, so that each says what share of the whole's work is done and what share should be. A task of which
    nothing was accepted stands at nought. A task whose plan says nothing yet is left out of both: its progress
    has nothing to be compared with, and would make the whole look ahead of its plan.
    """

    lights: Counter[str] = field(default_factory=Counter)
    thresholds: Thresholds = DEFAULTS
    """The numbers by which the whole is judged."""
    attention: int = 0
    """How many of them need attention: seriously behind, or open past their due date."""
    differing: int = 0
    """How many of their units rate themselves differently from the rules."""
    weight: int = 0
    actual_sum: Decimal = Decimal(0)
    scheduled_sum: Decimal = Decimal(0)

    def add(self, row: dict[str, Any]) -> None:
        """Count one row of ``tallies``."""
        self.lights[row["light"]] += row["number"]
        self.attention += row["attention"]
        self.differing += row["differing"]
        self.weight += row["weight_sum"] or 0
        self.actual_sum += row["actual_sum"] or 0
        self.scheduled_sum += row["scheduled_sum"] or 0

    @property
    def total(self) -> int:
        """Return how many tasks there are."""
        return self.lights.total()

    @property
    def shown(self) -> list[tuple[str, int]]:
        """Return the lights that occur, with their counts."""
        return [(light, self.lights[light]) for light in LIGHTS if self.lights[light]]

    @property
    def actual(self) -> Decimal | None:
        """Return the weighted actual progress."""
        return share(self.actual_sum, self.weight)

    @property
    def scheduled(self) -> Decimal | None:
        """Return the weighted scheduled progress."""
        return share(self.scheduled_sum, self.weight)

    @property
    def deviation(self) -> Decimal | None:
        """Return actual minus scheduled, in percentage points."""
        if self.actual is None or self.scheduled is None:
            return None
        return self.actual - self.scheduled

    @property
    def light(self) -> str:
        """Return the light of the whole, by the tasks' own rule on its weighted deviation.

        Blue once every task is closed out, otherwise what the deviation gives. Late milestones, missed reports
        and "yellow twice running" are matters of single tasks: they show in the tasks by light beside it, and
        one late task does not turn a whole campaign red.
        """
        closed_out = 0 < self.total == self.lights[LightChoices.BLUE]
        return str(judge(TaskFacts(closed_out, self.actual, self.scheduled), self.thresholds).light)


def tallies(
    tasks: TaskQuerySet, by: str, day: dt.date, thresholds: Thresholds = DEFAULTS
) -> dict[Hashable, Tally]:
    """Return a tally of ``day`` for each value of the field ``by``, judged by ``thresholds``: one query."""
    rows = (
        tasks.order_by()
        .values(by, "light")
        .annotate(
            number=Count("pk"),
            attention=Count("pk", filter=needs_attention(day)),
            differing=Count("pk", filter=OWN_DIFFERS),
            weight_sum=Sum("weight", filter=HAS_PLAN),
            actual_sum=weighted("actual_percent"),
            scheduled_sum=weighted("scheduled_percent"),
        )
    )
    found: dict[Hashable, Tally] = {}
    for row in rows:
        found.setdefault(row[by], Tally(thresholds=thresholds)).add(row)
    return found


def together(parts: Iterable[Tally]) -> Tally:
    """Return several tallies as one."""
    whole = Tally()
    for part in parts:
        whole.thresholds = part.thresholds
        whole.lights += part.lights
        whole.attention += part.attention
        whole.differing += part.differing
        whole.weight += part.weight
        whole.actual_sum += part.actual_sum
        whole.scheduled_sum += part.scheduled_sum
    return whole
