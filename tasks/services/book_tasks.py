"""Tasks as a task book has them: added, edited and cancelled by administrators, begun by the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import Entry, record_event, record_events
from commands.services.names import saved
from commands.services.refusals import Refused
from tasks.models import Campaign, ChangeRequest, Lifecycle, Milestone, Report, Task
from tasks.rules.books import even_plan
from tasks.rules.changes import stretched
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.books import lock_open_book, lock_unfinished
from tasks.services.first_leads import give_first_lead
from tasks.services.inbox import notify
from tasks.services.lights import sum_lights
from tasks.services.past import keep, keep_support
from tasks.services.people import people_of
from tasks.services.plans import current_points, redraw_first, write_version
from tasks.services.reminders import reconcile
from tasks.services.standings import refresh_standings

ANSWERED_FOR = ("metric", "metric_unit", "metric_target", "weight", "due_on")
"""What a unit is measured by: once a task is under way it changes for a reason only."""


@transaction.atomic
def add_task(*, campaign: Campaign, supporting: Iterable[Unit], lead: Unit, by: User, **values: Any) -> Task:
    """Add a task to a campaign, with its lead unit from the task's start on and an even monthly plan.

    It is under way from its start on. Raises Refused ``book_closed``, ``unit_inactive``, ``other_team``,
    ``past_year``, and ``invalid`` beside the field that is wrong.
    """
    book = lock_open_book(campaign.book_id)
    task = Task(campaign=campaign, **values)
    if task.due_on.year < book.year:
        raise Refused(_("It would be due before the year of the book."), code="past_year", field="due_on")
    _check_team(task)
    saved(task)
    task.supporting_units.set(unit for unit in supporting if unit != lead)
    keep_support(Task.objects.filter(pk=task.pk), now=timezone.now())
    write_version(
        task=task,
        points=even_plan(task.starts_on, task.due_on),
        reason="",
        starts_on=task.starts_on,
        by=by,
    )
    record_event(action="task.add", about=task, after={**_as_values(task), "unit": lead.name}, by=by)
    give_first_lead(subject=task, unit=lead, starts_on=task.starts_on, by=by)
    begin_tasks(day=timezone.localdate())
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=timezone.now())
    return task


@transaction.atomic
def begin_tasks(*, day: dt.date) -> int:
    """Let the planned tasks begin whose start has come; called every day, and safe to repeat."""
    waiting = Task.objects.to_begin(day).filter(campaign__book__closed_at__isnull=True)
    tasks = list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not tasks:
        return 0
    entries = [
        Entry("task.begin", task, {"lifecycle": Lifecycle.PLANNED}, {"lifecycle": Lifecycle.ACTIVE})
        for task in tasks
    ]
    begun = Task.objects.filter(pk__in=[task.pk for task in tasks])
    begun.update(lifecycle=Lifecycle.ACTIVE)
    keep(begun, now=timezone.now())
    record_events(entries=entries, by=None)
    reconcile(rows=Milestone.objects.filter(task__in=begun), now=timezone.now())
    return len(tasks)


@transaction.atomic
def edit_task(*, task: Task, supporting: Iterable[Unit], reason: str, by: User, **values: Any) -> Task:
    """Change what a task says. A new due day is a new version of the plan from today on.

    A task not yet begun gets an even plan anew where its days change. Raises Refused ``book_closed``,
    ``not_open``, ``begun``, ``reason_missing``, ``too_early``, ``other_team``, and ``invalid`` beside the field.
    """
    task = lock_unfinished(task)
    before, began = _as_values(task), task.lifecycle != Lifecycle.PLANNED
    old = {name: getattr(task, name) for name in values}
    changed = {name for name, value in values.items() if value != old[name]}
    if began:
        _check_begun(task, changed, values, reason)
    for name in changed:
        setattr(task, name, values[name])
    _check_team(task)
    saved(task)
    task.supporting_units.set(unit for unit in supporting if unit.pk != task.lead_unit_id)
    keep_support(Task.objects.filter(pk=task.pk), now=timezone.now())
    after = _as_values(task)
    names = [name for name in after if before[name] != after[name]]
    if not names:
        return task
    if {"starts_on", "due_on"} & changed:
        _plan_anew(task, old, reason, by, began=began)
    record_event(
        action="task.edit",
        about=task,
        before={name: before[name] for name in names},
        after={**{name: after[name] for name in names}, **({"reason": reason} if reason else {})},
        by=by,
    )
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=timezone.now())
    if "weight" in changed:
        sum_lights(campaigns=[task.campaign_id])
    return task


def _check_begun(task: Task, changed: set[str], values: dict[str, Any], reason: str) -> None:
    """Refuse to move the start of what is under way, its end into the past, or what counts without a reason."""
    if "starts_on" in changed:
        raise Refused(_("The task has begun: its start stays."), code="begun", field="starts_on")
    if changed & set(ANSWERED_FOR) and not reason.strip():
        raise Refused(_("Say why."), code="reason_missing", field="reason")
    if "due_on" in changed and values["due_on"] <= timezone.localdate():
        raise Refused(_("Choose a day to come."), code="too_early", field="due_on")


def _plan_anew(task: Task, old: dict[str, Any], reason: str, by: User, *, began: bool) -> None:
    """Let the plan follow the task's new days."""
    if not began:
        redraw_first(task=task, points=even_plan(task.starts_on, task.due_on), by=by)
        lead = task.leads.order_by("starts_on").first()
        if lead is not None and lead.starts_on == old.get("starts_on") and lead.starts_on != task.starts_on:
            lead.starts_on = task.starts_on
            saved(lead)
        return
    today = timezone.localdate()
    points: dict[dt.date, Decimal] = stretched(current_points(task, today), today, task.due_on)
    write_version(task=task, points=points, reason=reason, by=by)


@transaction.atomic
def cancel_task(*, task: Task, reason: str, by: User) -> Task:
    """Cancel a task (撤销): it stays to be read, counts nowhere, and owes no report any more.

    Raises Refused ``book_closed``, ``not_open``, ``reason_missing``, ``waiting``.
    """
    task = lock_unfinished(task)
    if not reason.strip():
        raise Refused(_("Say why."), code="reason_missing", field="reason")
    if task.lifecycle == Lifecycle.CLOSING or ChangeRequest.objects.undecided().filter(task=task).exists():
        raise Refused(
            _("A request about this task waits for the office, which decides first."), code="waiting"
        )
    before, now = task.lifecycle, timezone.now()
    task.lifecycle = Lifecycle.CANCELLED
    task.save(update_fields=["lifecycle"])
    owed = Report.objects.in_open_period().filter(task=task, state__in=FILEABLE)
    freed = list(owed.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    reports = Report.objects.filter(pk__in=freed)
    why = {"exempt_reason": gettext("The task is cancelled."), "exempted_at": now, "exempted_by": by}
    reports.update(state=ReportState.EXEMPT, **why, return_words="")
    keep(reports, now=now)
    reconcile(rows=reports, now=now)
    reconcile(rows=Milestone.objects.filter(task=task), now=now)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    sum_lights(campaigns=[task.campaign_id])
    after = {"lifecycle": task.lifecycle, "reason": reason, "exempt": len(freed)}
    record_event(action="task.cancel", about=task, before={"lifecycle": before}, after=after, by=by)
    units = (
        list(task.leads.values_list("unit", flat=True)) if task.lead_unit_id is None else [task.lead_unit_id]
    )
    values = {"task": task.title, "reason": reason}
    notify(recipients=people_of(units), kind="task_cancelled", values=values, link=f"/tasks/{task.pk}/")
    return task


def _check_team(task: Task) -> None:
    """Refuse a team of another headquarters than the campaign's."""
    team = task.work_team
    if team is not None and team.headquarters_id != task.campaign.headquarters_id:
        message = _("This team works under another headquarters than the campaign's.")
        raise Refused(message, code="other_team", field="work_team")


def _as_values(task: Task) -> dict[str, Any]:
    """Return what the audit trail keeps of a task."""
    return {
        "code": task.code,
        "title": task.title,
        "annual_target": task.annual_target,
        "metric": task.metric,
        "metric_unit": task.metric_unit,
        "metric_target": task.metric_target,
        "weight": task.weight,
        "starts_on": task.starts_on,
        "due_on": task.due_on,
        "team": str(task.work_team or ""),
        "supporting": sorted(task.supporting_units.values_list("name", flat=True)),
    }
