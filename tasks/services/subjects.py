"""What people are reminded of: for each sort of row where those are that matter, and how one reads.

To add a kind: its name and ladder in ``tasks/rules/reminders.py``, a foreign key in ``tasks/models/reminders.py``, a
source here, and words in ``tasks/notices.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tasks.models import Addressee, LeadAssignment, Milestone, Obstacle, Report, Submission, Task
from tasks.models.tasks import OPEN_LIFECYCLES
from tasks.rules.chain import Seats, seats_of
from tasks.rules.obstacles import Level
from tasks.rules.reminders import Audience, Kind
from tasks.rules.reports import FILEABLE, ReportState

Rows = QuerySet[Any]
Window = tuple[dt.date, dt.date]
"""The first and the last due day that a ladder may have come to."""


@dataclass(frozen=True)
class Subject:
    """Something people are reminded of; ``needed`` False: it is done, and nobody is to be chased.

    ``done_words`` and ``renewed_words`` are outcomes (``tasks/wording.py``): why nothing is to be said any more, and
    why what was to be said about another due day is not.
    """

    kind: Kind
    pk: int
    task_id: int | None
    unit_ids: tuple[int, ...]
    """Whose reporters and heads it concerns."""
    headquarters_id: int | None
    due_at: dt.datetime
    needed: bool
    done_words: str
    renewed_words: str = "put_off"
    asked: frozenset[Audience] = field(default_factory=frozenset)
    """What ``Audience.ASKED`` stands for at the moment."""

    @cached_property
    def due_on(self) -> dt.date:
        """Return the day from which its ladder is counted."""
        return _day_of(self.due_at)

    @property
    def seats(self) -> Seats:
        """Return the posts that answer for it."""
        return seats_of(self.unit_ids, self.headquarters_id)


@dataclass(frozen=True)
class Source:
    """A sort of row that reminders are about.

    ``open`` returns those rows that may have come to a stage, ``columns`` are all that is read of one, and ``read``
    says what it reminds of. ``lock`` names whose row is locked while its reminders are put right.
    """

    model: Any
    column: str
    """The foreign key of a reminder."""
    kinds: tuple[Kind, ...]
    open: Callable[[Any, Window], Rows]
    columns: tuple[str, ...]
    read: Callable[[Any], Iterable[Subject]]
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Columns that are worked out."""
    lock: str = "pk"

    @cached_property
    def _values(self) -> Any:
        """Return all rows, with the few columns that matter; made once, for planning asks the same all day."""
        rows = self.model.objects.order_by().annotate(**self.extra)
        return rows.values_list("pk", *self.columns, *self.extra, named=True)

    def _read(self, values: Any) -> list[Subject]:
        return [subject for row in values for subject in self.read(row)]

    def open_subjects(self, window: Window) -> list[Subject]:
        """Return what the open rows remind of: one query."""
        return self._read(self.open(self._values, window))

    def subjects(self, rows: Rows) -> list[Subject]:
        """Return what ``rows`` remind of: one query."""
        return self._read(self._values.filter(pk__in=rows.order_by().values("pk")))

    def locked(self, rows: Rows) -> list[Subject]:
        """Return the same of ``rows`` that are locked before, always in the same order."""
        model: Any = Task if self.lock == "task" else self.model
        ids = rows.order_by().values(self.lock)
        held = model.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        list(held.values_list("pk", flat=True))
        return self.subjects(rows)


@lru_cache(maxsize=512)
def _day_of(moment: dt.datetime) -> dt.date:
    """Return the day of a moment here; a month's reports are all due at the same."""
    return timezone.localdate(moment)


def _ids(*ids: int | None) -> tuple[int, ...]:
    return tuple(pk for pk in ids if pk)


def evening(day: dt.date) -> dt.datetime:
    """Return the end of office hours: what has a day and no hour is due then."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(18, 0)))


def _sent_back_at() -> Subquery:
    """Return when the outer report was last sent back: returned, or reopened after it had been accepted."""
    decided = Submission.objects.filter(report=OuterRef("pk"), decided_at__isnull=False).order_by("-number")
    return Subquery(decided.values(at=Coalesce("reopened_at", "decided_at"))[:1])


def _read_report(row: Any) -> Iterator[Subject]:
    """Read a report: until its due day it is due, even if returned; one returned later has a clock of its own.

    So nobody is chased twice for the same thing, and who filed in time is not called late.
    """
    to_file = row.state in FILEABLE and row.is_open and row.task__lifecycle in OPEN_LIFECYCLES
    returned_at, due_at = row.returned_at, row.period__due_at
    is_returned = row.state == ReportState.RETURNED and returned_at is not None
    has_own_clock = is_returned and returned_at > due_at
    filed = row.first_submitted_at is not None and (row.state not in FILEABLE or has_own_clock)
    common: dict[str, Any] = {
        "pk": row.pk,
        "task_id": row.task,
        "unit_ids": _ids(row.unit),
        "headquarters_id": row.task__campaign__headquarters,
        "done_words": "filed" if filed else "closed",
    }
    yield Subject(kind=Kind.REPORT, due_at=due_at, needed=to_file and not has_own_clock, **common)
    if returned_at is not None:
        yield Subject(kind=Kind.RETURNED, due_at=returned_at, needed=to_file and has_own_clock, **common)


def _read_milestone(row: Any) -> Iterator[Subject]:
    yield Subject(
        kind=Kind.MILESTONE,
        pk=row.pk,
        task_id=row.task,
        unit_ids=_ids(row.task__lead_unit),
        headquarters_id=row.task__campaign__headquarters,
        due_at=evening(row.due_on),
        needed=row.completed_on is None and row.task__lifecycle in OPEN_LIFECYCLES,
        done_words="reached" if row.completed_on else "closed",
    )


def _read_lead(row: Any) -> Iterator[Subject]:
    waits = row.acknowledged_at is None and row.objected_at is None and row.ends_on is None
    yield Subject(
        kind=Kind.LEAD,
        pk=row.pk,
        task_id=row.task,
        unit_ids=_ids(row.unit),
        headquarters_id=row.campaign__headquarters or row.task__campaign__headquarters,
        due_at=evening(row.starts_on),
        needed=waits and row.needs_acknowledgement,
        done_words="acknowledged" if row.acknowledged_at else "moved",
    )


_ASKED = {
    Level.TEAM: frozenset({Audience.REPORTERS, Audience.HEADS}),
    Level.OFFICE: frozenset({Audience.OFFICE}),
    Level.HEADQUARTERS: frozenset({Audience.OFFICE, Audience.DISTRICT}),
    Level.LEADER: frozenset({Audience.LEADERS}),
}


def _read_obstacle(row: Any) -> Iterator[Subject]:
    """Read an obstacle: each level has a clock of its own, the highest none."""
    level, needed_unit = Level(row.level), _ids(row.needed_unit)
    lead_unit = _ids(row.task__lead_unit) if level == Level.TEAM else ()
    is_open = row.resolved_at is None and row.task__lifecycle in OPEN_LIFECYCLES
    yield Subject(
        kind=Kind.OBSTACLE,
        pk=row.pk,
        task_id=row.task,
        unit_ids=tuple(dict.fromkeys(lead_unit + needed_unit)),
        headquarters_id=row.task__campaign__headquarters,
        due_at=evening(row.escalates_on or row.level_since),
        needed=is_open and row.escalates_on is not None,
        done_words="escalated" if is_open else "resolved",
        renewed_words="escalated",
        asked=_ASKED[level] | (_ASKED[Level.TEAM] if needed_unit else frozenset()),
    )


def _read_directive(row: Any) -> Iterator[Subject]:
    """Read a directive as one unit has to answer it; it is on a campaign, a task or an obstacle, and on one alone."""
    is_open = row.directive__closed_at is None and row.directive__withdrawn_at is None
    yield Subject(
        kind=Kind.DIRECTIVE,
        pk=row.pk,
        task_id=row.directive__obstacle__task or row.directive__task,
        unit_ids=_ids(row.unit),
        headquarters_id=row.directive__campaign__headquarters
        or row.directive__task__campaign__headquarters
        or row.directive__obstacle__task__campaign__headquarters,
        due_at=evening(row.directive__due_on),
        needed=is_open and row.answered_at is None,
        done_words="answered" if row.answered_at else "closed",
    )


_OF_TASK = ("task", "task__lifecycle", "task__lead_unit", "task__campaign__headquarters")
_ALL = (
    Source(
        Milestone,
        "milestone",
        (Kind.MILESTONE,),
        open=lambda rows, window: rows.due_within(*window),
        columns=("due_on", "completed_on", *_OF_TASK),
        read=_read_milestone,
        lock="task",  # whose lead unit is reminded
    ),
    Source(
        Report,
        "report",
        (Kind.REPORT, Kind.RETURNED),
        open=lambda rows, window: rows.to_file(),
        columns=(
            *("state", "unit", "first_submitted_at", *_OF_TASK),
            "period__due_at",
        ),
        read=_read_report,
        extra={
            "returned_at": _sent_back_at(),
            "is_open": Q(period__opened_at__isnull=False, period__closed_at__isnull=True),
        },
    ),
    Source(
        LeadAssignment,
        "lead",
        (Kind.LEAD,),
        open=lambda rows, window: rows.to_acknowledge(),
        columns=(
            *("task", "unit", "starts_on", "ends_on", "acknowledged_at", "objected_at"),
            *("needs_acknowledgement", "campaign__headquarters", "task__campaign__headquarters"),
        ),
        read=_read_lead,
    ),
    Source(
        Obstacle,
        "obstacle",
        (Kind.OBSTACLE,),
        open=lambda rows, window: rows.open().filter(escalates_on__isnull=False),
        columns=("level", "level_since", "escalates_on", "resolved_at", "needed_unit", *_OF_TASK),
        read=_read_obstacle,
    ),
    Source(
        Addressee,
        "directive",
        (Kind.DIRECTIVE,),
        open=lambda rows, window: rows.owing().filter(directive__due_on__range=window),
        columns=(
            *("unit", "answered_at", "directive__due_on", "directive__closed_at", "directive__withdrawn_at"),
            *("directive__task", "directive__obstacle__task", "directive__campaign__headquarters"),
            *(f"directive__{way}task__campaign__headquarters" for way in ("", "obstacle__")),
        ),
        read=_read_directive,
    ),
)
SOURCES: dict[type[Model], Source] = {source.model: source for source in _ALL}
"""Every sort of row that people are reminded of, by its model, in the order in which everybody locks them: tasks first."""
