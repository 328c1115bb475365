"""Loading the facts: what is publicly known of goals, units, headquarters and the 2023 task book."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from commands.models import Headquarters, Nameplate, TeamKind, Unit, UnitName, User, WorkTeam
from commands.services.events import record_event
from tasks.models import Campaign, StrategicGoal, TaskBook

FOLDER: Path = settings.BASE_DIR / "fixtures" / "facts"

Entry = dict[str, Any]


@transaction.atomic
def load_facts(*, by: User | None = None) -> dict[str, int]:
    """Add the facts that are missing and return how many rows of each kind were written.

    What is there stays as it is, with all that hangs on it: the facts are of 30 January 2023, and a unit or
    headquarters renamed since must not get its old name back at the next deployment. So loading twice changes
    nothing.
    """
    written: Counter[str] = Counter()
    for entry in _read("strategic_goals"):
        _add_goal(entry, written)
    for entry in _read("units"):
        _add_unit(entry, written)
    for entry in _read("headquarters"):
        _add_headquarters(entry, written)
    for entry in _read("task_books"):
        book = _add_book(entry, written)
    if written:
        record_event(action="facts.load", about=book, after=dict(written), by=by)
    return dict(written)


def _read(name: str) -> list[Entry]:
    entries: list[Entry] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def _save(row: models.Model, written: Counter[str]) -> None:
    """Write a new row, checked as a form would check it."""
    row.full_clean()
    row.save()
    written[row._meta.model_name or ""] += 1


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _add_goal(entry: Entry, written: Counter[str]) -> None:
    if not StrategicGoal.objects.filter(code=entry["code"]).exists():
        _save(StrategicGoal(**entry), written)


def _add_unit(entry: Entry, written: Counter[str]) -> None:
    """Add a unit and its name, since when is not known."""
    if Unit.objects.filter(code=entry["code"]).exists():
        return
    unit = Unit(**entry)
    _save(unit, written)
    name = UnitName(unit=unit, name=unit.name, short_name=unit.short_name, name_en=unit.name_en)
    _save(name, written)


def _add_headquarters(entry: Entry, written: Counter[str]) -> None:
    """Add a headquarters with its nameplates and dedicated groups."""
    if Headquarters.objects.filter(code=entry["code"]).exists():
        return
    plates, groups = entry.pop("nameplates"), entry.pop("dedicated_groups")
    headquarters = Headquarters(**entry)
    _save(headquarters, written)
    hung: dict[str, Nameplate] = {}
    for plate in plates:
        starts_on, ends_on = _day(plate.pop("starts_on")), _day(plate.pop("ends_on"))
        follows = hung.get(plate.pop("renamed_from", ""))
        row = Nameplate(
            headquarters=headquarters, starts_on=starts_on, ends_on=ends_on, renamed_from=follows, **plate
        )
        _save(row, written)
        hung[row.name] = row
    for group in groups:
        starts_on = _day(group.pop("starts_on"))
        team = WorkTeam(
            headquarters=headquarters, kind=TeamKind.DEDICATED_GROUP, starts_on=starts_on, **group
        )
        _save(team, written)


def _add_book(entry: Entry, written: Counter[str]) -> TaskBook:
    """Add a task book with its campaigns; its filing rule is the system's default, for none is known."""
    book = TaskBook.objects.filter(year=entry["year"]).first()
    if book is not None:
        return book
    campaigns = entry.pop("campaigns")
    book = TaskBook(launched_on=_day(entry.pop("launched_on")), **entry)
    _save(book, written)
    headquarters = {row.code: row for row in Headquarters.objects.all()}
    for campaign in campaigns:
        goals = StrategicGoal.objects.filter(code__in=campaign.pop("goals"))
        commanded_by = headquarters.get(campaign.pop("headquarters") or "")
        row = Campaign(book=book, headquarters=commanded_by, **campaign)
        _save(row, written)
        row.goals.set(goals)
    return book
