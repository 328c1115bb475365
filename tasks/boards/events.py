"""The audit trail as it is read: each event in words, on a page or as a line of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from commands.models import Event, Headquarters, Unit, User
from tasks.boards.files import csv_parts
from tasks.event_words import (
    CODES,
    COUNTING,
    FIELDS,
    OF_TASKS,
    action_words,
    counted_words,
    kind_words,
    source_words,
)

CHUNK = 1000
"""Rows of the file that are held at a time."""
Names = dict[tuple[str, int], str]
"""The present name of a row by the sort of it and its key."""
ROWS: dict[str, Any] = {"unit": Unit, "headquarters": Headquarters, "user": User}
"""Where an event keeps a key, the row that it names."""
PAGES = {
    "commands.headquarters": "tasks:headquarters_detail",
    "commands.unit": "tasks:unit_detail",
    "commands.user": "commands:user_detail",
    "tasks.campaign": "tasks:campaign_detail",
    "tasks.obstacle": "tasks:obstacle_detail",
    "tasks.period": "tasks:period_detail",
    "tasks.reminder": "tasks:reminder_detail",
    "tasks.report": "tasks:report_detail",
    "tasks.task": "tasks:task_detail",
    "tasks.taskbook": "tasks:book_detail",
}


@dataclass(frozen=True)
class Line:
    """One thing that an event tells: what it was before and what after."""

    label: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Say whether before and after differ."""
        return self.before != self.after


@dataclass(frozen=True)
class Told:
    """An event in words."""

    event: Event
    action: str
    kind: str
    source: str
    address: str
    lines: list[Line]


def tell(events: list[Event], names: Names | None = None) -> list[Told]:
    """Return ``events`` in words: one query for each sort of row that they name by its key, or none with ``names``."""
    names = _names(events) if names is None else names
    return [
        Told(
            event=event,
            action=action_words(event.action),
            kind=kind_words(event.subject_type),
            source=source_words(event.source),
            address=_address(event),
            lines=_lines(event, names),
        )
        for event in events
    ]


def _address(event: Event) -> str:
    """Return the page of what an event is about; nothing where it has none."""
    page = PAGES.get(event.subject_type)
    return reverse(page, args=[event.subject_id]) if page and event.subject_id else ""


def _names(events: list[Event]) -> Names:
    """Return the present names of the rows that ``events`` name by key."""
    wanted: dict[str, set[int]] = {key: set() for key in ROWS}
    for event in events:
        if event.action in COUNTING:
            continue
        for values in (event.before, event.after):
            for key in ROWS:
                if isinstance(values.get(key), int):
                    wanted[key].add(values[key])
    found: Names = {}
    for key, model in ROWS.items():
        if wanted[key]:
            found |= {(key, pk): str(row) for pk, row in model.objects.in_bulk(wanted[key]).items()}
    return found


def _lines(event: Event, names: Names) -> list[Line]:
    """Return what an event tells, line by line, in the order in which it was written."""
    keys = dict.fromkeys([*event.before, *event.after])
    names = {} if event.action in COUNTING else names
    lines = []
    for key in keys:
        before = _value(key, event.before.get(key), names)
        after = _value(key, event.after.get(key), names)
        if before or after:
            lines.append(Line(_label(event, key), before, after))
    return lines


def _label(event: Event, key: str) -> str:
    """Return what a value of an event is called."""
    if event.action in COUNTING:
        return counted_words(key)
    names = {**FIELDS, **OF_TASKS} if event.action.startswith("task.") else FIELDS
    return str(names.get(key, key))


def _value(key: str, value: Any, names: Names) -> str:
    """Return one value in words."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if key.endswith("_at") and (moment := parse_datetime(str(value))):
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, int) and (key, value) in names:
        return names[key, value]
    return str(CODES.get(key, {}).get(value, value)) if isinstance(value, str) else str(value)


# The file


def events_csv(events: QuerySet[Event]) -> Iterator[str]:
    """Yield ``events`` as a table for spreadsheets, a thousand rows at a time, however many there are.

    The database hands them out bit by bit in one answer, as they were when it was asked. Units, headquarters and
    people are few and looked up once: four questions for any number of events.
    """
    names = {(key, row.pk): str(row) for key, model in ROWS.items() for row in model.objects.all()}
    rows = events.select_related(None).iterator(chunk_size=CHUNK)
    return csv_parts(_headings(), (_cells(told) for event in rows for told in tell([event], names)), CHUNK)


def _headings() -> list[str]:
    return [_("When"), _("Who"), _("From where"), _("Action"), _("Kind"), _("About"), _("Before"), _("After")]


def _cells(told: Told) -> list[object]:
    event = told.event
    return [
        timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S"),
        event.actor_name,
        told.source,
        told.action,
        told.kind,
        event.subject_label,
        "; ".join(f"{line.label}: {line.before}" for line in told.lines if line.before),
        "; ".join(f"{line.label}: {line.after}" for line in told.lines if line.after),
    ]
