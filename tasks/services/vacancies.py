"""Vacant posts that reminders came upon: noted, told to administrators once, and forgotten when they are filled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from typing import Any

from django.db import transaction
from django.utils import timezone

from commands.models import Headquarters, Post, Unit
from commands.roles import RoleCode
from tasks.models import Vacancy
from tasks.rules.chain import Seat
from tasks.services.inbox import notify


def note_vacancies(*, vacant: Set[Seat], now: dt.datetime) -> int:
    """Note the posts found ``vacant`` and return how many are new; administrators are told of those, and once.

    A post that is held again is closed, so that its next vacancy is told of again.
    """
    rows = Vacancy.objects.open().order_by().values_list("role", "unit", "headquarters", "pk")
    known = {Seat(role, unit, headquarters): pk for role, unit, headquarters, pk in rows}
    if not known and not vacant:
        return 0
    day = timezone.localdate(now)
    held = {Seat(*seat) for seat in Post.objects.on(day).values_list("role", "unit", "headquarters")}
    filled = [pk for seat, pk in known.items() if seat in held]
    new = sorted(vacant - known.keys(), key=str)
    if not filled and not new:
        return 0
    with transaction.atomic():
        Vacancy.objects.filter(pk__in=filled).update(filled_on=day)
        if new := [seat for seat in new if _note(seat, day)]:
            _tell(new)
    return len(new)


def _note(seat: Seat, day: dt.date) -> bool:
    """Note one vacancy and say whether it is new: another planner may come upon the same one."""
    place: dict[str, Any] = {"unit_id": seat.unit_id, "headquarters_id": seat.headquarters_id}
    _row, is_new = Vacancy.objects.get_or_create(
        role=seat.role, filled_on=None, **place, defaults={"noticed_on": day}
    )
    return is_new


def _tell(seats: list[Seat]) -> None:
    """Tell administrators in one message each, which names the first few posts."""
    posts = Post.objects.on(timezone.localdate()).filter(role=RoleCode.ADMINISTRATOR).select_related("user")
    units = Unit.objects.in_bulk({seat.unit_id for seat in seats if seat.unit_id})
    commands = Headquarters.objects.in_bulk({seat.headquarters_id for seat in seats if seat.headquarters_id})
    places = [units.get(seat.unit_id or 0) or commands.get(seat.headquarters_id or 0) for seat in seats]
    first = places[0]
    values = {
        "role": seats[0].role,
        "unit": first.name if first else "",
        "unit_en": first.name_en if first else "",
        "count": len(seats),
    }
    kind = "vacancy_noticed" if len(seats) == 1 else "vacancies_noticed"
    notify(
        recipients=[post.user for post in posts],
        kind=kind,
        values=values,
        link="/reminders/ladders/#vacancies",
    )
