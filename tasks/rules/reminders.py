"""The ladders by which reminders climb, in working days, and when a reminder may go out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from tasks.rules.calendar import WorkingCalendar


class Audience(StrEnum):
    """Who gets a stage, apart from people who got the stages before."""

    REPORTERS = "reporters"
    HEADS = "heads"
    OFFICE = "office"
    LEADERS = "leaders"


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


_UNIT = frozenset({Audience.REPORTERS, Audience.HEADS})
_ALL = frozenset(Audience)

REPORT_LADDER = (
    Stage(-5, frozenset({Audience.REPORTERS})),
    Stage(-3, frozenset({Audience.REPORTERS})),
    Stage(-1, frozenset({Audience.REPORTERS})),
    Stage(0, frozenset({Audience.REPORTERS})),
    Stage(1, _UNIT),
    Stage(3, _ALL),
)
MILESTONE_LADDER = (
    Stage(-5, frozenset({Audience.REPORTERS})),
    Stage(-1, frozenset({Audience.REPORTERS})),
    Stage(1, _UNIT),
    Stage(5, _UNIT | {Audience.OFFICE}),
)
LEAD_LADDER = (
    Stage(0, _UNIT, channels=("email", "app", "group")),  # the inbox was told the moment the lead changed
    Stage(2, _UNIT),
)

OPENS_AT = dt.time(8, 30)
"""A reminder planned for a day goes out from the beginning of office hours."""
QUIET_FROM = dt.time(21, 0)
QUIET_UNTIL = dt.time(8, 0)


def stages_to_plan(
    ladder: tuple[Stage, ...], due_on: dt.date, today: dt.date, calendar: WorkingCalendar
) -> list[tuple[Stage, dt.date]]:
    """Return the latest stage that has been reached and the next one to come, with their days.

    Of several stages missed in an outage only the latest is made up for: nobody is flooded.
    """
    dated = [(stage, calendar.add(due_on, stage.offset) if stage.offset else due_on) for stage in ladder]
    reached = [entry for entry in dated if entry[1] <= today]
    coming = [entry for entry in dated if entry[1] > today]
    return reached[-1:] + coming[:1]


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


RETRY_MINUTES = (1, 5, 15, 60, 240)
"""Waits between attempts after a passing fault; after the last the reminder has failed."""


def retry_after(attempts: int) -> dt.timedelta | None:
    """Return how long to wait after ``attempts`` failed attempts; None: give up."""
    if attempts > len(RETRY_MINUTES):
        return None
    return dt.timedelta(minutes=RETRY_MINUTES[attempts - 1])
