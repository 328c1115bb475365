"""The script of the demo: what ``fixtures/demo`` says, as plain values."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "fixtures" / "demo"


def day_in(year: int, day: str) -> dt.date:
    """Return the day of ``year`` that the script gives as month and day: ``03-31``."""
    return dt.date.fromisoformat(f"{year}-{day}")


def read(name: str) -> Any:
    """Return one file of the script."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Step:
    """A milestone of a task; as a noun, so that reports can speak of it."""

    due: str
    title: str
    key: bool = False


@dataclass(frozen=True)
class TaskScript:
    """A task: what it is, who leads it at the launch, and how the year goes for it.

    ``course`` is empty for a task that goes well; otherwise it says which light it comes to (``yellow``,
    ``red``) and by what: ``milestone``, ``missed``, ``twice``, ``steep``, ``own-green``. A task whose report may
    come late without harm is ``ahead``.
    """

    title: str
    annual_target: str
    metric: str
    metric_unit: str
    metric_target: float
    lead: str
    supporting: tuple[str, ...]
    team: int | None
    weight: int
    start: str
    due: str
    kind: str
    course: frozenset[str]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, entry: dict[str, Any]) -> TaskScript:
        """Read one entry."""
        steps = tuple(Step(**step) for step in entry.pop("steps"))
        supporting, course = tuple(entry.pop("supporting")), frozenset(entry.pop("course"))
        return cls(steps=steps, supporting=supporting, course=course, **entry)


@dataclass(frozen=True)
class CampaignScript:
    """What the demo adds to one of the ten campaigns."""

    number: int
    headquarters: str | None
    lead: str
    supervisor_title: str
    supervisor_title_en: str
    goals: tuple[str, ...]
    tasks: tuple[TaskScript, ...]


def campaigns() -> list[CampaignScript]:
    """Return the ten campaigns of the script with their tasks."""
    scripts = []
    for number in range(1, 11):
        entry = read(f"campaign-{number:02}")
        tasks, goals = tuple(map(TaskScript.of, entry.pop("tasks"))), tuple(entry.pop("goals"))
        scripts.append(CampaignScript(tasks=tasks, goals=goals, **entry))
    return scripts


@dataclass(frozen=True)
class Change:
    """A task that changes hands; ``on`` null: on the last working day, so that it waits to be acknowledged.

    ``ahead``: decided on the last working day, for as many working days from now.
    """

    title: str
    on: str | None
    to: str
    document: str
    reason: str
    note: str
    ahead: int = 0


@dataclass(frozen=True)
class NewPlan:
    """A task whose plan is revised."""

    title: str
    on: str
    reason: str


@dataclass(frozen=True)
class Organisation:
    """The book's names, the work teams, the changes of the year, and the desk of the demo's own reporter."""

    book: dict[str, str]
    teams: dict[str, list[dict[str, str]]]
    desk_unit: str
    desk: dict[str, str]
    """What the open month's report looks like, by task."""
    reassignments: dict[str, Change]
    new_plans: dict[str, NewPlan]

    @classmethod
    def load(cls) -> Organisation:
        """Read it."""
        entry = read("organisation")
        changes = {row["title"]: Change(**row) for row in entry.pop("reassignments")}
        plans = {row["title"]: NewPlan(**row) for row in entry.pop("new_plans")}
        return cls(reassignments=changes, new_plans=plans, **entry)
