"""What people were told lately: reminders sent, and the messages in their inboxes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone

from commands.models import User
from tasks.demo.directives import directive_notes
from tasks.demo.leads import last_workday
from tasks.demo.world import Story, World
from tasks.errands import errands
from tasks.models import (
    Channel,
    LeadAssignment,
    Milestone,
    Notification,
    Reminder,
    ReminderState,
    Report,
    Task,
)
from tasks.rules.channels import channels_for
from tasks.rules.reminders import Audience, Stage
from tasks.services.subjects import SOURCES, Subject

LATELY = dt.timedelta(days=21)


def create_messages(world: World, stories: list[Story]) -> None:
    """Write the reminders that went out in the last weeks about what is still open, and the inbox with them."""
    sent = [row for chased in _chased(world, stories) for row in _sent(world, chased)]
    Reminder.objects.bulk_create(sent, batch_size=300)
    planned_for = {row.pk: row.planned_for for row in sent if row.channel == Channel.INBOX}
    notes = [
        (
            planned_for[row.pk],
            Notification(recipient=row.person, kind=f"reminder_{row.kind}", values=row.values, link=row.link),
        )
        for row in errands(Reminder.objects.filter(pk__in=planned_for).order_by("pk"))
    ]
    notes += [*_returns(world), *_changes_of_lead(world, stories), *directive_notes(world)]
    _write_dated(world, notes)


def _write_dated(world: World, notes: list[tuple[dt.datetime, Notification]]) -> None:
    """Write messages with the moment each was sent, read unless they are of the last working day or today."""
    last_workday = world.clock.calendar.add(world.clock.today, -1)
    for moment, note in notes:
        if timezone.localdate(moment) < last_workday:
            note.read_at = world.clock.soon_after(moment, world.clock.now)
    rows = Notification.objects.bulk_create((note for _moment, note in notes), batch_size=300)
    for row, (moment, _note) in zip(rows, notes, strict=True):
        row.created_at = moment  # the database dates every new row now
    Notification.objects.bulk_update(rows, ["created_at"], batch_size=300)


def _audience(world: World, stage: Stage, subject: Subject) -> list[User]:
    people, (unit, *_others) = world.people, subject.unit_ids
    offices = [people.offices[subject.headquarters_id]] if subject.headquarters_id else []
    told = {
        Audience.REPORTERS: [people.reporters[unit]],
        Audience.HEADS: [people.heads[unit]],
        Audience.OFFICE: offices,
        Audience.DISTRICT: [people.office],
        Audience.LEADERS: [people.leader],
    }
    return [user for audience, users in told.items() if audience in stage.audience for user in users]


@dataclass(frozen=True)
class Chased:
    """Something that people are reminded of: the column that names it, what it is, and since when its unit has it."""

    column: str
    subject: Subject
    task: Task
    since: dt.date


def _sent(world: World, chased: Chased) -> Iterator[Reminder]:
    """Return the stages that were reached before today, as they were sent on their mornings."""
    clock, subject = world.clock, chased.subject
    first = max(clock.today - LATELY, chased.since)
    for stage in world.ladders[subject.kind]:
        on = clock.calendar.add(subject.due_on, stage.offset)
        if not first <= on < clock.today:
            continue
        moment = max(clock.at(on, 8, 30), clock.at(chased.since, 10))
        for user in _audience(world, stage, subject):
            for channel in channels_for(stage.channels, email=True, app=False):
                yield Reminder(
                    kind=subject.kind,
                    task=chased.task,
                    stage=stage.code,
                    recipient=user,
                    channel=channel,
                    due_at=subject.due_at,
                    due_on=subject.due_on,
                    planned_for=moment,
                    state=ReminderState.SENT,
                    attempts=1,
                    sent_at=moment + dt.timedelta(seconds=world.rng.randint(4, 90)),
                    outcome="delivered",
                    **{f"{chased.column}_id": subject.pk},
                )


def _chased(world: World, stories: list[Story]) -> Iterator[Chased]:
    """Yield what is still open and people were reminded of: reports, milestones, leads to acknowledge."""
    window = (world.clock.today - LATELY, world.clock.today + dt.timedelta(days=10))
    leads = [story.leads[-1].pk for story in stories]
    rows = (
        Report.objects.filter(period__book=world.book).to_file(),
        Milestone.objects.due_within(*window).filter(task__campaign__book=world.book),
        LeadAssignment.objects.to_acknowledge().filter(pk__in=leads),
    )
    tasks = Task.objects.filter(campaign__book=world.book).in_bulk()
    for queryset in rows:
        source = SOURCES[queryset.model]
        for subject in sorted(source.subjects(queryset), key=lambda each: each.pk):
            if subject.needed and subject.unit_ids and subject.task_id:
                task = tasks[subject.task_id]
                since = subject.due_on if source.column == "lead" else task.lead_since
                yield Chased(source.column, subject, task, since or world.launched_on)


def _returns(world: World) -> Iterator[tuple[dt.datetime, Notification]]:
    """Return the messages about reports that wait to be corrected."""
    returned = Report.objects.filter(period__book=world.book, state="returned").select_related(
        "task", "period"
    )
    for report in returned:
        decided_at = report.submissions.order_by("-number").values_list("decided_at", flat=True)[0]
        values = {
            "task": report.task.title,
            "month": f"{report.period.month:%Y-%m}",
            "words": report.return_words,
        }
        for user in (world.people.reporters[report.unit_id], world.people.heads[report.unit_id]):
            note = Notification(
                recipient=user, kind="report_returned", values=values, link=f"/reports/{report.pk}/"
            )
            yield decided_at or world.clock.now, note


def _changes_of_lead(world: World, stories: list[Story]) -> Iterator[tuple[dt.datetime, Notification]]:
    """Return the messages about tasks that changed hands lately, or are about to."""
    for story in stories:
        old, new = [None, *story.leads, *filter(None, [story.planned_lead])][-2:]
        if old is None or new is None or world.clock.today - new.starts_on > LATELY:
            continue
        values = _values(story, old, new)
        moment = world.clock.at(min(new.starts_on, last_workday(world)), 10)
        for kind, lead in (("lead_given", new), ("lead_left", old)):
            for user in (world.people.reporters[lead.unit.pk], world.people.heads[lead.unit.pk]):
                link = f"/tasks/{story.task.pk}/"
                yield moment, Notification(recipient=user, kind=kind, values=values, link=link)


def _values(story: Story, old: LeadAssignment, new: LeadAssignment) -> dict[str, str]:
    return {
        "task": story.task.title,
        "unit": new.unit.name,
        "unit_en": new.unit.name_en,
        "old_unit": old.unit.name,
        "old_unit_en": old.unit.name_en,
        "day": new.starts_on.isoformat(),
        "reason": new.reason,
    }
