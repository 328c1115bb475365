"""Who is told of a stage, and by which channel: from the posts of the day and what people chose."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q

from commands.models import Post
from tasks.models import Channel, Robot
from tasks.rules.chain import Called, Seat, call
from tasks.rules.channels import channels_for
from tasks.rules.reminders import Audience, Stage
from tasks.services.subjects import Subject

OFFICES = frozenset({Audience.OFFICE, Audience.DISTRICT})
UNIT = frozenset({Audience.REPORTERS, Audience.HEADS})


class Addressee(NamedTuple):
    """One person, or one group by its robot, and a channel."""

    pk: int
    channel: str
    in_place_of: tuple[Seat, ...] = ()
    """Vacant posts in whose place a person is told."""


class Directory:
    """The posts of some days, groups' robots and what people chose, read once for a whole planning."""

    def __init__(self, first: dt.date, last: dt.date | None = None) -> None:
        held = Q(starts_on__lte=last or first) & (Q(ends_on__isnull=True) | Q(ends_on__gt=first))
        posts = Post.objects.filter(held, user__is_active=True).order_by()
        columns = ("role", "unit", "headquarters", "user", "starts_on", "ends_on")
        rows = list(posts.values_list(*columns, "user__channel_choice__email"))
        self._posts = [row[:-1] for row in rows]
        self._without_email = {row[3] for row in rows if row[-1] is False}
        self._robots = list(
            Robot.objects.active().order_by().values_list("pk", "owner", "unit", "headquarters")
        )
        self._with_app = {owner for _pk, owner, _unit, _headquarters in self._robots if owner}
        self.vacant: set[Seat] = set()
        """The posts that were asked for and that nobody holds."""
        self._called: dict[object, Called] = {}
        self._addressees: dict[object, list[Addressee]] = {}
        self._holders: dict[dt.date, dict[Seat, set[int]]] = {}
        self.first = first

    def addressees(self, subject: Subject, stage: Stage) -> list[Addressee]:
        """Return whom ``stage`` reaches and by which channel: people as they chose, and groups by their robots."""
        key = (_audience(subject, stage), subject.unit_ids, subject.headquarters_id, stage.channels)
        if key not in self._addressees:
            self._addressees[key] = list(self._find(subject, stage))
        return self._addressees[key]

    def _find(self, subject: Subject, stage: Stage) -> Iterator[Addressee]:
        for user, instead in self.people(subject, stage).items():
            email, app = user not in self._without_email, user in self._with_app
            for channel in channels_for(stage.channels, email=email, app=app):
                yield Addressee(user, channel, instead)
        if Channel.GROUP in stage.channels:
            yield from (Addressee(robot, Channel.GROUP) for robot in self._groups(subject, stage))

    def people(
        self, subject: Subject, stage: Stage, day: dt.date | None = None
    ) -> dict[int, tuple[Seat, ...]]:
        """Return the people of a stage by id, by the posts of ``day``, with the vacant posts they stand in for."""
        audience, day = _audience(subject, stage), day or self.first
        key = (audience, subject.unit_ids, subject.headquarters_id, day)
        if key not in self._called:
            self._called[key] = call(audience, subject.seats, self._on(day))
            self.vacant |= self._called[key].vacant
        return self._called[key].people

    def _on(self, day: dt.date) -> dict[Seat, set[int]]:
        """Return who holds which post on ``day``."""
        if day not in self._holders:
            holders: dict[Seat, set[int]] = defaultdict(set)
            for role, unit, headquarters, user, starts_on, ends_on in self._posts:
                if starts_on <= day and (ends_on is None or day < ends_on):
                    holders[Seat(role, unit, headquarters)].add(user)
            self._holders[day] = dict(holders)
        return self._holders[day]

    def _groups(self, subject: Subject, stage: Stage) -> set[int]:
        """Return the robots in whose groups the people of a stage read about a subject."""
        audience = _audience(subject, stage)
        unit, office = not UNIT.isdisjoint(audience), Audience.OFFICE in audience
        district = not (OFFICES | {Audience.LEADERS}).isdisjoint(audience)
        return {
            pk
            for pk, owner, in_unit, in_headquarters in self._robots
            if (unit and in_unit and in_unit in subject.unit_ids)
            or (office and in_headquarters and in_headquarters == subject.headquarters_id)
            or (district and not (owner or in_unit or in_headquarters))
        }


def _audience(subject: Subject, stage: Stage) -> frozenset[Audience]:
    """Return the rungs that are told; who is asked at the moment depends on where the matter lies."""
    if Audience.ASKED not in stage.audience:
        return stage.audience
    return (stage.audience - {Audience.ASKED}) | subject.asked
