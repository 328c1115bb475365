"""Milestones: set by administrators before they are reached, and told by units when they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.names import saved
from commands.services.refusals import Refused
from tasks.models import ChangeRequest, Lifecycle, Milestone, ReminderState, Task
from tasks.services.books import lock_unfinished
from tasks.services.past import end, keep
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


@dataclass(frozen=True)
class Entry:
    """A milestone as it was entered; ``key`` None is a new one, ``is_gone`` one to be taken out."""

    key: int | None
    title: str
    due_on: dt.date
    is_key: bool = False
    is_gone: bool = False

    @property
    def values(self) -> dict[str, object]:
        """Return what the row is to say."""
        return {"title": self.title, "due_on": self.due_on, "is_key": self.is_key}


@transaction.atomic
def set_milestones(*, task: Task, entries: Sequence[Entry], reason: str, by: User) -> int:
    """Add, change and take out milestones not yet reached, all or none; return how many changed.

    While a task is under way a day moves, and a milestone goes, for a reason only. Raises Refused
    ``book_closed``, ``not_open``, ``changed``, ``out_of_range``, ``same_title``, ``reason_missing``.
    """
    task = lock_unfinished(task)
    rows = {row.pk: row for row in task.milestones.select_for_update(no_key=True)}
    touched: list[int] = []
    for entry in entries:
        row = rows.get(entry.key) if entry.key else Milestone(task=task)
        if row is None or row.completed_on is not None:
            raise Refused(_("Things have changed since you looked. Please look again."), code="changed")
        before = {name: getattr(row, name) for name in entry.values} if row.pk else {}
        if entry.values == before and not entry.is_gone:
            continue
        moves = bool(before) and (entry.is_gone or before["due_on"] != entry.due_on)
        if moves and task.lifecycle != Lifecycle.PLANNED and not reason.strip():
            raise Refused(_("Say why."), code="reason_missing", field="reason")
        touched.append(_write_entry(row, entry, before, reason, by))
    now, still = timezone.now(), Milestone.objects.filter(pk__in=touched)
    keep(still, now=now)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    reconcile(rows=still, now=now)
    return len(touched)


def _write_entry(row: Milestone, entry: Entry, before: dict[str, object], reason: str, by: User) -> int:
    """Write one entry with its event, and return its key."""
    told = {"reason": reason} if reason.strip() else {}
    if entry.is_gone:
        _check_untold(row)
        key = row.pk
        record_event(action="milestone.remove", about=row, before=before, after=told, by=by)
        end(row, now=timezone.now())
        row.delete()
        return key
    if not row.task.starts_on <= entry.due_on <= row.task.due_on:
        raise Refused(
            _("“%(title)s” must fall between the start and the due day of the task.")
            % {"title": entry.title},
            code="out_of_range",
        )
    if row.task.milestones.exclude(pk=row.pk).filter(title=entry.title).exists():
        raise Refused(
            _("Another milestone is called “%(title)s” already.") % {"title": entry.title}, code="same_title"
        )
    for name, value in entry.values.items():
        setattr(row, name, value)
    saved(row)
    action = "milestone.edit" if before else "milestone.add"
    record_event(action=action, about=row, before=before, after={**entry.values, **told}, by=by)
    return row.pk


def _check_untold(row: Milestone) -> None:
    """Refuse to take out a milestone of which people were told, or that a request is about."""
    told = row.reminders.exclude(state=ReminderState.PLANNED)
    if told.exists() or ChangeRequest.objects.filter(milestone=row).exists():
        raise Refused(
            _("“%(title)s” stays: people were reminded of it, or asked for a change. Give it another day.")
            % {"title": row.title},
            code="told",
        )
