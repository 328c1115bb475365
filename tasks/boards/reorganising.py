"""What a headquarters, team or unit holds today: what a reorganisation of it is about to touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Headquarters, Post, Unit, WorkTeam
from commands.models.ranges import in_force
from tasks.models import Campaign, Task
from tasks.models.tasks import UNFINISHED
from tasks.services.units import leads_on_and_after


@dataclass(frozen=True)
class Holding:
    """One sort of thing that is held: how many, and where they are listed."""

    label: str
    count: int
    address: str = ""


def holdings(row: Any) -> list[Holding]:
    """Return what ``row`` holds; nothing for what is still to be set up."""
    if isinstance(row, Headquarters):
        return _of_headquarters(row)
    if isinstance(row, WorkTeam):
        return [Holding(_("Unfinished tasks"), Task.objects.filter(_unfinished(work_team=row)).count())]
    return _of_unit(row) if isinstance(row, Unit) else []


def _unfinished(**values: Any) -> Q:
    return Q(lifecycle__in=UNFINISHED, **values)


def _of_headquarters(row: Headquarters) -> list[Holding]:
    today = timezone.localdate()
    tasks = Task.objects.filter(_unfinished(campaign__headquarters=row)).count()
    return [
        Holding(_("Nameplates"), len(row.plates_on(today))),
        Holding(_("Campaigns"), Campaign.objects.filter(headquarters=row).count()),
        Holding(_("Unfinished tasks"), tasks, f"{reverse('tasks:task_list')}?headquarters={row.pk}"),
        Holding(_("Teams"), row.work_teams.filter(in_force(today)).count()),
        Holding(_("Posts"), Post.objects.on(today).filter(headquarters=row).count()),
    ]


def _of_unit(row: Unit) -> list[Holding]:
    today = timezone.localdate()
    leads = leads_on_and_after(row, today)
    tasks = sum(1 for lead in leads if lead.task_id)
    ledger = f"{reverse('tasks:task_list')}?unit={row.pk}"
    return [
        Holding(_("Campaigns it leads"), len(leads) - tasks),
        Holding(_("Unfinished tasks it leads"), tasks, ledger),
        Holding(
            _("Unfinished tasks it supports"),
            Task.objects.filter(_unfinished(supporting_units=row)).count(),
        ),
        Holding(_("Posts"), Post.objects.on(today).of_unit(row).count()),
    ]
