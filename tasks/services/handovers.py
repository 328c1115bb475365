"""What changes hands on the day on which another unit takes over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from commands.services.events import Entry, record_events
from tasks.models import Campaign, LeadAssignment, Milestone, Reminder, Report, Task
from tasks.rules.reports import MOVABLE
from tasks.services.past import keep
from tasks.services.reminders import Timetable, reconcile

Subject = Campaign | Task
BATCH = 200


def led(subjects: Sequence[Subject]) -> Q:
    """Return the condition that a lead is one of ``subjects``."""
    return Q(campaign__in=[row.pk for row in subjects if isinstance(row, Campaign)]) | Q(
        task__in=[row.pk for row in subjects if isinstance(row, Task)]
    )


def open_reports(task_ids: Sequence[int]) -> QuerySet[Report]:
    """Return the reports of these tasks that move with the lead."""
    return Report.objects.in_open_period().filter(task__in=task_ids, state__in=MOVABLE)


@transaction.atomic
def apply_leads(*, day: dt.date) -> int:
    """Let the leads in force on ``day`` take effect: standings, open reports and reminders follow them.

    Called when a lead changes and every day, so that a change dated ahead needs nobody's help. Returns how
    many campaigns and tasks changed hands. The number of queries grows by the hundred, not by the task.
    """
    campaigns, tasks = _apply_to("campaign", day), _apply_to("task", day)
    changed = [*campaigns, *tasks]
    if not changed:
        return 0
    now = timezone.now()
    timetable = Timetable(now)
    if ids := [task.pk for task in tasks]:
        _move_reports({task.pk: task.lead_unit_id for task in tasks})
        reconcile(rows=Report.objects.filter(task__in=ids).in_open_period(), now=now, timetable=timetable)
        reconcile(rows=Milestone.objects.filter(task__in=ids).open(), now=now, timetable=timetable)
    # Those that have ended as well: nobody is asked to acknowledge what has passed on.
    leads = LeadAssignment.objects.on(day).to_acknowledge().values("pk")
    asked = Reminder.objects.unsent().values("lead")
    about = LeadAssignment.objects.filter(led(changed))
    rows = about.filter(Q(pk__in=leads) | Q(pk__in=asked))
    reconcile(rows=rows, now=now, timetable=timetable)
    return len(changed)


def _move_reports(units: dict[int, int | None]) -> None:
    """Give the open reports of these tasks to the units that lead them now."""
    entries, moved = [], []
    rows = open_reports(list(units)).select_related("task", "period")
    for report in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        if units[report.task_id] and report.unit_id != units[report.task_id]:
            before, report.unit_id = report.unit_id, units[report.task_id]  # type: ignore[assignment]  # a task that moves has a unit
            report.version += 1
            entries.append(Entry("report.move", report, {"unit": before}, {"unit": report.unit_id}))
            moved.append(report)
    Report.objects.bulk_update(moved, ["unit", "version"], batch_size=BATCH)
    keep(moved, now=timezone.now())
    record_events(entries=entries, by=None)


def _apply_to(kind: str, day: dt.date) -> list[Subject]:
    """Write the lead unit of ``day`` on every campaign or task, whichever ``kind`` says, whose row says another."""
    same = {f"{kind}__lead_unit": F("unit")}
    same |= {"task__lead_since": F("starts_on")} if kind == "task" else {}
    stale = LeadAssignment.objects.on(day).filter(**{f"{kind}__isnull": False}).exclude(**same)
    found = list(stale.order_by().values_list(kind, flat=True))
    if not found:
        return []
    # Whoever changes a plan holds the lock of its subject: what was planned is read anew once that is ours.
    model: Any = (Task if kind == "task" else Campaign)._base_manager
    list(model.filter(pk__in=found).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    leads = stale.filter(**{f"{kind}__in": found}).select_related("campaign", "task__campaign")
    changed = []
    for lead in leads.order_by(f"{kind}_id"):
        row = lead.subject
        row.lead_unit_id = lead.unit_id
        if isinstance(row, Task):
            row.lead_since = lead.starts_on
        else:
            row.flag_presented_on = lead.flag_presented_on
        changed.append(row)
    other = "lead_since" if kind == "task" else "flag_presented_on"
    model.bulk_update(changed, ["lead_unit", other], batch_size=BATCH)
    keep(changed, now=timezone.now())
    return changed
