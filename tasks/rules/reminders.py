"""The ladders by which reminders climb, in working days, and when a reminder may go out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tasks.rules.calendar import WorkingCalendar


class Kind(StrEnum):
    """What people are reminded of; each kind has its ladder, but for the weekly digest."""

    REPORT = "report"
    RETURNED = "returned"
    MILESTONE = "milestone"
    LEAD = "lead"
    DIRECTIVE = "directive"
    OBSTACLE = "obstacle"
    WEEKLY = "weekly"


class Audience(StrEnum):
    """Who gets a stage: rungs of the chain (``tasks/rules/chain.py``), from the nearest to the highest."""

    REPORTERS = "reporters"
    HEADS = "heads"
    OFFICE = "office"
    DISTRICT = "district"
    LEADERS = "leaders"
    ASKED = "asked"
    """Whoever has the matter at the moment, where it moves: the level at which an obstacle lies."""


MOST_WORKDAYS = 40
"""How far from its due day a stage may lie: two months; what is asked for earlier or later is a slip of the pen."""


@dataclass(frozen=True)
class Stage:
    """One rung: ``offset`` working days after the due day (before it, where negative), and who is told."""

    offset: int
    audience: frozenset[Audience]
    channels: tuple[str, ...] = ("inbox", "email", "app", "group")

    @property
    def code(self) -> str:
        """Return the stage's name: ``D-3``, ``D0``, ``D+1``."""
        return f"D{self.offset:+d}" if self.offset else "D0"


Stages = tuple[Stage, ...]
"""The stages of one kind, the earliest first."""

_REPORTERS = frozenset({Audience.REPORTERS})
_UNIT = _REPORTERS | {Audience.HEADS}
_OFFICES = _UNIT | {Audience.OFFICE, Audience.DISTRICT}
_ASKED = frozenset({Audience.ASKED})
_TOLD_ALREADY = ("email", "app", "group")
"""The inbox was told the moment it happened."""

DEFAULT_LADDERS: dict[Kind, Stages] = {
    Kind.REPORT: (
        Stage(-5, _REPORTERS),
        Stage(-3, _REPORTERS),
        Stage(-1, _REPORTERS),
        Stage(0, _REPORTERS),
        Stage(1, _UNIT),
        Stage(3, _OFFICES | {Audience.LEADERS}),
    ),
    # Counted from the day of the return.
    Kind.RETURNED: (Stage(0, _REPORTERS, _TOLD_ALREADY), Stage(2, _UNIT), Stage(4, _OFFICES)),
    Kind.MILESTONE: (Stage(-5, _REPORTERS), Stage(-1, _REPORTERS), Stage(1, _UNIT), Stage(5, _OFFICES)),
    # Counted from the day on which the new unit leads.
    Kind.LEAD: (Stage(0, _UNIT, _TOLD_ALREADY), Stage(2, _UNIT)),
    Kind.DIRECTIVE: (
        Stage(-3, _REPORTERS),
        Stage(-1, _UNIT),
        Stage(1, _OFFICES),
        Stage(3, _OFFICES | {Audience.LEADERS}),
    ),
    # Counted to the last day of the level's clock; on the next day the obstacle climbs.
    Kind.OBSTACLE: (Stage(-2, _ASKED), Stage(0, _ASKED)),
}
"""The ladders as long as administrators have set up no others."""

OPENS_AT = dt.time(8, 30)
"""A reminder planned for a day goes out from the beginning of office hours."""
QUIET_FROM = dt.time(21, 0)
QUIET_UNTIL = dt.time(8, 0)


Dated = list[tuple[Stage, dt.date]]
"""Stages with the days on which they fall."""


def dated(ladder: Stages, due_on: dt.date, calendar: WorkingCalendar) -> Dated:
    """Return the stages of ``ladder`` for what is due on ``due_on``, with their days."""
    return [(stage, calendar.add(due_on, stage.offset) if stage.offset else due_on) for stage in ladder]


def stages_to_plan(stages: Dated, today: dt.date) -> Dated:
    """Return the latest stage that has been reached and the next one to come.

    Of several stages missed in an outage only the latest is made up for: nobody is flooded.
    """
    reached = [entry for entry in stages if entry[1] <= today]
    coming = [entry for entry in stages if entry[1] > today]
    return reached[-1:] + coming[:1]


def offset_of(code: str) -> int:
    """Return the working days after the due day that a stage's name tells: ``D-3``, ``D0``, ``D+1``."""
    return int(code.removeprefix("D"))


def due_window(stages: Iterable[Stage], today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last due day of what may have come to one of ``stages`` by today, or comes next.

    Ten working days can be three weeks and more around the National Day and the Spring Festival.
    """
    offsets = {stage.offset for stage in stages} | {0}
    before, after = -min(offsets), max(offsets)
    return today - dt.timedelta(days=2 * after + 20), today + dt.timedelta(days=2 * before + 20)


def sending_time(day: dt.date, now: dt.datetime, calendar: WorkingCalendar) -> dt.datetime:
    """Return when a stage of ``day`` goes out: in that day's morning, or at once if that has passed.

    Nothing goes out at night (21:00-08:00) or on days off: those wait for the next working morning.
    """
    moment = max(now, dt.datetime.combine(day, OPENS_AT, tzinfo=now.tzinfo))
    if is_sending_time(moment, calendar):
        return moment
    local = moment.date() if moment.time() < QUIET_FROM else moment.date() + dt.timedelta(days=1)
    return dt.datetime.combine(calendar.roll_forward(local), OPENS_AT, tzinfo=now.tzinfo)


def is_sending_time(moment: dt.datetime, calendar: WorkingCalendar) -> bool:
    """Say whether people may be reminded at ``moment``, which must be in local time."""
    return calendar.is_workday(moment.date()) and QUIET_UNTIL <= moment.time() < QUIET_FROM


WEEKLY_STAGE = "W"
"""The stage of a weekly digest, which has no ladder."""


def monday_of(day: dt.date) -> dt.date:
    """Return the first day of the week of ``day``."""
    return day - dt.timedelta(days=day.weekday())


def first_workday(monday: dt.date, calendar: WorkingCalendar) -> dt.date | None:
    """Return the first working day of the week that begins on ``monday``; None where all of it is off."""
    first = calendar.roll_forward(monday)
    return first if monday_of(first) == monday else None


RETRY_MINUTES = (1, 5, 15, 60, 240)
"""Waits between attempts after a passing fault; after the last the reminder has failed."""

MOST_DEATHS = 10
"""How many workers may end with a message in hand before it is taken for what ends them, and given up.

More than there are attempts: each time it goes last, and a machine that is switched off is not the message's fault.
"""


def retry_after(faults: int) -> dt.timedelta | None:
    """Return how long to wait after that many passing faults; None: give up."""
    if faults > len(RETRY_MINUTES):
        return None
    return dt.timedelta(minutes=RETRY_MINUTES[faults - 1])
