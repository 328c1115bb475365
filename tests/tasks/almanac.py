"""What should reach people in a year, reckoned by the calendar's own package and ladders written down here.

Nothing of the planner is used: neither its ladders and rules nor its rows. A stage of something goes to the people
of its unit and of those above at the first step of working hours on its day; it is left out where the thing is done
before that, or where the next stage's day has come by then, because nothing ran.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import chinese_calendar

from tests import factories

NEW_YEAR = factories.at(factories.NEW_YEAR, 0)
R, H, O, D, L = "reporter", "head", "hq_office", "office", "leader"  # noqa: E741  as on the ladders' printed plan
LADDERS: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "report": {-5: (R,), -3: (R,), -1: (R,), 0: (R,), 1: (R, H), 3: (R, H, O, D, L)},
    "returned": {0: (R,), 2: (R, H), 4: (R, H, O, D)},
    "milestone": {-5: (R,), -1: (R,), 1: (R, H), 5: (R, H, O, D)},
    "lead": {0: (R, H), 2: (R, H)},
    "directive": {-3: (R,), -1: (R, H), 1: (R, H, O, D), 3: (R, H, O, D, L)},
}
TOLD_AT_ONCE = {("returned", 0), ("lead", 0)}
"""The inbox was told by the page itself, the moment it happened."""

Sent = tuple[str, str, str, str, int, str]
"""Moment, person, channel, kind, subject and stage."""


def worked(day: dt.date) -> bool:
    """Say whether the State Council has ``day`` worked; of the days after the year all that matters is their order."""
    return day.weekday() < 5 if day.year > NEW_YEAR.year else bool(chinese_calendar.is_workday(day))


def workday(day: dt.date, number: int) -> dt.date:
    """Return the day that is ``number`` working days after ``day``, or before it."""
    step = dt.timedelta(days=1 if number > 0 else -1)
    while number:
        day += step
        number -= step.days * worked(day)
    return day


@dataclass
class Thing:
    """Something that people are reminded of, as the story has it.

    ``units`` are the people of the unit that has it, with the moment from which it does; ``audience`` is told at every
    stage where the ladder asks for whoever has it at the moment.
    """

    kind: str
    pk: Callable[[], int]
    """Its id, which may be known in the end only."""
    due: dt.date
    units: Sequence[tuple[dt.datetime, Mapping[str, str]]]
    done: dt.datetime
    known: dt.datetime = NEW_YEAR
    ladder: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ladder = self.ladder or LADDERS[self.kind]


@dataclass
class Almanac:
    """The steps of the year at which messages may go out, and who takes no mail."""

    steps: Sequence[dt.datetime]
    without_mail: Sequence[str]

    def first_step(self, moment: dt.datetime) -> dt.datetime | None:
        """Return the first step at which something may go out from ``moment`` on."""
        return next((step for step in self.steps if step >= moment), None)

    def sent(self, things: Iterable[Thing]) -> Counter[Sent]:
        """Return all that should be sent about ``things``."""
        return Counter(sent for thing in things for sent in self._of(thing))

    def _of(self, thing: Thing) -> Iterator[Sent]:
        pk = thing.pk()
        days = {offset: workday(thing.due, offset) for offset in thing.ladder}
        for offset, roles in thing.ladder.items():
            later = min((day for other, day in days.items() if other > offset), default=dt.date.max)
            ends = [since for since, _people in thing.units[1:]] + [thing.done]
            for (since, people), until in zip(thing.units, ends, strict=True):
                step = self.first_step(max(factories.at(days[offset], 0), thing.known, since))
                if step is None or step >= min(until, thing.done) or later <= step.date():
                    continue
                stage = f"D{offset:+d}" if offset else "D0"
                for person in (people.get(role, role) for role in roles):
                    for channel in self._channels(person, (thing.kind, offset) in TOLD_AT_ONCE):
                        yield (f"{step:%m-%d %H:%M}", person, channel, thing.kind, pk, stage)

    def _channels(self, person: str, told_at_once: bool) -> tuple[str, ...]:
        if person in self.without_mail:
            return ("inbox",)  # a duty reaches everybody
        return ("email",) if told_at_once else ("inbox", "email")

    def weekly(self, readers: Sequence[str]) -> Counter[Sent]:
        """Return the weekly digests: one a week and reader, at the first step of the week that is in working hours.

        Whoever takes up a post on New Year's Day, within the week, waits for the next one.
        """
        first: dict[int, dt.datetime] = {}
        for step in self.steps:
            first.setdefault(step.isocalendar().week, step)
        del first[NEW_YEAR.isocalendar().week]
        return Counter(
            (f"{step:%m-%d %H:%M}", reader, "email", "weekly", 0, "W")
            for step in first.values()
            for reader in readers
        )
