"""Why did somebody get a reminder about a task, or not? Answered from the rows and the rules, in words."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commands.models import Post, User
from tasks.boards.reminders import asked, post_words
from tasks.models import Directive, Reminder, ReminderState, Report, Task
from tasks.rules.reminders import Dated, dated, is_sending_time
from tasks.services.reminders import Timetable
from tasks.services.subjects import SOURCES, Source, Subject
from tasks.wording import reminder_outcome, reminder_stage

RECENT = dt.timedelta(days=60)
NAMED = {
    "report": ("task", "period"),
    "milestone": ("task",),
    "lead": ("task", "campaign"),
    "obstacle": ("task",),
    "directive": ("directive",),
}
"""What an answer names of a subject besides itself."""


@dataclass(frozen=True)
class Answer:
    """What is to be said about one subject: the reminders that there are, and sentences."""

    subject: str
    due_at: dt.datetime
    rows: list[Reminder] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def explain(*, person: User, task: Task, now: dt.datetime, by: User) -> list[Answer]:
    """Return an answer for everything about ``task`` of which people are or were lately reminded, latest due first.

    Of directives only those that concern ``by``, who asks: to others there is none.
    """
    timetable = Timetable(now)
    posts = list(Post.objects.filter(user=person).on(timetable.today).select_related("unit", "headquarters"))
    asker = _Asker(person, posts, timetable)
    answers = []
    for source in SOURCES.values():
        rows = source.model.objects.filter(_about(source, task, by)).select_related(*NAMED[source.column])
        found = _Found(source, {row.pk: row for row in rows})
        theirs = found.reminders(person)
        answers += [
            asker.answer(source, found.rows[subject.pk], subject, theirs[subject.kind, subject.pk])
            for subject in source.subjects(source.model.objects.filter(pk__in=found.rows))
            if subject.needed or subject.due_at > now - RECENT
        ]
    return sorted(answers, key=lambda answer: answer.due_at, reverse=True)


def _about(source: Source, task: Task, by: User) -> Q:
    if source.column == "directive":
        return Q(directive__in=Directive.objects.visible_to(by).of_task(task).values("pk"))
    return Q(task=task)


@dataclass(frozen=True)
class _Found:
    """The rows of a source about the task."""

    source: Source
    rows: dict[int, Any]

    def reminders(self, person: User) -> dict[tuple[str, int], list[Reminder]]:
        """Return the person's reminders about them by kind and subject, the latest first: one query."""
        related = ("report__period", "milestone", "directive__directive", "recipient", "task")
        about = {f"{self.source.column}__in": list(self.rows), "recipient": person}
        rows = Reminder.objects.filter(**about).select_related(*related).order_by("-planned_for", "-pk")
        by_subject: dict[tuple[str, int], list[Reminder]] = defaultdict(list)
        for row in rows:
            by_subject[row.kind, getattr(row, f"{self.source.column}_id")].append(row)
        return by_subject


@dataclass(frozen=True)
class _Asker:
    """Who is asked about: their posts of today, and the rules by which they would be told."""

    person: User
    posts: list[Post]
    timetable: Timetable

    def answer(self, source: Source, row: Any, subject: Subject, reminders: list[Reminder]) -> Answer:
        """Return what is to be said about one subject."""
        sentences = list(dict.fromkeys(_waiting(reminders, self.timetable)))
        if not reminders:
            sentences += _never(subject, row, self.person, self.posts, self.timetable)
        elif not subject.needed:
            sentences += [_("Nothing more is planned: %(why)s") % {"why": _done(subject, row)}]
        # Worded as a reminder about it would be, whether there is one or not.
        stand_in = Reminder(kind=subject.kind, **{source.column: row})
        return Answer(asked(stand_in), subject.due_at, reminders, sentences)


def _done(subject: Subject, row: Any) -> str:
    """Return why nothing is to be said any more, with the day where it is known."""
    if isinstance(row, Report):
        for moment, words in (
            (row.accepted_at, _("The report was accepted on %(day)s.")),
            (row.submitted_at, _("The report was filed on %(day)s.")),
        ):
            if moment:
                return words % {"day": date_format(timezone.localdate(moment), "Y-m-d")}
    return reminder_outcome(subject.done_words)


def _waiting(rows: Iterable[Reminder], timetable: Timetable) -> Iterator[str]:
    """Yield what a planned reminder waits for."""
    for row in rows:
        if row.state != ReminderState.PLANNED:
            continue
        at = timezone.localtime(row.planned_for)
        values = {"stage": reminder_stage(row.stage), "at": date_format(at, "Y-m-d H:i")}
        if row.attempts:
            yield _("The last try did not go through; the next is at %(at)s.") % values
        elif row.planned_for > timetable.now:
            yield _("Not sent yet: the stage “%(stage)s” is planned for %(at)s.") % values
        elif settings.REMIND_AT_ANY_TIME or is_sending_time(
            timezone.localtime(timetable.now), timetable.calendar
        ):
            yield _("It is in the queue and goes out within a few minutes.")
        else:
            yield _("It waits for the next working morning: nothing goes out at night or on days off.")


def _never(
    subject: Subject, row: Any, person: User, posts: list[Post], timetable: Timetable
) -> Iterator[str]:
    """Yield why ``person`` has no reminder about ``subject`` at all."""
    if not person.is_active:
        yield reminder_outcome("disabled")
        return
    stages = dated(timetable.ladders[subject.kind], subject.due_on, timetable.calendar)
    theirs = [
        (stage, day) for stage, day in stages if person.pk in timetable.directory.people(subject, stage)
    ]
    if not theirs:
        yield from _not_concerned(person, posts)
        if not subject.needed:
            yield _done(subject, row)
        return
    if not subject.needed:
        yield _("Nothing was planned for them: %(why)s") % {"why": _done(subject, row)}
        return
    yield from _not_yet(theirs, posts, timetable)


def _not_concerned(person: User, posts: list[Post]) -> Iterator[str]:
    values: dict[str, Any] = {"person": person, "posts": "; ".join(post_words(post) for post in posts)}
    if posts:
        yield _("%(person)s holds today: %(posts)s. None of these is told of any stage of it.") % values
    else:
        yield _("%(person)s holds no post today.") % values


def _not_yet(theirs: Dated, posts: list[Post], timetable: Timetable) -> Iterator[str]:
    """Yield at which stages they come in, and why an earlier one did not reach them."""
    coming = [(stage, day) for stage, day in theirs if day > timetable.today]
    if coming:
        stage, day = coming[0]
        values = {"stage": reminder_stage(stage.code), "day": date_format(day, "Y-m-d")}
        yield _("They are told from the stage “%(stage)s” on, which is on %(day)s.") % values
    past = [day for _stage, day in theirs if day <= timetable.today]
    since = max((post.starts_on for post in posts), default=None)
    if past and since and since > past[-1]:
        yield _("Their last stage was on %(day)s; they hold their post only since %(since)s.") % {
            "day": date_format(past[-1], "Y-m-d"),
            "since": date_format(since, "Y-m-d"),
        }
    elif past:
        yield _("It will be planned within ten minutes: the planner has not come by since it became due.")
