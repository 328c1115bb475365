"""Planning reminders: what should be sent is compared with the rows that are there.

Missing rows are written, needless ones cancelled with the reason, so that planning twice changes nothing, a
missed day is caught up, and a change of lead or a filed report puts the rows right in its own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from commands.models import Post
from commands.roles import RoleCode
from tasks.models import (
    Channel,
    ChannelChoice,
    LeadAssignment,
    Milestone,
    Reminder,
    ReminderState,
    Report,
    Robot,
)
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.channels import channels_for
from tasks.rules.reminders import (
    LEAD_LADDER,
    MILESTONE_LADDER,
    OPENS_AT,
    REPORT_LADDER,
    Audience,
    Stage,
    sending_time,
    stages_to_plan,
)
from tasks.rules.reports import FILEABLE
from tasks.services.calendar import working_calendar
from tasks.services.wake import wake_sender

Key = tuple[str, int, str, int, str]
"""Subject, its id, stage, the id of the recipient (of a group: of its robot), channel."""


@dataclass(frozen=True)
class Subject:
    """Something people are reminded of; ``needed`` False: it is done, and nobody is to be chased."""

    kind: str
    row: Report | Milestone | LeadAssignment
    task_id: int | None
    unit_id: int | None
    headquarters_id: int | None
    due_at: dt.datetime
    ladder: tuple[Stage, ...]
    needed: bool
    done_words: str


class Directory:
    """The posts of the day, groups' robots and what people chose, read once for a whole planning."""

    def __init__(self, day: dt.date) -> None:
        posts = Post.objects.on(day).values_list("role", "unit_id", "headquarters_id", "user_id")
        self.posts = list(posts)
        self.robots = list(Robot.objects.active().values_list("pk", "owner", "unit", "headquarters"))
        self.with_app = {owner for _pk, owner, _unit, _headquarters in self.robots if owner}
        refused = ChannelChoice.objects.filter(email=False)
        self.without_email = set(refused.values_list("user", flat=True))

    def addressees(self, subject: Subject, stage: Stage) -> Iterator[tuple[int, str]]:
        """Yield whom ``stage`` reaches and by which channel: people as they chose, and groups by their robots."""
        for user in self.people(subject, stage.audience):
            email, app = user not in self.without_email, user in self.with_app
            for channel in channels_for(stage.channels, email=email, app=app):
                yield user, channel
        if Channel.GROUP in stage.channels:
            yield from ((robot, Channel.GROUP) for robot in self.groups(subject, stage.audience))

    def groups(self, subject: Subject, audience: Collection[Audience]) -> set[int]:
        """Return the robots in whose groups the people of ``audience`` read about a subject."""
        unit = not {Audience.REPORTERS, Audience.HEADS}.isdisjoint(audience)
        office, district = Audience.OFFICE in audience, Audience.LEADERS in audience
        return {
            pk
            for pk, owner, in_unit, in_headquarters in self.robots
            if (unit and in_unit and in_unit == subject.unit_id)
            or (office and in_headquarters and in_headquarters == subject.headquarters_id)
            or ((office or district) and not (owner or in_unit or in_headquarters))
        }

    def people(self, subject: Subject, audience: Iterable[Audience]) -> set[int]:
        """Return the ids of the people of ``audience`` for a subject."""
        wanted = set(audience)
        found = set()
        for role, unit, headquarters, user in self.posts:
            of_unit = unit is not None and unit == subject.unit_id
            if (
                (role == RoleCode.REPORTER and of_unit and Audience.REPORTERS in wanted)
                or (role == RoleCode.HEAD and of_unit and Audience.HEADS in wanted)
                or (role == RoleCode.LEADER and Audience.LEADERS in wanted)
                or (
                    role == RoleCode.OFFICE
                    and Audience.OFFICE in wanted
                    and headquarters in (None, subject.headquarters_id)
                )
            ):
                found.add(user)
        return found


def _report_subject(report: Report) -> Subject:
    filed = report.first_submitted_at is not None and report.state not in FILEABLE
    return Subject(
        kind="report",
        row=report,
        task_id=report.task_id,
        unit_id=report.unit_id,
        headquarters_id=report.task.campaign.headquarters_id,
        due_at=report.period.due_at,
        ladder=REPORT_LADDER,
        needed=report.state in FILEABLE and report.period.is_open and report.task.is_open,
        done_words="filed" if filed else "closed",
    )


def _milestone_subject(milestone: Milestone) -> Subject:
    due = timezone.make_aware(dt.datetime.combine(milestone.due_on, dt.time(18, 0)))
    return Subject(
        kind="milestone",
        row=milestone,
        task_id=milestone.task_id,
        unit_id=milestone.task.lead_unit_id,
        headquarters_id=milestone.task.campaign.headquarters_id,
        due_at=due,
        ladder=MILESTONE_LADDER,
        needed=milestone.completed_on is None and milestone.task.is_open,
        done_words="reached" if milestone.completed_on else "closed",
    )


def _lead_subject(lead: LeadAssignment) -> Subject:
    return Subject(
        kind="lead",
        row=lead,
        task_id=lead.task_id,
        unit_id=lead.unit_id,
        headquarters_id=lead.commanded_campaign.headquarters_id,
        due_at=timezone.make_aware(dt.datetime.combine(lead.starts_on, dt.time(18, 0))),
        ladder=LEAD_LADDER,
        needed=lead.is_waiting and lead.objected_at is None,
        done_words="acknowledged" if lead.acknowledged_at else "moved",
    )


Rungs = list[tuple[Stage, dt.date]]


def _rungs(subjects: Iterable[Subject], today: dt.date, calendar: WorkingCalendar) -> Iterator[Rungs]:
    """Yield for each subject the stages that it has come to, with their days; none where it is done.

    A thousand reports of a month fall due on one day, and climb the same rungs.
    """
    known: dict[tuple[str, dt.date], Rungs] = {}
    for subject in subjects:
        due_on = timezone.localdate(subject.due_at)
        if subject.needed and (subject.kind, due_on) not in known:
            known[subject.kind, due_on] = stages_to_plan(subject.ladder, due_on, today, calendar)
        yield known[subject.kind, due_on] if subject.needed else []


def _wanted(
    subject: Subject, rungs: Rungs, directory: Directory, now: dt.datetime, calendar: WorkingCalendar
) -> dict[Key, Reminder]:
    """Return the reminders that should exist for ``subject`` now, sent ones included."""
    local = timezone.localtime(now)
    wanted: dict[Key, Reminder] = {}
    for stage, day in rungs:
        moment = max(local, timezone.make_aware(dt.datetime.combine(day, OPENS_AT)))
        if not settings.REMIND_AT_ANY_TIME:
            moment = sending_time(day, local, calendar)
        for addressee, channel in directory.addressees(subject, stage):
            key = (subject.kind, subject.row.pk, stage.code, addressee, channel)
            whom = "robot_id" if channel == Channel.GROUP else "recipient_id"
            wanted[key] = Reminder(
                task_id=subject.task_id,
                stage=stage.code,
                channel=channel,
                due_at=subject.due_at,
                planned_for=moment,
                **{f"{subject.kind}_id": subject.row.pk, whom: addressee},
            )
    return wanted


def _existing(kind: str, subjects: Sequence[Subject]) -> dict[Key, Reminder]:
    rows = Reminder.objects.filter(**{f"{kind}__in": [subject.row.pk for subject in subjects]})
    return {
        (kind, getattr(row, f"{kind}_id"), row.stage, row.recipient_id or row.robot_id or 0, row.channel): row
        for row in rows
    }


def _reconcile(kind: str, subjects: Sequence[Subject], now: dt.datetime) -> int:
    """Put the rows of ``subjects`` right and return how many were written or taken up again.

    The subjects' rows must be locked: two planners, or a planner and somebody who files or reassigns at the
    same moment, would otherwise undo each other's work.
    """
    if not subjects:
        return 0
    today, calendar = timezone.localdate(now), working_calendar()
    existing, directory = _existing(kind, subjects), Directory(today)
    wanted: dict[Key, Reminder] = {}
    stages: set[tuple[int, str]] = set()
    for subject, rungs in zip(subjects, _rungs(subjects, today, calendar), strict=True):
        wanted |= _wanted(subject, rungs, directory, now, calendar)
        stages |= {(subject.row.pk, stage.code) for stage, _day in rungs}
    missing = [wanted[key] for key in sorted(wanted.keys() - existing.keys())]
    Reminder.objects.bulk_create(missing, ignore_conflicts=True)
    revived = _put_right([(existing[key], wanted[key]) for key in wanted.keys() & existing.keys()], now)
    people = {key[:4] for key in wanted if key[4] != Channel.GROUP}
    _cancel([(key, row) for key, row in existing.items() if key not in wanted], subjects, stages, people)
    if missing or revived:
        wake_sender()
    return len(missing) + revived


def _put_right(pairs: list[tuple[Reminder, Reminder]], now: dt.datetime) -> int:
    """Plan again what was cancelled and is needed after all, and move what is planned for another time.

    Cancelled are a returned report's and those of a lead that came back; another time comes with an edited
    calendar or a new due day. What waits for a further attempt keeps its time.
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
            row.attempts = 0
            changed[row.pk] = row
    if not changed:
        return 0
    # A worker may have claimed some of them since they were read; those are its own now.
    now_there = Reminder.objects.filter(
        pk__in=changed, state__in=[ReminderState.PLANNED, ReminderState.CANCELLED]
    )
    locked = dict(now_there.order_by("pk").select_for_update(no_key=True).values_list("pk", "state"))
    fields = ["state", "outcome", "due_at", "planned_for", "attempts"]
    Reminder.objects.bulk_update([changed[pk] for pk in locked], fields, batch_size=500)
    return sum(state == ReminderState.CANCELLED for state in locked.values())


def _cancel(
    entries: list[tuple[Key, Reminder]],
    subjects: Sequence[Subject],
    stages: set[tuple[int, str]],
    people: set[tuple[str, int, str, int]],
) -> None:
    """Cancel what is planned and not needed, with the reason that ``/reminders/`` puts into words.

    ``stages`` are those now due, ``people`` who is told of them: a person left out of one has handed the work
    over; one still told has chosen another channel. What stands in for a channel that failed stays.
    """
    by_id = {subject.row.pk: subject for subject in subjects}
    reasons: dict[str, list[int]] = {}
    for key, row in entries:
        _kind, subject_id, stage, _addressee, channel = key
        told = channel != Channel.GROUP and key[:4] in people
        if row.state == ReminderState.PLANNED and not (told and row.fallback_of_id):
            subject = by_id[subject_id]
            passed_on = "moved" if (subject_id, stage) in stages else "superseded"
            still = "channel" if told else passed_on
            reason = still if subject.needed else subject.done_words
            reasons.setdefault(reason, []).append(row.pk)
    for reason, ids in reasons.items():
        Reminder.objects.filter(pk__in=ids, state=ReminderState.PLANNED).update(
            state=ReminderState.CANCELLED, outcome=reason
        )


@transaction.atomic
def reconcile_reports(*, reports: QuerySet[Report], now: dt.datetime) -> int:
    """Put the reminders about ``reports`` right."""
    rows = reports.select_related("task__campaign", "period").order_by("pk")
    locked = rows.select_for_update(of=("self",), no_key=True)
    return _reconcile("report", [_report_subject(row) for row in locked], now)


@transaction.atomic
def reconcile_milestones(*, milestones: QuerySet[Milestone], now: dt.datetime) -> int:
    """Put the reminders about ``milestones`` right."""
    rows = milestones.select_related("task__campaign").order_by("task_id", "pk")
    locked = rows.select_for_update(of=("task",), no_key=True)  # whose lead unit is reminded
    return _reconcile("milestone", [_milestone_subject(row) for row in locked], now)


@transaction.atomic
def reconcile_leads(*, leads: QuerySet[LeadAssignment], now: dt.datetime) -> int:
    """Put the reminders about the acknowledgement of ``leads`` right."""
    rows = leads.select_related("task__campaign", "campaign").order_by("pk")
    locked = rows.select_for_update(of=("self",), no_key=True)
    return _reconcile("lead", [_lead_subject(row) for row in locked], now)


def plan_reminders(*, now: dt.datetime) -> int:
    """Plan everything that is to be said up to the next stage of each subject; return how much was new.

    Called by beat; may run twice at once. Looks at what is open and at what still has planned rows, so that
    nothing done stays planned.
    """
    today = timezone.localdate(now)
    planned = Reminder.objects.unsent()
    reports = Report.objects.filter(
        Q(pk__in=Report.objects.to_file().values("pk")) | Q(pk__in=planned.values("report"))
    )
    # Five working days can be two weeks and more around the National Day and the Spring Festival.
    window = (today - dt.timedelta(days=30), today + dt.timedelta(days=30))
    near = Milestone.objects.due_within(*window).values("pk")
    milestones = Milestone.objects.filter(Q(pk__in=near) | Q(pk__in=planned.values("milestone")))
    leads = LeadAssignment.objects.filter(
        Q(pk__in=LeadAssignment.objects.to_acknowledge().values("pk")) | Q(pk__in=planned.values("lead"))
    )
    return (
        reconcile_reports(reports=reports, now=now)
        + reconcile_milestones(milestones=milestones, now=now)
        + reconcile_leads(leads=leads, now=now)
    )
