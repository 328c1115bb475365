"""Giving and reassigning the lead of campaigns and tasks."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Milestone, Period, Reminder, Report, Task
from tasks.rules.leads import DayProblem, effective_day_problem
from tasks.rules.reports import MOVABLE
from tasks.services.inbox import notify
from tasks.services.people import people_of
from tasks.services.reminders import reconcile_leads, reconcile_milestones, reconcile_reports

Subject = Campaign | Task

DAY_MESSAGES = {
    DayProblem.BEFORE_OPEN_PERIOD: _(
        "Earlier months are settled: choose a day in the open reporting period, today or later."
    ),
    DayProblem.BEFORE_CURRENT_LEAD: _("Choose a day after the present lead unit took over."),
    DayProblem.BEFORE_PLANNED_CHANGE: _("Another change is already planned for that day or later."),
}


@dataclass(frozen=True)
class Move:
    """What a reassignment takes along for one campaign or task."""

    subject: Subject
    old_unit: Unit | None
    report: Report | None = None
    reminders: int = 0
    milestones: int = 0


@dataclass(frozen=True)
class ReassignmentPreview:
    """What a reassignment will move, and who will be told."""

    moves: list[Move]
    people: list[User] = field(default_factory=list)


def _book_id(subject: Subject) -> int:
    return subject.book_id if isinstance(subject, Campaign) else subject.campaign.book_id


def _led(subjects: Sequence[Subject]) -> Q:
    """Return the condition that a lead is one of ``subjects``."""
    return Q(campaign__in=[row.pk for row in subjects if isinstance(row, Campaign)]) | Q(
        task__in=[row.pk for row in subjects if isinstance(row, Task)]
    )


def _subjects(subject: Subject, *, with_tasks: bool, lock: bool = False) -> list[Subject]:
    """Return the campaign or task, and with it the open tasks that the same unit leads.

    With ``lock`` they are read anew and locked, so that of two administrators who reassign the same thing,
    be it alone or with its campaign, the second finds what the first has done.
    """
    tasks = Task.objects.select_related("campaign", "lead_unit")
    campaigns = Campaign.objects.select_related("lead_unit")
    if lock:
        # Whoever needs several of these rows locks campaign, task, period, report in this order.
        tasks = tasks.select_for_update(of=("self",), no_key=True)
        campaigns = campaigns.select_for_update(of=("self",), no_key=True)
    if isinstance(subject, Task):
        return [tasks.get(pk=subject.pk)]
    campaign = campaigns.get(pk=subject.pk)
    if not with_tasks:
        return [campaign]
    return [campaign, *tasks.open().filter(campaign=campaign, lead_unit=campaign.lead_unit).order_by("pk")]


def _check(
    subjects: Sequence[Subject], unit: Unit, starts_on: dt.date, today: dt.date
) -> list[LeadAssignment | None]:
    """Return each subject's lead that ends when ``unit`` takes over; raise Refused where it cannot take over."""
    if not unit.active:
        raise Refused(_("This unit no longer exists; choose another."), code="unit_inactive", field="unit")
    history: dict[Subject, list[LeadAssignment]] = defaultdict(list)
    rows = LeadAssignment.objects.filter(_led(subjects)).select_related("unit", "campaign", "task")
    for lead in rows.order_by("starts_on"):
        history[lead.subject].append(lead)
    opened = Period.objects.filter(book=_book_id(subjects[0])).open().order_by("month").first()
    opened_on = opened.opens_on if opened else None
    return [_check_one(row, history[row], unit, starts_on, today, opened_on) for row in subjects]


def _check_one(
    subject: Subject,
    leads: list[LeadAssignment],
    unit: Unit,
    starts_on: dt.date,
    today: dt.date,
    opened_on: dt.date | None,
) -> LeadAssignment | None:
    if isinstance(subject, Task) and not subject.is_open and subject.lifecycle != "planned":
        raise Refused(_("This task is closed; its lead no longer changes."), code="not_open")
    begun = [lead for lead in leads if lead.starts_on <= starts_on]  # the oldest first
    current = next((lead for lead in begun if lead.ends_on is None or lead.ends_on > starts_on), None)
    if current and current.unit_id == unit.pk:
        raise Refused(_("This unit already leads then."), code="same_unit", field="unit")
    problem = effective_day_problem(
        starts_on,
        today=today,
        period_opened_on=opened_on,
        current_since=current.starts_on if current else None,
        latest_change_on=leads[-1].starts_on if leads else None,
    )
    if problem:
        raise Refused(DAY_MESSAGES[problem], code="too_early", field="starts_on")
    return current


def preview_reassignment(
    *, subject: Subject, unit: Unit, starts_on: dt.date, with_tasks: bool = False, day: dt.date
) -> ReassignmentPreview:
    """Return what reassigning would move, without moving it. Raises Refused as ``reassign`` does."""
    subjects = _subjects(subject, with_tasks=with_tasks)
    current = _check(subjects, unit, starts_on, day)
    tasks = [row.pk for row in subjects if isinstance(row, Task)]
    reports = {row.task_id: row for row in _open_reports(tasks).select_related("period", "unit")}
    reminders = dict(
        Reminder.objects.unsent().filter(task__in=tasks).order_by().values_list("task").annotate(Count("pk"))
    )
    milestones = dict(
        Milestone.objects.open().filter(task__in=tasks).order_by().values_list("task").annotate(Count("pk"))
    )
    moves = [
        Move(
            subject=row,
            old_unit=lead.unit if lead else None,
            report=reports.get(row.pk) if isinstance(row, Task) else None,
            reminders=reminders.get(row.pk, 0) if isinstance(row, Task) else 0,
            milestones=milestones.get(row.pk, 0) if isinstance(row, Task) else 0,
        )
        for row, lead in zip(subjects, current, strict=True)
    ]
    units = {unit.pk} | {move.old_unit.pk for move in moves if move.old_unit}
    return ReassignmentPreview(moves=moves, people=people_of(units))


def _open_reports(task_ids: Sequence[int]) -> QuerySet[Report]:
    return Report.objects.in_open_period().filter(task__in=task_ids, state__in=MOVABLE)


@transaction.atomic
def reassign(
    *,
    subject: Subject,
    unit: Unit,
    starts_on: dt.date,
    reason: str,
    document_number: str = "",
    handover_note: str = "",
    with_tasks: bool = False,
    by: User,
) -> list[LeadAssignment]:
    """Give the lead of a campaign or task to ``unit`` from ``starts_on``.

    Open reports and unsent reminders move on the effective day, at once where it has come; history stays with
    the old unit; both units are told, and the new one is asked to acknowledge. With ``with_tasks`` the open
    tasks of the campaign that the same unit leads go along, all or none. Raises Refused: ``unit_inactive``,
    ``same_unit``, ``too_early``, ``not_open``, ``reason_missing``.
    """
    if not reason.strip():
        raise Refused(_("Say why the lead changes."), code="reason_missing", field="reason")
    today, leads = timezone.localdate(), []
    subjects = _subjects(subject, with_tasks=with_tasks, lock=True)
    for row, current in zip(subjects, _check(subjects, unit, starts_on, today), strict=True):
        lead = LeadAssignment(
            unit=unit,
            starts_on=starts_on,
            reason=reason,
            document_number=document_number,
            handover_note=handover_note,
            needs_acknowledgement=True,
            decided_by=by,
            campaign=row if isinstance(row, Campaign) else None,
            task=row if isinstance(row, Task) else None,
        )
        leads.append(_hand_over(lead, current, by))
    apply_leads(day=today)
    return leads


def _hand_over(lead: LeadAssignment, current: LeadAssignment | None, by: User) -> LeadAssignment:
    if current:
        current.ends_on = lead.starts_on
        current.save(update_fields=["ends_on"])
    lead.full_clean(exclude=["campaign", "task", "unit", "decided_by"])
    lead.save()
    before = {"unit": current.unit.name, "starts_on": current.starts_on} if current else {}
    after = {"unit": lead.unit.name, "starts_on": lead.starts_on, "reason": lead.reason}
    record_event(action="lead.reassign", about=lead.subject, before=before, after=after, by=by)
    _tell(lead, current)
    return lead


def _tell(lead: LeadAssignment, current: LeadAssignment | None) -> None:
    """Put the change into the inboxes of both units."""
    subject = lead.subject
    values = {
        "task": str(subject),
        "unit": lead.unit.name,
        "unit_en": lead.unit.name_en,
        "old_unit": current.unit.name if current else "–",
        "old_unit_en": current.unit.name_en if current else "–",
        "day": lead.starts_on.isoformat(),
        "reason": lead.reason,
    }
    if isinstance(subject, Campaign):
        values["task_en"] = subject.name_en
    link = f"/tasks/{subject.pk}/" if isinstance(subject, Task) else f"/campaigns/{subject.pk}/"
    notify(recipients=people_of([lead.unit_id]), kind="lead_given", values=values, link=link)
    if current:
        notify(recipients=people_of([current.unit_id]), kind="lead_left", values=values, link=link)


@transaction.atomic
def apply_leads(*, day: dt.date) -> int:
    """Let the leads in force on ``day`` take effect: standings, open reports and reminders follow them.

    Called when a lead changes and every day, so that a change dated ahead needs nobody's help. Returns how
    many campaigns and tasks changed hands.
    """
    campaigns = _apply_to(Campaign.objects.all(), "campaign", day)
    tasks = _apply_to(Task.objects.select_related("campaign"), "task", day)
    now = timezone.now()
    if ids := [task.pk for task in tasks]:
        units = {task.pk: task.lead_unit_id for task in tasks}
        for report in _open_reports(ids).select_for_update(of=("self",), no_key=True).order_by("pk"):
            if units[report.task_id] and report.unit_id != units[report.task_id]:
                before, report.unit_id = report.unit_id, units[report.task_id]  # type: ignore[assignment]
                report.version += 1
                report.save(update_fields=["unit", "version"])
                after = {"unit": report.unit_id}
                record_event(
                    action="report.move", about=report, before={"unit": before}, after=after, by=None
                )
        reconcile_reports(reports=Report.objects.filter(task__in=ids).in_open_period(), now=now)
        reconcile_milestones(milestones=Milestone.objects.filter(task__in=ids).open(), now=now)
    if changed := [*campaigns, *tasks]:
        # Those that have ended as well: nobody is asked to acknowledge what has passed on.
        leads = LeadAssignment.objects.on(day).to_acknowledge().values("pk")
        asked = Reminder.objects.unsent().values("lead")
        about = LeadAssignment.objects.filter(_led(changed))
        reconcile_leads(leads=about.filter(Q(pk__in=leads) | Q(pk__in=asked)), now=now)
    return len(changed)


def _apply_to(rows: QuerySet[Subject], kind: str, day: dt.date) -> list[Subject]:
    """Write the lead unit of ``day`` on every campaign or task whose row says another."""
    in_force = LeadAssignment.objects.on(day).filter(**{kind: OuterRef("pk")})
    changed = list(
        rows.annotate(
            unit_now=Subquery(in_force.values("unit")[:1]),
            since_now=Subquery(in_force.values("starts_on")[:1]),
            flag_now=Subquery(in_force.values("flag_presented_on")[:1]),
        )
        .filter(Exists(in_force))
        .exclude(lead_unit=F("unit_now"), **({"lead_since": F("since_now")} if kind == "task" else {}))
    )
    for row in changed:
        row.lead_unit_id = row.unit_now
        if isinstance(row, Task):
            row.lead_since = row.since_now  # type: ignore[attr-defined]  # annotated above
            row.save(update_fields=["lead_unit", "lead_since"])
        else:
            row.flag_presented_on = row.flag_now
            row.save(update_fields=["lead_unit", "flag_presented_on"])
    return changed


@transaction.atomic
def acknowledge_lead(*, lead: LeadAssignment, by: User) -> LeadAssignment:
    """Acknowledge (签收) that the unit now leads; a second time changes nothing.

    Raises Refused ``other_unit`` where ``by`` is not of the unit.
    """
    lead = LeadAssignment.objects.select_for_update().get(pk=lead.pk)
    if lead.unit_id not in by.duties.unit_ids:
        raise Refused(_("Only the unit that takes over can acknowledge it."), code="other_unit")
    if lead.acknowledged_at is None:
        lead.acknowledged_at, lead.acknowledged_by = timezone.now(), by
        lead.save(update_fields=["acknowledged_at", "acknowledged_by"])
        record_event(action="lead.acknowledge", about=lead.subject, after={"unit": lead.unit.name}, by=by)
        reconcile_leads(leads=LeadAssignment.objects.filter(pk=lead.pk), now=timezone.now())
    return lead
