"""Getters: a stranger's object answers 404, a visible one that may not be written 403."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from commands.models import User
from commands.views.access import SignedInRequest, require_power
from tasks.models import (
    Addressee,
    Campaign,
    ChangeRequest,
    Closing,
    Directive,
    Evidence,
    LeadAssignment,
    LightOverride,
    Obstacle,
    Period,
    Reminder,
    Report,
    Task,
    TaskBook,
)
from tasks.services.overrides import may_set_light

__all__ = [
    "SignedInRequest",
    "get_addressee",
    "get_addressee_to_answer",
    "get_book",
    "get_campaign",
    "get_change",
    "get_closing",
    "get_directive",
    "get_evidence",
    "get_evidence_to_change",
    "get_lead_to_acknowledge",
    "get_obstacle",
    "get_override_to_withdraw",
    "get_period",
    "get_reminder",
    "get_report",
    "get_report_to_file",
    "get_report_to_review",
    "get_task",
    "get_task_to_rate",
    "page_number",
    "require_keeper",
    "require_power",
]


def get_book(pk: int) -> TaskBook:
    """Return a task book; administrators, who alone get here, may see every one."""
    return get_object_or_404(TaskBook, pk=pk)


def get_campaign(user: User, pk: int) -> Campaign:
    """Return a campaign that ``user`` may see."""
    campaigns = Campaign.objects.visible_to(user).select_related("book", "headquarters", "lead_unit")
    return get_object_or_404(campaigns, pk=pk)


def get_task(user: User, pk: int) -> Task:
    """Return a task that ``user`` may see."""
    tasks = (
        Task.objects.visible_to(user)
        .with_names()
        .select_related("campaign__book", "campaign__headquarters", "work_team")
    )
    return get_object_or_404(tasks, pk=pk)


def get_reminder(user: User, pk: int) -> Reminder:
    """Return a reminder that ``user`` may look up."""
    about = ("task", "report__period", "milestone", "lead__campaign", "directive__directive__campaign")
    reminders = Reminder.objects.visible_to(user).select_related("recipient", "robot", "fallback_of", *about)
    return get_object_or_404(reminders, pk=pk)


def get_report(user: User, pk: int) -> Report:
    """Return a report that ``user`` may see."""
    reports = Report.objects.visible_to(user).with_names()
    return get_object_or_404(
        reports.select_related("period__book", "task__campaign__headquarters", "exempted_by"), pk=pk
    )


def get_report_to_file(user: User, pk: int) -> Report:
    """Return a report for which one of ``user``'s units answers; 403 for other readers of it."""
    report = get_report(user, pk)
    if report.unit_id not in user.duties.unit_ids:
        raise PermissionDenied
    return report


def get_report_to_review(user: User, pk: int) -> Report:
    """Return a report that ``user``'s office decides on; 403 for other readers of it."""
    report = get_report(user, pk)
    if not Report.objects.reviewable_by(user).filter(pk=report.pk).exists():
        raise PermissionDenied
    return report


def get_lead_to_acknowledge(user: User, pk: int) -> LeadAssignment:
    """Return an assignment given to one of ``user``'s units; 403 for other readers of its task."""
    leads = LeadAssignment.objects.select_related("task", "campaign", "unit")
    lead = get_object_or_404(leads, pk=pk)
    if lead.unit_id in user.duties.unit_ids:
        return lead
    if lead.task_id:
        get_task(user, lead.task_id)
    elif lead.campaign_id:
        get_campaign(user, lead.campaign_id)
    raise PermissionDenied


def get_evidence(user: User, pk: int) -> Evidence:
    """Return a file that ``user`` may open."""
    evidence = Evidence.objects.visible_to(user).select_related("report__period", "report__task")
    return get_object_or_404(evidence, pk=pk)


def get_evidence_to_change(user: User, pk: int) -> Evidence:
    """Return a file on a report for which one of ``user``'s units answers; 403 for other readers of it."""
    evidence = get_evidence(user, pk)
    if evidence.report.unit_id not in user.duties.unit_ids:
        raise PermissionDenied
    return evidence


def get_change(user: User, pk: int) -> ChangeRequest:
    """Return a change request about a task that ``user`` may see."""
    return get_object_or_404(ChangeRequest.objects.visible_to(user).with_names(), pk=pk)


def get_closing(user: User, pk: int) -> Closing:
    """Return an application for close-out of a task that ``user`` may see."""
    return get_object_or_404(Closing.objects.visible_to(user).with_names(), pk=pk)


def get_obstacle(user: User, pk: int) -> Obstacle:
    """Return an obstacle of a task that ``user`` may see, or that needs one of their units."""
    return get_object_or_404(Obstacle.objects.visible_to(user).with_names(), pk=pk)


def get_directive(user: User, pk: int) -> Directive:
    """Return a directive that concerns ``user``; to everybody else there is none."""
    return get_object_or_404(Directive.objects.visible_to(user).with_names(), pk=pk)


def get_addressee(user: User, pk: int) -> Addressee:
    """Return a unit's part in a directive that concerns ``user``."""
    rows = Addressee.objects.filter(directive__in=Directive.objects.visible_to(user).values("pk"))
    return get_object_or_404(rows.with_names(), pk=pk)


def get_addressee_to_answer(user: User, pk: int) -> Addressee:
    """Return the part in a directive of one of ``user``'s units; 403 for others whom it concerns."""
    addressee = get_addressee(user, pk)
    if addressee.unit_id not in user.duties.unit_ids:
        raise PermissionDenied
    return addressee


def get_task_to_rate(user: User, pk: int) -> Task:
    """Return a task whose light ``user``'s office may set; 403 for other readers of it."""
    task = get_task(user, pk)
    if not may_set_light(task, user):
        raise PermissionDenied
    return task


def get_override_to_withdraw(user: User, pk: int) -> LightOverride:
    """Return a light set on a task that ``user``'s office rates; 403 for other readers of the task."""
    visible = LightOverride.objects.filter(task__in=Task.objects.visible_to(user))
    override = get_object_or_404(visible.select_related("task__campaign"), pk=pk)
    if not may_set_light(override.task, user):
        raise PermissionDenied
    return override


def require_keeper(user: User) -> None:
    """Let in only those who keep the periods: the district's office and the administrators."""
    if not user.duties.keeps_periods:
        raise PermissionDenied


def get_period(user: User, pk: int) -> Period:
    """Return a period for those who keep them."""
    require_keeper(user)
    return get_object_or_404(Period.objects.select_related("book"), pk=pk)


def page_number(value: Any) -> int:
    """Return the page asked for; anything that is not a number is the first."""
    return int(value) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 7 else 1
