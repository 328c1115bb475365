"""How the demo's rows stood through its year: what the services would have kept on each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from tasks.demo.world import Story, World
from tasks.models import Campaign, Lifecycle, Milestone, Report, StateChoices, Submission, Task
from tasks.models.past import Past, PastCampaign, PastMilestone, PastPeriod, PastReport, PastSupport, PastTask
from tasks.services.standings import assess

Steps = list[tuple[dt.date, dict[str, Any]]]
"""What was new on which day, the oldest first."""
WEEK = dt.timedelta(days=7)


def create_past(world: World, stories: list[Story]) -> None:
    """Write what was kept of campaigns, periods, milestones, reports and tasks, day by day until yesterday."""
    first = world.launched_on
    campaigns = Campaign.objects.filter(book=world.book)
    _write(PastCampaign, ((row, [(first, {})]) for row in campaigns))
    PastPeriod.objects.filter(period__book=world.book).delete()  # as they were written just now
    _write(PastPeriod, ((row, _of_period(row, first)) for row in world.periods))
    milestones = [row for story in stories for row in story.milestones]
    _write(PastMilestone, ((row, _of_milestone(row, first)) for row in milestones))
    reports = Report.objects.filter(period__book=world.book).select_related("period")
    filings: dict[int, list[Submission]] = {}
    for filing in Submission.objects.filter(report__in=reports).order_by("number"):
        filings.setdefault(filing.report_id, []).append(filing)
    _write(PastReport, ((row, _of_report(row, filings.get(row.pk, []))) for row in reports))
    _write_tasks(world, stories)
    supporting = Task.supporting_units.through.objects.filter(task__campaign__book=world.book)
    PastSupport.objects.bulk_create(
        PastSupport(task_id=row.task_id, unit_id=row.unit_id, since=first) for row in supporting
    )


def _write(model: type[Past], histories: Iterable[tuple[Any, Steps]]) -> None:
    """Write a row for each step; what happens later on the same day is what is kept of it."""
    rows: list[Past] = []
    for row, steps in histories:
        by_day = dict(steps)
        days = sorted(by_day)
        for day, until in zip(days, [*days[1:], None], strict=True):
            values = {name: getattr(row, name) for name in model.kept()} | by_day[day]
            rows.append(model(since=day, until=until, **{f"{model.KEY}_id": row.pk}, **values))
    model._base_manager.bulk_create(rows, batch_size=500)


def _of_period(period: Any, first: dt.date) -> Steps:
    steps: Steps = [(first, {"opened_at": None, "closed_at": None})]
    if period.opened_at:
        opened = max(first, timezone.localdate(period.opened_at))
        steps.append((opened, {"opened_at": period.opened_at, "closed_at": None}))
    if period.closed_at:
        steps.append((timezone.localdate(period.closed_at), {}))
    return steps


def _of_milestone(milestone: Milestone, first: dt.date) -> Steps:
    if milestone.completed_on is None:
        return [(first, {})]
    return [(first, {"completed_on": None}), (max(first, milestone.completed_on), {})]


def _of_report(report: Report, filings: list[Submission]) -> Steps:
    """Return the report's steps: due, each filing and each decision, and what became of it in the end."""
    fresh: dict[str, Any] = {"state": StateChoices.DUE, "timeliness": "", "exempt_reason": ""}
    opened = timezone.localdate(report.period.opened_at)
    steps: Steps = [(opened, fresh)]
    for filing in filings:
        filed = {**fresh, "state": StateChoices.SUBMITTED, "timeliness": report.timeliness}
        steps.append((timezone.localdate(filing.submitted_at), filed))
        if filing.decided_at:
            decided = {**filed, "state": StateChoices(filing.decision)}
            steps.append((timezone.localdate(filing.decided_at), decided))
    if not filings and report.state == StateChoices.MISSED and report.period.closed_at:
        steps.append((timezone.localdate(report.period.closed_at), {}))
    if report.state == StateChoices.EXEMPT:
        steps = [(opened, {})]
    return steps


def _write_tasks(world: World, stories: list[Story]) -> None:
    """Write how the tasks stood on the days on which something happened to many."""
    tasks, by_pk = Task.objects.in_book(world.book.pk), {story.task.pk: story for story in stories}
    rows: dict[int, list[PastTask]] = {pk: [] for pk in by_pk}
    for day in _days(world):
        evening = timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))
        for found in assess(tasks, evening):
            task, story = found.task, by_pk[found.task.pk]
            for name, value in found.standing().items():
                setattr(task, name, value)
            lead = story.lead_on(day)
            task.lead_unit_id, task.lead_since = lead.unit_id, lead.starts_on
            if task.closed_on and task.closed_on > day:
                task.lifecycle, task.closed_on = Lifecycle.ACTIVE, None
            kept = rows[task.pk]
            if kept and kept[-1].says(task, day):
                continue
            if kept:
                kept[-1].until = day
            values = {name: getattr(task, name) for name in PastTask.kept()}
            kept.append(PastTask(task_id=task.pk, since=day, **values))
    PastTask.objects.bulk_create((row for kept in rows.values() for row in kept), batch_size=300)


def _days(world: World) -> list[dt.date]:
    """Return the days looked at: when reports fell due, when their month closed, and every week of late."""
    days = {world.launched_on} if world.launched_on < world.clock.today else set()
    day = max(world.launched_on, world.clock.today - 8 * WEEK)
    while day < world.clock.today:
        days.add(day)
        day += WEEK
    for period in world.opened:
        for moment in (period.due_at, period.closed_at):
            if moment and world.launched_on <= timezone.localdate(moment) < world.clock.today:
                days.add(timezone.localdate(moment))
    return sorted(days)
