"""What a ladder would say on the coming days: planned as in earnest, and nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from tasks.models import Reminder, ReminderState
from tasks.rules.calendar import ONE_DAY, WorkingCalendar
from tasks.rules.reminders import Kind, Stages, dated, due_window, offset_of
from tasks.services.calendar import working_calendar
from tasks.services.directory import Directory
from tasks.services.subjects import SOURCES, Source, Subject

Heard = dict[tuple[int, dt.date, int], int]
"""The latest stage, in working days after the due day, that a person heard about a subject and its due day."""


@dataclass(frozen=True)
class DayForecast:
    """How many people would get how many reminders on a working day."""

    day: dt.date
    people: int
    reminders: int


def forecast(
    *, kind: Kind, ladders: Sequence[Stages], now: dt.datetime, days: int = 10
) -> list[list[DayForecast]]:
    """Return, for each of some ladders of ``kind``, what it would say on the next working days.

    It is reckoned from what is open now, as if nothing more were done. Who has heard a stage already is left out, as
    in planning. The number of queries depends on neither ladders nor days.
    """
    today, calendar = timezone.localdate(now), working_calendar()
    workdays = _workdays(today, days, calendar)
    source = next(source for source in SOURCES.values() if kind in source.kinds)
    subjects = _subjects(source, kind, ladders, workdays)
    directory, heard = Directory(today, workdays[-1]), _heard(source, kind, subjects)
    return [_simulate(stages, subjects, workdays, calendar, directory, heard) for stages in ladders]


def _workdays(first: dt.date, days: int, calendar: WorkingCalendar) -> list[dt.date]:
    found = [calendar.roll_forward(first)]
    while len(found) < days:
        found.append(calendar.roll_forward(found[-1] + ONE_DAY))
    return found


def _subjects(source: Source, kind: Kind, ladders: Sequence[Stages], days: list[dt.date]) -> list[Subject]:
    """Return what is open and may come to a stage of any of the ladders in these days."""
    windows = [due_window(stages, day) for stages in ladders for day in (days[0], days[-1])]
    window = (min(first for first, _last in windows), max(last for _first, last in windows))
    return [subject for subject in source.open_subjects(window) if subject.kind == kind and subject.needed]


def _heard(source: Source, kind: Kind, subjects: list[Subject]) -> Heard:
    about = {f"{source.column}__in": {subject.pk for subject in subjects}}
    sent = Reminder.objects.filter(kind=kind, state=ReminderState.SENT, recipient__isnull=False, **about)
    heard: Heard = {}
    for pk, due_on, person, stage in sent.values_list(source.column, "due_on", "recipient", "stage"):
        who = (pk, due_on, person or 0)
        heard[who] = max(heard.get(who, offset_of(stage)), offset_of(stage))
    return heard


def _simulate(
    stages: Stages,
    subjects: list[Subject],
    days: list[dt.date],
    calendar: WorkingCalendar,
    directory: Directory,
    heard: Heard,
) -> list[DayForecast]:
    """Let the days pass: on each, people hear the latest stage that was reached, unless they have already."""
    heard, found = dict(heard), []
    timetable = {due_on: dated(stages, due_on, calendar) for due_on in {each.due_on for each in subjects}}
    for day in days:
        people: list[int] = []
        for subject in subjects:
            reached = [stage for stage, on in timetable[subject.due_on] if on <= day]
            for person in directory.people(subject, reached[-1], day) if reached else ():
                who = (subject.pk, subject.due_on, person)
                if who not in heard or heard[who] < reached[-1].offset:
                    heard[who] = reached[-1].offset
                    people.append(person)
        found.append(DayForecast(day, len(set(people)), len(people)))
    return found
