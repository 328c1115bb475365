"""Giving and reassigning the lead of campaigns and tasks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Generator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import Entry, record_event, record_events
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Task
from tasks.rules.leads import DayProblem, effective_day_problem
from tasks.services.handovers import BATCH, Subject, apply_leads
from tasks.services.inbox import notify
from tasks.services.moves import (
    ReassignmentPreview,
    address_of,
    histories,
    lead_values,
    naming,
    opened_days,
    preview_of,
    read_subjects,
)
from tasks.services.people import people_of
from tasks.services.reminders import reconcile

TOLD_ONE_BY_ONE = 5
"""Up to so many subjects each is told in a message of its own; more of them in one."""

DAY_MESSAGES = {
    DayProblem.BEFORE_OPEN_PERIOD: _(
        "Earlier months are settled: choose a day in the open reporting period, today or later."
    ),
    DayProblem.BEFORE_CURRENT_LEAD: _("Choose a day after the present lead unit took over."),
    DayProblem.BEFORE_PLANNED_CHANGE: _("Another change is already planned for that day or later."),
}


def _with_tasks(subject: Subject, *, with_tasks: bool) -> list[Subject]:
    """Return the campaign or task, and with it the open tasks that the same unit leads."""
    if isinstance(subject, Task) or not with_tasks:
        return [subject]
    campaign = Campaign.objects.get(pk=subject.pk)
    return [campaign, *Task.objects.open().filter(campaign=campaign, lead_unit=campaign.lead_unit_id)]


def _check(
    subjects: Sequence[Subject], unit: Unit, starts_on: dt.date, today: dt.date
) -> list[LeadAssignment | None]:
    """Return each subject's lead that ends when ``unit`` takes over; raise Refused where it cannot take over."""
    if not unit.works_on(starts_on):
        raise Refused(_("This unit no longer exists; choose another."), code="unit_inactive", field="unit")
    history, opened = histories(subjects), opened_days(subjects)
    current: list[LeadAssignment | None] = []
    for row in subjects:
        with naming(row, of=len(subjects)):
            current.append(_check_one(row, history[row], unit, starts_on, today, opened[row]))
    return current


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
    chosen = _with_tasks(subject, with_tasks=with_tasks)
    return preview_reassignments(subjects=chosen, unit=unit, starts_on=starts_on, day=day)


def preview_reassignments(
    *, subjects: Sequence[Subject], unit: Unit, starts_on: dt.date, day: dt.date
) -> ReassignmentPreview:
    """Return what reassigning all of ``subjects`` would move. Raises Refused as ``reassign_all`` does."""
    subjects = read_subjects(subjects)
    current = _check(subjects, unit, starts_on, day)
    return preview_of(subjects, [lead.unit if lead else None for lead in current], {unit.pk})


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
    """Give the lead of a campaign or task to ``unit`` from ``starts_on``, as ``reassign_all`` does.

    With ``with_tasks`` the open tasks of the campaign that the same unit leads go along, all or none.
    """
    if with_tasks and isinstance(subject, Campaign):
        # Before its tasks are looked up: nobody may hand one of them on in between.
        read_subjects([subject], lock=True)
    return reassign_all(
        subjects=_with_tasks(subject, with_tasks=with_tasks),
        unit=unit,
        starts_on=starts_on,
        reason=reason,
        document_number=document_number,
        handover_note=handover_note,
        by=by,
    )


@transaction.atomic
def reassign_all(*, subjects: Sequence[Subject], by: User, **decision: Any) -> list[LeadAssignment]:
    """Give the leads of ``subjects`` to another unit, all or none, and return the new leads, campaigns first.

    What the decision is, what moves with it and what is refused says ``reassign_in_steps``.
    """
    steps = reassign_in_steps(subjects=subjects, batch=max(len(subjects), 1), by=by, **decision)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            leads: list[LeadAssignment] = done.value
            return leads


def reassign_in_steps(
    *,
    subjects: Sequence[Subject],
    batch: int,
    unit: Unit,
    starts_on: dt.date,
    reason: str,
    document_number: str = "",
    handover_note: str = "",
    by: User,
) -> Generator[int, None, list[LeadAssignment]]:
    """Give the leads of ``subjects`` to ``unit`` from ``starts_on``, all or none (调整牵头单位), ``batch`` by batch.

    Yields how many have moved. All of it is one transaction: whoever stops asking before the end has moved nothing.
    Open reports and unsent reminders move on the effective day, at once where it has come; history stays with the
    old units; all units are told, and the new one is asked to acknowledge. The number of queries grows by the
    hundred. Raises Refused: ``unit_inactive``, ``same_unit``, ``too_early``, ``not_open``, ``reason_missing``.
    """
    if not reason.strip():
        raise Refused(_("Say why the lead changes."), code="reason_missing", field="reason")
    today = timezone.localdate()
    decision = {"unit": unit, "starts_on": starts_on, "reason": reason, "decided_by": by}
    decision |= {"document_number": document_number, "handover_note": handover_note}
    with transaction.atomic():
        rows = read_subjects(subjects, lock=True)
        current = _check(rows, unit, starts_on, today)
        leads = [_new_lead(row, decision) for row in rows]
        for n in range(0, len(leads), batch):
            _hand_over(leads[n : n + batch], current[n : n + batch], by)
            apply_leads(day=today)
            yield min(n + batch, len(leads))
        _tell_all(leads, current)
    return leads


def _new_lead(row: Subject, decision: dict[str, Any]) -> LeadAssignment:
    campaign = row if isinstance(row, Campaign) else None
    task = row if isinstance(row, Task) else None
    return LeadAssignment(campaign=campaign, task=task, needs_acknowledgement=True, **decision)


def _hand_over(leads: Sequence[LeadAssignment], current: Sequence[LeadAssignment | None], by: User) -> None:
    """End the ``current`` leads, write the new ones and record it."""
    for lead in leads[:1]:  # they differ in their subject only; that they do not overlap the database says
        lead.clean_fields(exclude=["campaign", "task", "unit", "decided_by"])
        ended = [each.pk for each in current if each]
        LeadAssignment.objects.filter(pk__in=ended).update(ends_on=lead.starts_on)
    LeadAssignment.objects.bulk_create(leads, batch_size=BATCH)
    entries = []
    for lead, before in zip(leads, current, strict=True):
        was = {"unit": before.unit.name, "starts_on": before.starts_on} if before else {}
        now = {"unit": lead.unit.name, "starts_on": lead.starts_on, "reason": lead.reason}
        if lead.document_number:
            now["document_number"] = lead.document_number
        entries.append(Entry("lead.reassign", lead.subject, was, now))
    record_events(entries=entries, by=by)


def _tell_all(leads: Sequence[LeadAssignment], current: Sequence[LeadAssignment | None]) -> None:
    """Put the changes into the inboxes of the units."""
    if len(leads) <= TOLD_ONE_BY_ONE:
        for lead, before in zip(leads, current, strict=True):
            _tell(lead, before)
    else:
        _tell_together(leads, current)


def _tell(lead: LeadAssignment, current: LeadAssignment | None) -> None:
    """Put the change into the inboxes of both units."""
    values = {
        **lead_values(lead),
        "old_unit": current.unit.name if current else "–",
        "old_unit_en": current.unit.name_en if current else "–",
        "reason": lead.reason,
    }
    link = address_of(lead.subject)
    notify(recipients=people_of([lead.unit_id]), kind="lead_given", values=values, link=link)
    if current:
        notify(recipients=people_of([current.unit_id]), kind="lead_left", values=values, link=link)


def _tell_together(leads: Sequence[LeadAssignment], current: Sequence[LeadAssignment | None]) -> None:
    """Put many changes at once into the inboxes: one message for each unit, with the way to the list."""
    first = leads[0]
    values = {
        "unit": first.unit.name,
        "unit_en": first.unit.name_en,
        "day": first.starts_on.isoformat(),
        "reason": first.reason,
    }
    link = f"/reassignments/?unit={first.unit_id}&first={first.starts_on}&last={first.starts_on}"
    given = {**values, "count": len(leads)}
    notify(recipients=people_of([first.unit_id]), kind="leads_given", values=given, link=link)
    for unit_id, count in Counter(lead.unit_id for lead in current if lead).items():
        left = {**values, "count": count}
        notify(recipients=people_of([unit_id]), kind="leads_left", values=left, link=link)


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
        reconcile(rows=LeadAssignment.objects.filter(pk=lead.pk), now=timezone.now())
    return lead
