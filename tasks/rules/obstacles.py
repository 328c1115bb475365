"""The climb of an obstacle (协调事项): four levels, each with a clock of working days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from tasks.rules.calendar import WorkingCalendar


class Level(StrEnum):
    """Who is asked to clear the way, from the nearest to the highest."""

    TEAM = "team"
    OFFICE = "office"
    HEADQUARTERS = "headquarters"
    LEADER = "leader"


LEVELS = tuple(Level)
HIGHEST = LEVELS[-1]


def next_level(level: Level) -> Level | None:
    """Return the level above; None above the highest."""
    return None if level == HIGHEST else LEVELS[LEVELS.index(level) + 1]


def last_day_at(
    level: Level, since: dt.date, workdays: Mapping[str, int], calendar: WorkingCalendar
) -> dt.date | None:
    """Return the last day on which ``level`` has the obstacle before it climbs; None where it climbs no further."""
    return None if level == HIGHEST else calendar.add(since, workdays[level])
