"""Milestones with what has become of them, as lines and as marks on a time line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.boards.charts import Mark
from tasks.models import Milestone


@dataclass(frozen=True)
class MilestoneLine:
    """A milestone with what became of it: done, late (past its day, open) or open; and the days it was late."""

    milestone: Milestone
    state: str
    days_late: int


def milestone_line(milestone: Milestone, day: dt.date) -> MilestoneLine:
    """Return ``milestone`` with what has become of it by ``day``."""
    done = milestone.completed_on
    late = max(((done or day) - milestone.due_on).days, 0)
    state = "done" if done else ("late" if late else "open")
    return MilestoneLine(milestone, state, late)


def marks_of(milestones: Iterable[MilestoneLine]) -> list[Mark]:
    """Return milestones as marks on a time line."""
    return [
        Mark(line.milestone.due_on, line.milestone.title, line.state, line.milestone.is_key)
        for line in milestones
    ]
