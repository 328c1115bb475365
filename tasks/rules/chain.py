"""The chain by which reminders climb: whose post is asked for, and who is told where it is vacant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from tasks.rules.reminders import Audience

CHAIN = (Audience.REPORTERS, Audience.HEADS, Audience.OFFICE, Audience.DISTRICT, Audience.LEADERS)
"""Reporters, the unit's head, the office of the headquarters, the district's office, the district's leaders."""


class Seat(NamedTuple):
    """A post as the chain asks for it: a role in a unit, in a headquarters, or for the district."""

    role: str
    unit_id: int | None = None
    headquarters_id: int | None = None


Seats = tuple[tuple[Audience, Seat], ...]
"""The posts that answer for a subject, each on its rung."""


def seats_of(units: Iterable[int | None], headquarters: int | None) -> Seats:
    """Return the posts that answer for what ``units`` have to do under ``headquarters``.

    A campaign without headquarters has no office between the units and the district's.
    """
    known = dict.fromkeys(unit for unit in units if unit)
    return (
        *((Audience.REPORTERS, Seat("reporter", unit)) for unit in known),
        *((Audience.HEADS, Seat("head", unit)) for unit in known),
        *([(Audience.OFFICE, Seat("office", None, headquarters))] if headquarters else []),
        (Audience.DISTRICT, Seat("office")),
        (Audience.LEADERS, Seat("leader")),
    )


class Called(NamedTuple):
    """Who is told of a stage."""

    people: dict[int, tuple[Seat, ...]]
    """Everybody by id, with the vacant posts in whose place they are told; of those told for themselves, none."""
    vacant: frozenset[Seat]
    """The posts that nobody holds."""


def call(audience: Collection[Audience], seats: Seats, holders: Mapping[Seat, Collection[int]]) -> Called:
    """Return who is told, given who holds which post on the day: a vacant post passes to the next one above."""
    told: set[int] = set()
    instead: dict[int, list[Seat]] = {}
    vacant: set[Seat] = set()
    for rung, seat in seats:
        if rung not in audience:
            continue
        if people := holders.get(seat):
            told.update(people)
            continue
        vacant.add(seat)
        for above in _above(rung, seat, seats):
            if people := holders.get(above):
                for person in people:
                    instead.setdefault(person, []).append(seat)
                break
            vacant.add(above)
    names = {person: tuple(seats_left) for person, seats_left in instead.items() if person not in told}
    return Called({**dict.fromkeys(told, ()), **names}, frozenset(vacant))


def _above(rung: Audience, seat: Seat, seats: Seats) -> Iterator[Seat]:
    """Yield the posts above ``seat``, the nearest first; of several units' heads only its own."""
    place = CHAIN.index(rung)
    for upper, above in seats:
        if CHAIN.index(upper) > place and above.unit_id in {None, seat.unit_id}:
            yield above
