"""What people are reminded of: for each sort of row where those are that matter, and how one reads.

To add a kind: its name and ladder in ``tasks/rules/reminders.py``, a foreign key in ``tasks/models/reminders.py``, a
source here, and words in ``tasks/notices.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tasks.models import Addressee, LeadAssignment, Milestone, Obstacle, Report, Submission
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

    @property
    def due_on(self) -> dt.date:
        """Return the day from which its ladder is counted."""
        return timezone.localdate(self.due_at)

    @property
    def seats(self) -> Seats:
        """Return the posts that answer for it."""
        return seats_of(self.unit_ids, self.headquarters_id)


@dataclass(frozen=True)
class Source:
    """A sort of row that reminders are about.

    ``open`` returns the rows that may have come to a stage, ``read`` what one reminds of; ``related`` and ``extra``
    are loaded with it. ``lock`` names whose row is locked while its reminders are put right.
    """

    model: Any
    column: str
    """The foreign key of a reminder."""
    kinds: tuple[Kind, ...]
    open: Callable[[Window], Rows]
    read: Callable[[Any], Iterable[Subject]]
    related: tuple[str, ...] = ("task__campaign",)
    shared: tuple[str, ...] = ()
    """Loaded as well, each but once: a thousand reports are of one period."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    lock: str = "self"

    def load(self, rows: Rows) -> Rows:
        """Return ``rows`` with all that reading one needs."""
        loaded: Rows = rows.select_related(*self.related).prefetch_related(*self.shared).annotate(**self.extra)
        return loaded

    def locked(self, rows: Rows) -> Rows:
        """Return ``rows`` locked and ready to be read, always in the same order."""
        first = ("task_id",) if self.lock == "task" else ()
        locked: Rows = self.load(rows).order_by(*first, "pk").select_for_update(of=(self.lock,), no_key=True)
        return locked


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
    to_file = row.state in FILEABLE and row.period.is_open and row.task.is_open
    returned_at = row.returned_at
    is_returned = row.state == ReportState.RETURNED and returned_at is not None
    has_own_clock = is_returned and returned_at > row.period.due_at
    filed = row.first_submitted_at is not None and (row.state not in FILEABLE or has_own_clock)
    common: dict[str, Any] = {
        "pk": row.pk,
        "task_id": row.task_id,
        "unit_ids": _ids(row.unit_id),
        "headquarters_id": row.task.campaign.headquarters_id,
        "done_words": "filed" if filed else "closed",
    }
    yield Subject(kind=Kind.REPORT, due_at=row.period.due_at, needed=to_file and not has_own_clock, **common)
    if returned_at is not None:
        yield Subject(kind=Kind.RETURNED, due_at=returned_at, needed=to_file and has_own_clock, **common)


def _read_milestone(row: Milestone) -> Iterator[Subject]:
    yield Subject(
        kind=Kind.MILESTONE,
        pk=row.pk,
        task_id=row.task_id,
        unit_ids=_ids(row.task.lead_unit_id),
        headquarters_id=row.task.campaign.headquarters_id,
        due_at=evening(row.due_on),
        needed=row.completed_on is None and row.task.is_open,
        done_words="reached" if row.completed_on else "closed",
    )


def _read_lead(row: LeadAssignment) -> Iterator[Subject]:
    yield Subject(
        kind=Kind.LEAD,
        pk=row.pk,
        task_id=row.task_id,
        unit_ids=_ids(row.unit_id),
        headquarters_id=row.commanded_campaign.headquarters_id,
        due_at=evening(row.starts_on),
        needed=row.is_waiting and row.objected_at is None,
        done_words="acknowledged" if row.acknowledged_at else "moved",
    )


_ASKED = {
    Level.TEAM: frozenset({Audience.REPORTERS, Audience.HEADS}),
    Level.OFFICE: frozenset({Audience.OFFICE}),
    Level.HEADQUARTERS: frozenset({Audience.OFFICE, Audience.DISTRICT}),
    Level.LEADER: frozenset({Audience.LEADERS}),
}


def _read_obstacle(row: Obstacle) -> Iterator[Subject]:
    """Read an obstacle: each level has a clock of its own, the highest none."""
    level, needed_unit = Level(row.level), _ids(row.needed_unit_id)
    lead_unit = _ids(row.task.lead_unit_id) if level == Level.TEAM else ()
    runs = row.is_open and row.escalates_on is not None and row.task.is_open
    yield Subject(
        kind=Kind.OBSTACLE,
        pk=row.pk,
        task_id=row.task_id,
        unit_ids=tuple(dict.fromkeys(lead_unit + needed_unit)),
        headquarters_id=row.task.campaign.headquarters_id,
        due_at=evening(row.escalates_on or row.level_since),
        needed=runs,
        done_words="escalated" if row.is_open and row.task.is_open else "resolved",
        renewed_words="escalated",
        asked=_ASKED[level] | (_ASKED[Level.TEAM] if needed_unit else frozenset()),
    )


def _read_directive(row: Addressee) -> Iterator[Subject]:
    directive = row.directive
    task = directive.subject_task
    yield Subject(
        kind=Kind.DIRECTIVE,
        pk=row.pk,
        task_id=task.pk if task else None,
        unit_ids=_ids(row.unit_id),
        headquarters_id=directive.commanded_campaign.headquarters_id,
        due_at=evening(directive.due_on),
        needed=directive.is_open and row.answered_at is None,
        done_words="answered" if row.answered_at else "closed",
    )


_ALL = (
    Source(
        Report,
        "report",
        (Kind.REPORT, Kind.RETURNED),
        open=lambda window: Report.objects.to_file(),
        read=_read_report,
        related=("task",),
        shared=("task__campaign", "period"),
        extra={"returned_at": _sent_back_at()},
    ),
    Source(
        Milestone,
        "milestone",
        (Kind.MILESTONE,),
        open=lambda window: Milestone.objects.due_within(*window),
        read=_read_milestone,
        lock="task",  # whose lead unit is reminded
    ),
    Source(
        LeadAssignment,
        "lead",
        (Kind.LEAD,),
        open=lambda window: LeadAssignment.objects.to_acknowledge(),
        read=_read_lead,
        related=("task__campaign", "campaign"),
    ),
    Source(
        Obstacle,
        "obstacle",
        (Kind.OBSTACLE,),
        open=lambda window: Obstacle.objects.open().filter(escalates_on__isnull=False),
        read=_read_obstacle,
    ),
    Source(
        Addressee,
        "directive",
        (Kind.DIRECTIVE,),
        open=lambda window: Addressee.objects.owing().filter(directive__due_on__range=window),
        read=_read_directive,
        related=("directive__campaign", "directive__task__campaign", "directive__obstacle__task__campaign"),
    ),
)
SOURCES: dict[type[Model], Source] = {source.model: source for source in _ALL}
"""Every sort of row that people are reminded of, by its model."""
