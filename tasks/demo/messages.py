"""What people were told lately: reminders sent, and the messages in their inboxes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from commands.models import User
from tasks.demo.world import Story, World
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
from tasks.notices import reminder_values
from tasks.rules.channels import channels_for
from tasks.rules.reminders import LEAD_LADDER, MILESTONE_LADDER, REPORT_LADDER, Audience, Stage
from tasks.rules.reports import FILEABLE

LATELY = dt.timedelta(days=21)


def create_messages(world: World, stories: list[Story]) -> None:
    """Write the reminders that went out in the last weeks about what is still open, and the inbox with them."""
    chased = [*_open_reports(world), *_near_milestones(world), *_unacknowledged(stories)]
    sent = [row for subject in chased for row in _sent(world, subject)]
    Reminder.objects.bulk_create(sent, batch_size=300)
    notes = [
        (
            row.planned_for,
            Notification(
                recipient=row.person,
                kind=f"reminder_{row.subject_kind}",
                values=reminder_values(row),
                link=row.link,
            ),
        )
        for row in sent
        if row.channel == Channel.INBOX
    ]
    notes += [*_returns(world), *_changes_of_lead(world, stories)]
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


def _audience(world: World, stage: Stage, unit_id: int, headquarters_id: int | None) -> list[User]:
    people = world.people
    told = {
        Audience.REPORTERS: [people.reporters[unit_id]],
        Audience.HEADS: [people.heads[unit_id]],
        Audience.OFFICE: [people.office] + ([people.offices[headquarters_id]] if headquarters_id else []),
        Audience.LEADERS: [people.leader],
    }
    return [user for audience in Audience if audience in stage.audience for user in told[audience]]


@dataclass(frozen=True)
class Chased:
    """Something that people are reminded of: the subject's columns, its ladder, its unit and since when."""

    columns: dict[str, Any]
    ladder: tuple[Stage, ...]
    due_at: dt.datetime
    task: Task
    unit_id: int
    since: dt.date


def _sent(world: World, chased: Chased) -> Iterator[Reminder]:
    """Return the stages that were reached before today, as they were sent on their mornings."""
    clock, due_on = world.clock, timezone.localdate(chased.due_at)
    first = max(clock.today - LATELY, chased.since)
    for stage in chased.ladder:
        day = (
            clock.calendar.add(due_on, stage.offset) if stage.offset else clock.calendar.roll_forward(due_on)
        )
        if not first <= day < clock.today:
            continue
        moment = max(clock.at(day, 8, 30), clock.at(chased.since, 10))
        for user in _audience(world, stage, chased.unit_id, chased.task.campaign.headquarters_id):
            for channel in channels_for(stage.channels, email=True, app=False):
                yield Reminder(
                    task=chased.task,
                    stage=stage.code,
                    recipient=user,
                    channel=channel,
                    due_at=chased.due_at,
                    planned_for=moment,
                    state=ReminderState.SENT,
                    attempts=1,
                    sent_at=moment + dt.timedelta(seconds=world.rng.randint(4, 90)),
                    outcome="delivered",
                    **chased.columns,
                )


def _evening(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(18, 0)))


def _open_reports(world: World) -> Iterator[Chased]:
    reports = Report.objects.filter(period__book=world.book, state__in=FILEABLE).in_open_period()
    for report in reports.select_related("task__campaign", "period"):
        since = report.task.lead_since or world.launched_on
        due_at = report.period.due_at
        yield Chased({"report": report}, REPORT_LADDER, due_at, report.task, report.unit_id, since)


def _near_milestones(world: World) -> Iterator[Chased]:
    window = (world.clock.today - LATELY, world.clock.today + dt.timedelta(days=10))
    milestones = Milestone.objects.due_within(*window).filter(task__campaign__book=world.book)
    for row in milestones.select_related("task__campaign"):
        since = row.task.lead_since or world.launched_on
        if row.task.lead_unit_id:
            due_at = _evening(row.due_on)
            yield Chased({"milestone": row}, MILESTONE_LADDER, due_at, row.task, row.task.lead_unit_id, since)


def _unacknowledged(stories: list[Story]) -> Iterator[Chased]:
    for story in stories:
        lead = story.leads[-1]
        if lead.acknowledged_at is None:
            due_at = _evening(lead.starts_on)
            yield Chased({"lead": lead}, LEAD_LADDER, due_at, story.task, lead.unit.pk, lead.starts_on)


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
    """Return the messages about tasks that changed hands lately."""
    for story in stories:
        if len(story.leads) == 1 or world.clock.today - story.leads[-1].starts_on > LATELY:
            continue
        old, new = story.leads[-2:]
        values = _values(story, old, new)
        moment = world.clock.at(new.starts_on, 10)
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
