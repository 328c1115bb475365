"""Planning reminders: what should be sent is compared with the rows that are there.

Missing rows are written, needless ones cancelled with the reason, so that planning twice changes nothing, a
missed day is caught up, and a change of lead or a filed report puts the rows right in its own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tasks.models import Channel, Ladder, Reminder, ReminderState
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.reminders import (
    OPENS_AT,
    Dated,
    Kind,
    Stages,
    dated,
    due_window,
    offset_of,
    sending_time,
    stages_to_plan,
)
from tasks.services.calendar import working_calendar
from tasks.services.directory import Addressee, Directory
from tasks.services.subjects import SOURCES, Source, Subject, Window
from tasks.services.vacancies import note_vacancies
from tasks.services.wake import wake_sender
from tasks.services.weekly import not_wanted


class Key(NamedTuple):
    """What makes a reminder one of its kind: nobody gets the same stage about the same due day twice."""

    kind: str
    subject: int
    due_on: dt.date
    stage: str
    addressee: int
    """The recipient; of a group its robot."""
    channel: str


@dataclass
class Timetable:
    """What a planning goes by, read once: the ladders, the calendar, and the directory of the day."""

    now: dt.datetime
    ladders: dict[Kind, Stages]
    calendar: WorkingCalendar
    directory: Directory

    @classmethod
    def of(cls, now: dt.datetime) -> Timetable:
        """Read what holds at ``now``."""
        return cls(now, Ladder.objects.in_force(), working_calendar(), Directory(timezone.localdate(now)))

    def __post_init__(self) -> None:
        self._dated: dict[tuple[Kind, dt.date], Dated] = {}

    @cached_property
    def today(self) -> dt.date:
        """Return the day of the planning."""
        return timezone.localdate(self.now)

    def rungs(self, subject: Subject) -> Dated:
        """Return the stages that ``subject`` has come to, with their days; none where it is done."""
        if not subject.needed:
            return []
        key = (subject.kind, subject.due_on)
        if key not in self._dated:  # a month's reports all fall due on one day
            self._dated[key] = dated(self.ladders[subject.kind], subject.due_on, self.calendar)
        return stages_to_plan(self._dated[key], self.today)

    def moment(self, day: dt.date) -> dt.datetime:
        """Return when a stage of ``day`` goes out."""
        local = timezone.localtime(self.now)
        if settings.REMIND_AT_ANY_TIME:
            return max(local, timezone.make_aware(dt.datetime.combine(day, OPENS_AT)))
        return sending_time(day, local, self.calendar)

    def window(self, kinds: Iterable[Kind]) -> Window:
        """Return the due days that some kinds' ladders may have come to."""
        firsts, lasts = zip(*(due_window(self.ladders[kind], self.today) for kind in kinds), strict=True)
        return min(firsts), max(lasts)


def _wanted(
    source: Source, subject: Subject, rungs: Dated, timetable: Timetable, existing: _Existing
) -> Iterator[tuple[Key, Reminder]]:
    """Yield the reminders that should exist for ``subject`` now, sent ones included."""
    for stage, day in rungs:
        moment = timetable.moment(day)
        for addressee in timetable.directory.addressees(subject, stage):
            key = _key(subject, stage.code, addressee)
            if existing.heard(key) <= stage.offset:
                yield key, _reminder(source, subject, key, moment, addressee)


def _key(subject: Subject, stage: str, addressee: Addressee) -> Key:
    return Key(subject.kind, subject.pk, subject.due_on, stage, addressee.pk, addressee.channel)


def _reminder(
    source: Source, subject: Subject, key: Key, moment: dt.datetime, addressee: Addressee
) -> Reminder:
    whom = "robot_id" if key.channel == Channel.GROUP else "recipient_id"
    about: dict[str, Any] = {f"{source.column}_id": subject.pk, whom: addressee.pk}
    return Reminder(
        kind=subject.kind,
        task_id=subject.task_id,
        stage=key.stage,
        channel=key.channel,
        due_at=subject.due_at,
        due_on=subject.due_on,
        planned_for=moment,
        in_place_of=",".join(sorted({seat.role for seat in addressee.in_place_of})),
        **about,
    )


class _Existing:
    """The rows that are there about some subjects."""

    def __init__(self, source: Source, subjects: Sequence[Subject]) -> None:
        rows = Reminder.objects.filter(**{f"{source.column}__in": {subject.pk for subject in subjects}})
        self.rows: dict[Key, Reminder] = {}
        self._heard: dict[tuple[object, ...], int] = defaultdict(lambda: -1_000)
        for row in rows:
            addressee = row.recipient_id or row.robot_id or 0
            pk = getattr(row, f"{source.column}_id")
            key = Key(row.kind, pk, row.due_on, row.stage, addressee, row.channel)
            self.rows[key] = row
            if row.state == ReminderState.SENT:
                who = self._who(key)
                self._heard[who] = max(self._heard[who], offset_of(row.stage))

    @staticmethod
    def _who(key: Key) -> tuple[object, ...]:
        return (key.kind, key.subject, key.due_on, key.addressee, key.channel == Channel.GROUP)

    def heard(self, key: Key) -> int:
        """Return the latest stage that this addressee has heard: an earlier one, come in later, is not news."""
        return self._heard.get(self._who(key), -1_000)


def _reconcile(source: Source, subjects: Sequence[Subject], timetable: Timetable) -> int:
    """Put the rows about ``subjects`` right and return how many were written or taken up again.

    The subjects' rows must be locked: two planners, or a planner and somebody who files or reassigns at the
    same moment, would otherwise undo each other's work.
    """
    if not subjects:
        return 0
    existing = _Existing(source, subjects)
    rows = existing.rows
    wanted: dict[Key, Reminder] = {}
    stages: set[tuple[object, ...]] = set()
    for subject in subjects:
        rungs = timetable.rungs(subject)
        wanted.update(_wanted(source, subject, rungs, timetable, existing))
        stages |= {(subject.kind, subject.pk, subject.due_on, stage.code) for stage, _day in rungs}
    missing = [wanted[key] for key in sorted(wanted.keys() - rows.keys())]
    Reminder.objects.bulk_create(missing, ignore_conflicts=True)
    revived = _put_right([(rows[key], wanted[key]) for key in wanted.keys() & rows.keys()], timetable.now)
    people: set[tuple[object, ...]] = {key[:5] for key in wanted if key.channel != Channel.GROUP}
    _cancel([(key, row) for key, row in rows.items() if key not in wanted], subjects, stages, people)
    if missing or revived:
        wake_sender()
    return len(missing) + revived


def _put_right(pairs: list[tuple[Reminder, Reminder]], now: dt.datetime) -> int:
    """Plan again what was cancelled and is needed after all, and move what is planned for another time.

    Cancelled are a returned report's and those of a lead that came back; another time comes with an edited
    calendar or a new hour. What waits for a further attempt keeps its time.
    """
    changed: dict[int, Reminder] = {}
    for row, wanted in pairs:
        cancelled = row.state == ReminderState.CANCELLED
        # Of what is ready anyway the time does not matter, and "now" would be another at every planning.
        ahead = max(row.planned_for, wanted.planned_for) > now
        days = {timezone.localdate(row.planned_for), timezone.localdate(wanted.planned_for)}
        moved = row.due_at != wanted.due_at or (ahead and len(days) > 1)
        if cancelled or (row.state == ReminderState.PLANNED and row.attempts == 0 and moved):
            row.state, row.outcome = ReminderState.PLANNED, ""
            row.due_at, row.planned_for = wanted.due_at, wanted.planned_for
            row.in_place_of, row.attempts = wanted.in_place_of, 0
            changed[row.pk] = row
    if not changed:
        return 0
    # A worker may have claimed some of them since they were read; those are its own now.
    now_there = Reminder.objects.filter(
        pk__in=changed, state__in=[ReminderState.PLANNED, ReminderState.CANCELLED]
    )
    locked = dict(now_there.order_by("pk").select_for_update(no_key=True).values_list("pk", "state"))
    fields = ["state", "outcome", "due_at", "planned_for", "in_place_of", "attempts"]
    Reminder.objects.bulk_update([changed[pk] for pk in locked], fields, batch_size=500)
    return sum(state == ReminderState.CANCELLED for state in locked.values())


def _cancel(
    entries: list[tuple[Key, Reminder]],
    subjects: Sequence[Subject],
    stages: set[tuple[object, ...]],
    people: set[tuple[object, ...]],
) -> None:
    """Cancel what is planned and not needed, with the reason that ``/reminders/`` puts into words.

    ``stages`` are those now due, ``people`` who is told of them: a person left out of one has handed the work
    over; one still told has chosen another channel. What stands in for a channel that failed stays.
    """
    by_id = {(subject.kind, subject.pk): subject for subject in subjects}
    reasons: dict[str, list[int]] = {}
    for key, row in entries:
        told = key.channel != Channel.GROUP and key[:5] in people
        if row.state == ReminderState.PLANNED and not (told and row.fallback_of_id):
            subject = by_id.get((Kind(key.kind), key.subject))
            reason = _why_not(subject, key, told=told, due=key[:4] in stages)
            reasons.setdefault(reason, []).append(row.pk)
    for reason, ids in reasons.items():
        Reminder.objects.filter(pk__in=ids, state=ReminderState.PLANNED).update(
            state=ReminderState.CANCELLED, outcome=reason
        )


def _why_not(subject: Subject | None, key: Key, *, told: bool, due: bool) -> str:
    if reason := _over(subject, key.due_on):
        return reason
    if told:
        return "channel"
    return "moved" if due else "superseded"


def _over(subject: Subject | None, due_on: dt.date) -> str:
    """Return why nothing more is to be said about what was due on ``due_on``; nothing where something is."""
    if subject is None:
        return "closed"
    if not subject.needed:
        return subject.done_words
    return "" if due_on == subject.due_on else subject.renewed_words


@transaction.atomic
def reconcile(*, rows: QuerySet[Any], now: dt.datetime, timetable: Timetable | None = None) -> int:
    """Put the reminders about ``rows`` right: reports, milestones, leads, whatever has a source.

    Whoever does so for several sorts of rows at a time reads the ``timetable`` of that time once.
    """
    return _put_rows_right(SOURCES[rows.model], rows, timetable or Timetable.of(now))


def _put_rows_right(source: Source, rows: QuerySet[Any], timetable: Timetable) -> int:
    subjects = [subject for row in source.locked(rows) for subject in source.read(row)]
    return _reconcile(source, subjects, timetable)


def plan_reminders(*, now: dt.datetime) -> int:
    """Plan everything that is to be said up to the next stage of each subject; return how much was new.

    Called by beat; may run twice at once. Looks at what is open and at what still has planned rows, so that
    nothing done stays planned. What posts are vacant on the way is told to administrators, once.
    """
    timetable = Timetable.of(now)
    total = sum(_plan(source, timetable) for source in SOURCES.values())
    note_vacancies(vacant=timetable.directory.vacant, now=now)
    return total


@transaction.atomic
def _plan(source: Source, timetable: Timetable) -> int:
    planned = Reminder.objects.unsent().filter(**{f"{source.column}__isnull": False})
    near = source.open(timetable.window(source.kinds)).values("pk")
    rows = source.model.objects.filter(Q(pk__in=near) | Q(pk__in=planned.values(source.column)))
    return _put_rows_right(source, rows, timetable)


def needless(rows: Sequence[Reminder]) -> dict[int, str]:
    """Return, of reminders about to go out, those that are not needed after all, with the reason."""
    reasons = not_wanted([row for row in rows if row.kind == Kind.WEEKLY])
    for source in SOURCES.values():
        about = [(row, pk) for row in rows if (pk := getattr(row, f"{source.column}_id"))]
        if not about:
            continue
        found = source.load(source.model.objects.filter(pk__in={pk for _row, pk in about}))
        subjects = {(subject.kind, subject.pk): subject for each in found for subject in source.read(each)}
        for row, pk in about:
            subject = subjects.get((Kind(row.kind), pk))
            if reason := _over(subject, row.due_on):
                reasons[row.pk] = reason
    return reasons


@transaction.atomic
def plan_kind(*, kind: Kind, now: dt.datetime) -> int:
    """Plan the one kind anew: its ladder has just changed."""
    timetable = Timetable.of(now)
    return sum(_plan(source, timetable) for source in SOURCES.values() if kind in source.kinds)
