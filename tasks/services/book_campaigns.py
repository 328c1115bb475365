"""Campaigns as a task book has them: added and edited by administrators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.services.events import Entry, record_event, record_events
from commands.services.names import saved
from tasks.models import Campaign, StrategicGoal, Task, TaskBook
from tasks.services.books import lock_open_book
from tasks.services.first_leads import give_first_lead
from tasks.services.past import keep


@transaction.atomic
def add_campaign(
    *, book: TaskBook, goals: Iterable[StrategicGoal], lead: Unit | None = None, by: User, **values: Any
) -> Campaign:
    """Add a campaign to a book, and give it to its first lead unit from the launch of the book on.

    Raises Refused ``book_closed``, ``unit_inactive``, and ``invalid`` beside the field that is wrong.
    """
    book = lock_open_book(book.pk)
    campaign = saved(Campaign(book=book, **values))
    campaign.goals.set(goals)
    keep([campaign], now=timezone.now())
    after = {**_as_values(campaign), "unit": lead.name if lead else ""}
    record_event(action="campaign.add", about=campaign, after=after, by=by)
    if lead is not None:
        starts_on = book.launched_on or max(timezone.localdate(), dt.date(book.year, 1, 1))
        give_first_lead(subject=campaign, unit=lead, starts_on=starts_on, by=by)
    return campaign


@transaction.atomic
def edit_campaign(*, campaign: Campaign, goals: Iterable[StrategicGoal], by: User, **values: Any) -> Campaign:
    """Change what a campaign is called, who commands and supervises it, and what it serves.

    Under another headquarters its unfinished tasks leave the teams of the old one. Raises Refused
    ``book_closed``, and ``invalid`` beside the field that is wrong.
    """
    lock_open_book(campaign.book_id)
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    before = _as_values(campaign)
    for name, value in values.items():
        setattr(campaign, name, value)
    saved(campaign)
    campaign.goals.set(goals)
    after = _as_values(campaign)
    if before == after:
        return campaign
    keep([campaign], now=timezone.now())
    changed = [name for name in after if before[name] != after[name]]
    record_event(
        action="campaign.change",
        about=campaign,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        by=by,
    )
    if before["headquarters"] != after["headquarters"]:
        _leave_teams(campaign, campaign.headquarters, by)
    return campaign


def _leave_teams(campaign: Campaign, headquarters: Headquarters | None, by: User) -> None:
    tasks = Task.objects.unfinished().filter(campaign=campaign, work_team__isnull=False)
    if headquarters is not None:
        tasks = tasks.exclude(work_team__headquarters=headquarters)
    rows = list(tasks.select_related("work_team").select_for_update(of=("self",), no_key=True).order_by("pk"))
    entries = [Entry("task.leave_team", row, {"team": str(row.work_team)}, {"team": ""}) for row in rows]
    left = Task.objects.filter(pk__in=[row.pk for row in rows])
    left.update(work_team=None)
    keep(left, now=timezone.now())
    record_events(entries=entries, by=by)


def _as_values(campaign: Campaign) -> dict[str, Any]:
    """Return what the audit trail keeps of a campaign."""
    return {
        "number": campaign.number,
        "name": campaign.name,
        "name_en": campaign.name_en,
        "headquarters": campaign.headquarters_id,
        "supervisor_title": campaign.supervisor_title,
        "supervisor_title_en": campaign.supervisor_title_en,
        "goals": sorted(campaign.goals.values_list("name", flat=True)),
    }
