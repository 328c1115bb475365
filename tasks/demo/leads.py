"""Who leads what in the demo: from the launch, and through the year's changes."""

from __future__ import annotations

import datetime as dt

from commands.models import Unit
from tasks.demo.script import Change
from tasks.demo.world import Story, World
from tasks.models import Campaign, LeadAssignment, Task


def create_leads(world: World, stories: list[Story]) -> None:
    """Write every lead of campaigns and tasks, and who leads now on the tasks."""
    campaigns = Campaign.objects.filter(book=world.book).select_related("lead_unit")
    leads = [_flagged(world, campaign) for campaign in campaigns]
    for story in stories:
        story.leads = _leads_of(world, story)
        current = story.leads[-1]
        story.task.lead_unit, story.task.lead_since = current.unit, current.starts_on
        story.planned_lead = _planned(world, story)
        leads += [*story.leads, *filter(None, [story.planned_lead])]
    LeadAssignment.objects.bulk_create(leads)
    Task.objects.bulk_update([story.task for story in stories], ["lead_unit", "lead_since"])
    _date_decisions(world, leads)


def _flagged(world: World, campaign: Campaign) -> LeadAssignment:
    """Return the lead of a campaign, who was given the flag (授旗) at the conference."""
    assert campaign.lead_unit is not None  # noqa: S101  written with the campaign
    lead = _lead(world, campaign.lead_unit, world.launched_on)
    lead.campaign, lead.flag_presented_on = campaign, world.launched_on
    lead.acknowledged_by = world.people.heads[lead.unit_id]
    lead.acknowledged_at = world.clock.at(world.launched_on, 11)
    return lead


def _leads_of(world: World, story: Story) -> list[LeadAssignment]:
    change = world.organisation.reassignments.get(story.task.title)
    first = world.units[story.script.lead]
    day = _day_of_change(world, change)
    if change is None or day is None or (story.finished_on and day > story.finished_on):
        return [_acknowledged(world, _lead(world, first, world.launched_on, story.task))]
    new = _changed(world, story, change, day)
    if change.on is not None:
        _acknowledged(world, new)
    if day == world.launched_on:  # the year is too young for anybody to have led before
        return [new]
    old = _acknowledged(world, _lead(world, first, world.launched_on, story.task))
    old.ends_on = day
    return [old, new]


def _planned(world: World, story: Story) -> LeadAssignment | None:
    """End the present lead of the task whose change is decided but still to come, and return the one after."""
    change = world.organisation.reassignments.get(story.task.title)
    if change is None or not change.ahead:
        return None
    day = world.clock.calendar.add(world.clock.today, change.ahead)
    if day >= story.task.due_on:  # at the end of the year nobody takes over any more
        return None
    story.leads[-1].ends_on = day
    return _changed(world, story, change, day)


def _changed(world: World, story: Story, change: Change, day: dt.date) -> LeadAssignment:
    lead = _lead(world, world.units[change.to], day, story.task)
    lead.reason, lead.handover_note = change.reason, change.note
    lead.document_number = change.document.format(year=world.book.year)
    return lead


def _day_of_change(world: World, change: Change | None) -> dt.date | None:
    """Return the day on which the lead changed; None where it has not yet."""
    if change is None or change.ahead:
        return None
    if change.on is None:
        return last_workday(world)
    day = world.day(change.on)
    return day if day < world.clock.today - dt.timedelta(days=4) else None


def last_workday(world: World) -> dt.date:
    """Return the last working day before today, but none before the launch."""
    return max(world.clock.calendar.add(world.clock.today, -1), world.launched_on)


def _lead(world: World, unit: Unit, starts_on: dt.date, task: Task | None = None) -> LeadAssignment:
    return LeadAssignment(
        task=task,
        unit=unit,
        starts_on=starts_on,
        needs_acknowledgement=True,
        decided_by=world.people.administrator,
    )


def _acknowledged(world: World, lead: LeadAssignment) -> LeadAssignment:
    """Let the unit's head have acknowledged (签收) within two working days."""
    taken_over = world.clock.at(lead.starts_on, 10)
    lead.acknowledged_at = world.clock.soon_after(taken_over, world.clock.now)
    lead.acknowledged_by = world.people.heads[lead.unit.pk]
    return lead


def _date_decisions(world: World, leads: list[LeadAssignment]) -> None:
    """Put each decision on its day; the database dates every new row today."""
    by_day: dict[dt.date, list[int]] = {}
    for lead in leads:
        decided_on = lead.starts_on if lead.starts_on <= world.clock.today else last_workday(world)
        by_day.setdefault(decided_on, []).append(lead.pk)
    for day, ids in by_day.items():
        LeadAssignment.objects.filter(pk__in=ids).update(decided_at=world.clock.at(day, 10))
