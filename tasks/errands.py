"""Reminders on their way: what a message, and the record of what becomes of it, need to know, in a few columns."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from commands.models import User
from tasks.models import Directive, Reminder, Robot
from tasks.models.reminders import SUBJECTS, page_of

_COLUMNS = (
    *("pk", "kind", "stage", "channel", "due_at", "due_on", "in_place_of"),
    *("attempts", "deaths", "claim"),
    *("recipient_id", "robot_id", "task_id", *(f"{column}_id" for column in SUBJECTS)),
    *("task__code", "task__title", "report__period__month", "milestone__title"),
    *("directive__directive_id", "directive__directive__year", "directive__directive__number"),
    *(
        f"{way}campaign__{name}"
        for way in ("lead__", "directive__directive__")
        for name in ("name", "name_en")
    ),
)


class Errand(NamedTuple):
    """A reminder to be carried to somebody: one of a thousand, so that none brings along whole rows."""

    pk: int
    kind: str
    stage: str
    channel: str
    due_at: dt.datetime
    due_on: dt.date
    in_place_of: str
    attempts: int
    deaths: int
    claim: uuid.UUID | None
    addressee: User | Robot
    task_id: int | None
    column: str
    """The foreign key by which the reminder says what it is about; of a weekly digest none."""
    subject: int
    values: dict[str, Any]
    """What its message says: code, title, deadline; never a report's text. ``tasks/notices.py`` words it."""
    link: str
    """The path of the page on which the thing is done."""

    @property
    def person(self) -> User:
        """Return the recipient of what is not a group's."""
        assert isinstance(self.addressee, User), "reminder_one_addressee"  # noqa: S101  the constraint of that name holds it
        return self.addressee

    @property
    def stage_key(self) -> tuple[object, ...]:
        """Return what the channels of one stage about one subject have in common."""
        return (self.kind, self.column, self.subject, self.due_on, self.stage)


def errands(rows: QuerySet[Reminder], *, with_apps: bool = False) -> list[Errand]:
    """Return ``rows`` as errands, in their order: one question, and one each for people and robots."""
    found: list[Any] = list(rows.values_list(*_COLUMNS, named=True))
    users = User.objects.prefetch_related("robots") if with_apps else User.objects.all()
    people = users.in_bulk({row.recipient_id for row in found if row.recipient_id})
    robots = Robot.objects.in_bulk({row.robot_id for row in found if row.robot_id})
    said: dict[object, tuple[dict[str, Any], str]] = {}
    made = []
    for row in found:
        column, subject = _about(row)
        key = (row.kind, subject, row.stage, row.due_at, row.in_place_of)
        if key not in said:  # by several channels, and to several people, the same is said
            said[key] = (_values(row), _link(row))
        addressee = people[row.recipient_id] if row.recipient_id else robots[row.robot_id]
        made.append(Errand._make((*row[:10], addressee, row.task_id, column, subject, *said[key])))
    return made


def _about(row: Any) -> tuple[str, int]:
    return next(((column, pk) for column in SUBJECTS if (pk := getattr(row, f"{column}_id"))), ("", 0))


def _values(row: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"stage": row.stage, "due": _moment(row.due_at)}
    if row.task_id:
        values |= {"code": row.task__code, "task": row.task__title}
    if row.report_id:
        values["month"] = f"{row.report__period__month:%Y-%m}"
    if row.milestone_id:
        values["milestone"] = row.milestone__title
    if row.directive_id:
        values["code"] = Directive.code_of(row.directive__directive__year, row.directive__directive__number)
    for way in ("lead__campaign__", "directive__directive__campaign__"):
        if name := getattr(row, f"{way}name"):
            values |= {"task": name, "task_en": getattr(row, f"{way}name_en")}
    if row.in_place_of:
        values["in_place_of"] = row.in_place_of
    return values


@lru_cache(maxsize=512)
def _moment(due_at: dt.datetime) -> str:
    """Return a moment as messages keep it; a month's reports are all due at the same."""
    return timezone.localtime(due_at).isoformat()


def _link(row: Any) -> str:
    return page_of(
        kind=row.kind,
        report=row.report_id,
        obstacle=row.obstacle_id,
        directive=row.directive__directive_id,
        task=row.task_id,
    )
