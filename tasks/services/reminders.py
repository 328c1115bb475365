"""Planning reminders: what should be sent is compared with the rows that are there.

Missing rows are written, needless ones cancelled with the reason, so that planning twice changes nothing, a
missed day is caught up, and a change of lead or a filed report puts the rows right in its own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from commands.models.writing import insert_rows
from tasks.errands import Errand
from tasks.models import Channel, Ladder, Reminder, ReminderState
from tasks.models.reminders import COLUMNS, SUBJECTS
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.reminders import (
    OPENS_AT,
    Dated,
    Kind,
    Stage,
    Stages,
    dated,
    due_window,
    offset_of,
    sending_time,
    stages_to_plan,
)
from tasks.services.calendar import working_calendar
from tasks.services.directory import Directory
from tasks.services.subjects import SOURCES, Source, Subject, Window
from tasks.services.vacancies import note_vacancies
from tasks.services.wake import wake_sender
from tasks.services.weekly import not_wanted

NOTHING = -1_000
"""Long before any stage: what somebody has heard who has heard nothing."""


class Key(NamedTuple):
    """What makes a reminder one of its kind: nobody gets the same stage about the same due day twice."""

    kind: str
    subject: int
    due_on: dt.date
    stage: str
    addressee: int
    """The recipient; of a group its robot."""
    channel: str


class Timetable:
    """What a planning goes by, each read once and not before it is asked for: ladders, calendar, directory of the day."""

    def __init__(self, now: dt.datetime) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self._dated: dict[tuple[Kind, dt.date], Dated] = {}
        self._moments: dict[dt.date, dt.datetime] = {}

    @cached_property
    def ladders(self) -> dict[Kind, Stages]:
        """Return the ladders in force."""
        return Ladder.objects.in_force()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """Return the working calendar."""
        return working_calendar()

    @cached_property
    def directory(self) -> Directory:
        """Return the posts of today."""
        return Directory(self.today)

    def rungs(self, subject: Subject) -> Dated:
        """Return the stages that ``subject`` has come to, with their days; none where it is done."""
        if not subject.needed:
            return []
        key = (subject.kind, subject.due_on)
        if key not in self._dated:  # a month's reports all fall due on one day
            stages = dated(self.ladders[subject.kind], subject.due_on, self.calendar)
            self._dated[key] = stages_to_plan(stages, self.today)
        return self._dated[key]

    def moment(self, day: dt.date) -> dt.datetime:
        """Return when a stage of ``day`` goes out."""
        if day not in self._moments:
            local = timezone.localtime(self.now)
            if settings.REMIND_AT_ANY_TIME:
                self._moments[day] = max(local, timezone.make_aware(dt.datetime.combine(day, OPENS_AT)))
            else:
                self._moments[day] = sending_time(day, local, self.calendar)
        return self._moments[day]

    def window(self, kinds: Iterable[Kind]) -> Window:
        """Return the due days that some kinds' ladders may have come to."""
        return due_window([stage for kind in kinds for stage in self.ladders[kind]], self.today)


class Wanted(NamedTuple):
    """A reminder that should exist: about what, when it goes out, and in place of which vacant posts."""

    subject: Subject
    moment: dt.datetime
    in_place_of: str


class Row(NamedTuple):
    """What planning asks of a reminder that is there: a few columns, for it looks at all of them every time."""

    pk: int
    state: str
    attempts: int
    due_at: dt.datetime
    planned_for: dt.datetime
    fallback_of: int | None


class Existing:
    """The rows that are there about some subjects, and all others of ``kinds`` that wait to be sent: one query."""

    def __init__(self, subjects: Iterable[Subject], kinds: Collection[Kind] = ()) -> None:
        ids: dict[str, set[int]] = defaultdict(set)
        for subject in subjects:
            ids[COLUMNS[subject.kind]].add(subject.pk)
        about = Q(kind__in=kinds, state=ReminderState.PLANNED)
        for column, pks in ids.items():
            about |= Q(**{f"{column}_id__among": pks})
        self.rows: dict[Key, Row] = {}
        self._heard: dict[tuple[object, ...], int] = {}
        columns = ("kind", "due_on", "stage", "recipient", "robot", "channel", *SUBJECTS, *Row._fields)
        for row in Reminder.objects.filter(about).order_by().values_list(*columns):
            kind, due_on, stage, person, robot, channel = row[:6]
            pk = next(pk for pk in row[6 : 6 + len(SUBJECTS)] if pk)
            key = Key(kind, pk, due_on, stage, person or robot or 0, channel)
            found = self.rows[key] = Row(*row[6 + len(SUBJECTS) :])
            if found.state == ReminderState.SENT:
                who = self._who(key)
                self._heard[who] = max(self._heard.get(who, NOTHING), offset_of(stage))

    @staticmethod
    def _who(key: Key) -> tuple[object, ...]:
        return (key.kind, key.subject, key.due_on, key.addressee, key.channel == Channel.GROUP)

    def heard(self, key: Key) -> int:
        """Return the latest stage that this addressee has heard: an earlier one, come in later, is not news."""
        return self._heard.get(self._who(key), NOTHING)


class Difference:
    """What is to be done until the rows about ``subjects`` are right."""

    def __init__(self, subjects: Sequence[Subject], existing: Existing, timetable: Timetable) -> None:
        self.subjects, self.rows, self.timetable = subjects, existing.rows, timetable
        self.wanted: dict[Key, Wanted] = {}
        self.stages: set[tuple[object, ...]] = set()
        """The stages now due."""
        for subject in subjects:
            for stage, day in timetable.rungs(subject):
                self.stages.add((subject.kind, subject.pk, subject.due_on, stage.code))
                self._want(subject, stage, timetable.moment(day), existing)
        self.missing = self.wanted.keys() - self.rows.keys()
        self.changed = {
            key
            for key in self.wanted.keys() & self.rows.keys()
            if self._differs(self.rows[key], self.wanted[key])
        }

    def _want(self, subject: Subject, stage: Stage, moment: dt.datetime, existing: Existing) -> None:
        for addressee in self.timetable.directory.addressees(subject, stage):
            key = Key(subject.kind, subject.pk, subject.due_on, stage.code, addressee.pk, addressee.channel)
            if existing.heard(key) <= stage.offset:
                instead = ",".join(sorted({seat.role for seat in addressee.in_place_of}))
                self.wanted[key] = Wanted(subject, moment, instead)

    def _differs(self, row: Row, wanted: Wanted) -> bool:
        """Say whether a row was cancelled and is needed after all, or is planned for another time than it should be.

        Cancelled are a returned report's and those of a lead that came back; another time comes with an edited
        calendar or a new hour. What waits for a further attempt keeps its time.
        """
        if row.state != ReminderState.PLANNED or row.attempts:
            return row.state == ReminderState.CANCELLED
        if row.due_at != wanted.subject.due_at:
            return True
        # Of what is ready anyway the time does not matter, and "now" would be another at every planning.
        if max(row.planned_for, wanted.moment) <= self.timetable.now:
            return False
        return timezone.localdate(row.planned_for) != timezone.localdate(wanted.moment)

    def needless(self) -> dict[Key, str]:
        """Return what is planned and not needed, with the reason that ``/reminders/`` puts into words.

        A person left out of a stage now due has handed the work over; one still told has chosen another channel.
        What stands in for a channel that failed stays.
        """
        left = [
            (key, row)
            for key, row in self.rows.items()
            if row.state == ReminderState.PLANNED and key not in self.wanted
        ]
        if not left:
            return {}
        by_id = _by_key(self.subjects)
        people = {key[:5] for key in self.wanted if key.channel != Channel.GROUP}
        reasons: dict[Key, str] = {}
        for key, row in left:
            told = key.channel != Channel.GROUP and key[:5] in people
            if not (told and row.fallback_of):
                subject = by_id.get((Kind(key.kind), key.subject))
                reasons[key] = _why_not(subject, key, told=told, due=key[:4] in self.stages)
        return reasons


def _put_right(found: Difference) -> int:
    """Write what is to be done and return how many rows were written or taken up again.

    The subjects' rows must be locked: two planners, or a planner and somebody who files or reassigns at the
    same moment, would otherwise undo each other's work.
    """
    missing = [_columns_of(key, found.wanted[key]) for key in sorted(found.missing)]
    written = insert_rows(Reminder, _COLUMNS, missing)
    revived = _plan_again({found.rows[key].pk: found.wanted[key] for key in found.changed})
    reasons: dict[str, list[int]] = defaultdict(list)
    for key, reason in found.needless().items():
        reasons[reason].append(found.rows[key].pk)
    for reason, ids in reasons.items():
        Reminder.objects.filter(pk__among=ids, state=ReminderState.PLANNED).update(
            state=ReminderState.CANCELLED, outcome=reason
        )
    if written or revived:
        wake_sender()
    return written + revived


_COLUMNS = (
    *("task_id", "kind", "stage", "channel", "due_at", "due_on", "planned_for", "in_place_of"),
    *("recipient_id", "robot_id", *(f"{column}_id" for column in SUBJECTS)),
)


def _columns_of(key: Key, wanted: Wanted) -> tuple[object, ...]:
    """Return the ``_COLUMNS`` of a reminder to be written."""
    subject, about = wanted.subject, COLUMNS[wanted.subject.kind]
    whom = (None, key.addressee) if key.channel == Channel.GROUP else (key.addressee, None)
    return (
        *(subject.task_id, key.kind, key.stage, key.channel, subject.due_at, key.due_on),
        *(wanted.moment, wanted.in_place_of, *whom),
        *(subject.pk if column == about else None for column in SUBJECTS),
    )


def _plan_again(changed: dict[int, Wanted]) -> int:
    """Plan rows again, for the time and by the words now wanted, and return how many had been cancelled."""
    if not changed:
        return 0
    # A worker may have claimed some of them since they were read; those are its own now.
    now_there = Reminder.objects.filter(
        pk__in=changed, state__in=[ReminderState.PLANNED, ReminderState.CANCELLED]
    )
    locked = dict(now_there.order_by("pk").select_for_update(no_key=True).values_list("pk", "state"))
    values: dict[str, Any] = {"state": ReminderState.PLANNED, "outcome": "", "attempts": 0, "deaths": 0}
    rows = [
        Reminder(
            pk=pk,
            due_at=changed[pk].subject.due_at,
            planned_for=changed[pk].moment,
            in_place_of=changed[pk].in_place_of,
            **values,
        )
        for pk in locked
    ]
    Reminder.objects.bulk_update(rows, [*values, "due_at", "planned_for", "in_place_of"], batch_size=500)
    return sum(state == ReminderState.CANCELLED for state in locked.values())


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
    if not (subjects := SOURCES[rows.model].locked(rows)):
        return 0
    return _put_right(Difference(subjects, Existing(subjects), timetable or Timetable(now)))


def plan_reminders(*, now: dt.datetime) -> int:
    """Plan everything that is to be said up to the next stage of each subject; return how much was new.

    Called by beat; may run twice at once. Looks at what is open and at what still has planned rows, so that
    nothing done stays planned. What posts are vacant on the way is told to administrators, once.
    """
    timetable = Timetable(now)
    total = _plan(SOURCES.values(), timetable)
    note_vacancies(vacant=timetable.directory.vacant, now=now)
    return total


def _plan(sources: Collection[Source], timetable: Timetable) -> int:
    """Plan what is open, and what has planned rows, by some sources.

    Most of the time all is right already. So it is only looked at, and only what is not right is locked and, where
    it has changed meanwhile, looked at again: nobody who files or decides waits for a planner that has nothing to do.
    """
    kinds = [kind for source in sources for kind in source.kinds]
    subjects: list[Subject] = []
    for source in sources:
        subjects += source.open_subjects(timetable.window(source.kinds))
    found = Difference(subjects, Existing(subjects, kinds), timetable)
    wrong: dict[str, set[int]] = defaultdict(set)
    for key in (*found.missing, *found.changed, *found.needless()):
        wrong[COLUMNS[Kind(key.kind)]].add(key.subject)
    return _put_wrong_right(sources, wrong, found) if wrong else 0


@transaction.atomic
def _put_wrong_right(sources: Collection[Source], wrong: dict[str, set[int]], found: Difference) -> int:
    """Lock what is not right, and put it right by what was ``found``; by another look where something has changed."""
    subjects: list[Subject] = []
    for source in sources:
        if pks := wrong.get(source.column):
            subjects += source.locked(source.model.objects.filter(pk__among=pks))
    looked_at = [one for one in found.subjects if one.pk in wrong.get(COLUMNS[one.kind], ())]
    if _by_key(looked_at) != _by_key(subjects):
        found = Difference(subjects, Existing(subjects), found.timetable)
    return _put_right(found)


def _by_key(subjects: Iterable[Subject]) -> dict[tuple[Kind, int], Subject]:
    return {(one.kind, one.pk): one for one in subjects}


def needless(rows: Sequence[Errand]) -> dict[int, str]:
    """Return, of reminders about to go out, those that are not needed after all, with the reason."""
    reasons = not_wanted([row for row in rows if row.kind == Kind.WEEKLY])
    for source in SOURCES.values():
        about = [row for row in rows if row.column == source.column]
        if not about:
            continue
        found = source.subjects(source.model.objects.filter(pk__among={row.subject for row in about}))
        subjects = _by_key(found)
        for row in about:
            subject = subjects.get((Kind(row.kind), row.subject))
            if reason := _over(subject, row.due_on):
                reasons[row.pk] = reason
    return reasons


@transaction.atomic
def plan_kind(*, kind: Kind, now: dt.datetime) -> int:
    """Plan the one kind anew: its ladder has just changed."""
    return _plan([source for source in SOURCES.values() if kind in source.kinds], Timetable(now))
