"""Milestones: telling that one was reached."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Milestone, Task
from tasks.services.past import keep
from tasks.services.reminders import reconcile
from tasks.services.standings import refresh_standings


@transaction.atomic
def complete_milestone(*, milestone: Milestone, completed_on: dt.date, by: User) -> Milestone:
    """Write that ``milestone`` was reached on a day; the task's standing moves, and the chase ends.

    Told twice with the same day, as by a double click, it is written once. Raises Refused: ``other_unit``,
    ``closed``, ``already``, and beside ``completed_on`` ``future`` or ``too_early``.
    """
    task = Task.objects.select_for_update(no_key=True).get(pk=milestone.task_id)
    milestone = Milestone.objects.select_for_update(no_key=True).get(pk=milestone.pk)
    if task.lead_unit_id not in by.duties.unit_ids:
        raise Refused(_("Only the unit that leads the task can tell this."), code="other_unit")
    if not task.is_open:
        raise Refused(_("The task is not under way any more."), code="closed")
    if milestone.completed_on == completed_on:
        return milestone
    if milestone.completed_on is not None:
        raise Refused(_("This milestone has already been ticked off."), code="already")
    now = timezone.now()
    if completed_on > timezone.localdate(now):
        raise Refused(_("The day has not come yet."), code="future", field="completed_on")
    if completed_on < task.starts_on:
        raise Refused(_("The task had not begun on that day."), code="too_early", field="completed_on")
    milestone.completed_on = completed_on
    milestone.save(update_fields=["completed_on"])
    keep([milestone], now=now)
    after = {"milestone": milestone.title, "completed_on": completed_on}
    record_event(action="milestone.complete", about=milestone, after=after, by=by)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    reconcile(rows=Milestone.objects.filter(pk=milestone.pk), now=now)
    return milestone
