"""Dissolving headquarters and teams with an eye to their work, and what follows on the day."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, User, WorkTeam
from commands.services import headquarters as structure
from commands.services.events import Entry, record_events
from commands.services.names import apply_names
from commands.services.refusals import Refused
from commands.services.teams import end_team
from tasks.models import Task
from tasks.models.tasks import UNFINISHED
from tasks.services.past import keep
from tasks.services.units import apply_merges

NAMED = 5
"""So many tasks are named in a refusal; the page shows them all."""


@transaction.atomic
def dissolve_headquarters(
    *, headquarters: Headquarters, ends_on: dt.date, reason: str, by: User
) -> Headquarters:
    """Dissolve a headquarters that has nothing left to do.

    Raises Refused ``holds_tasks``, naming them, and as the service of the command structure does.
    """
    tasks = Task.objects.filter(campaign__headquarters=headquarters, lifecycle__in=UNFINISHED).order_by(
        "code"
    )
    # Locked, so that no task is begun there in between.
    if found := list(tasks.select_for_update(of=("self",), no_key=True)):
        raise Refused(
            _("It still holds %(count)d unfinished tasks: %(tasks)s.")
            % {"count": len(found), "tasks": named([task.code for task in found])},
            code="holds_tasks",
        )
    return structure.dissolve_headquarters(headquarters=headquarters, ends_on=ends_on, reason=reason, by=by)


@transaction.atomic
def dissolve_team(*, team: WorkTeam, ends_on: dt.date, reason: str, by: User) -> WorkTeam:
    """Dissolve a team; from that day on its unfinished tasks answer to the headquarters directly."""
    team = end_team(team=team, ends_on=ends_on, reason=reason, by=by)
    apply_structure(day=timezone.localdate())
    return team


@transaction.atomic
def apply_structure(*, day: dt.date) -> int:
    """Let the changes of the command structure that fall on ``day`` or before take effect.

    Called when something changes and every day; safe to repeat. Returns how many rows changed.
    """
    changed = apply_names(day=day) + apply_merges(day=day)
    left = Task.objects.filter(work_team__ends_on__lte=day, lifecycle__in=UNFINISHED)
    if not left.exists():
        return changed
    entries, tasks = [], list(left.select_related("work_team").select_for_update(of=("self",), no_key=True))
    for task in tasks:
        entries.append(Entry("task.leave_team", task, {"team": str(task.work_team)}, {"team": ""}))
        task.work_team = None
    Task.objects.bulk_update(tasks, ["work_team"], batch_size=200)
    keep(tasks, now=timezone.now())
    record_events(entries=entries, by=None)
    return changed + len(tasks)


def named(names: list[str]) -> str:
    """Return the first few of ``names`` as a list in words."""
    return ", ".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")
