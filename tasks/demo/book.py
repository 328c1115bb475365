"""The demo's task book, teams, campaigns and tasks, with plans and milestones."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Prefetch

from commands.models import TeamKind, WorkTeam
from tasks.demo import courses
from tasks.demo.script import CampaignScript, TaskScript, campaigns
from tasks.demo.world import Story, World
from tasks.models import (
    Baseline,
    Campaign,
    Lifecycle,
    Milestone,
    Period,
    PlanPoint,
    StrategicGoal,
    Task,
)
from tasks.services.periods import create_periods

FACTS_YEAR = 2023


def open_periods(world: World) -> None:
    """Write the year's periods, opened and closed as they are by now."""
    create_periods(book=world.book, by=None)
    clock = world.clock
    world.periods = list(Period.objects.filter(book=world.book).select_related("book").order_by("month"))
    for period in world.periods:
        if period.opens_on <= clock.today:
            period.opened_at = clock.at(period.opens_on, 0, 5)
        if period.closes_on < clock.today and period.due_at < clock.now:
            period.closed_at = clock.at(period.closes_on + dt.timedelta(days=1), 0, 5)
    Period.objects.bulk_update(world.periods, ["opened_at", "closed_at"])


def create_teams(world: World) -> dict[tuple[str, int], WorkTeam]:
    """Write the work teams and return every team by headquarters and number."""
    teams = [
        WorkTeam(
            headquarters=world.headquarters[code],
            kind=TeamKind.WORK_TEAM,
            number=number,
            starts_on=world.launched_on,
            **entry,
        )
        for code, entries in world.organisation.teams.items()
        for number, entry in enumerate(entries, start=1)
    ]
    WorkTeam.objects.bulk_create(teams)
    everyone = WorkTeam.objects.filter(ends_on__isnull=True).select_related("headquarters")
    return {(team.headquarters.code, team.number): team for team in everyone}


def create_work(world: World) -> list[Story]:
    """Write campaigns and tasks, and return the stories of the tasks as far as they are known by now."""
    facts = Campaign.objects.filter(book__year=FACTS_YEAR).prefetch_related(
        Prefetch("goals", StrategicGoal.objects.all())
    )
    names = {row.number: row for row in facts}
    teams = create_teams(world)
    stories: list[Story] = []
    for script in campaigns():
        campaign = _campaign(world, script, names[script.number])
        for place, task_script in enumerate(script.tasks, start=1):
            team = teams.get((script.headquarters or "", task_script.team or 0))
            story = _story(world, campaign, task_script, place, team)
            story.number = len(stories)
            stories.append(story)
    Task.objects.bulk_create([story.task for story in stories])
    _add_supporting_units(world, stories)
    _write_plans(world, stories)
    _write_milestones(world, stories)
    return stories


def _campaign(world: World, script: CampaignScript, fact: Campaign) -> Campaign:
    campaign = Campaign.objects.create(
        book=world.book,
        number=script.number,
        name=fact.name,
        name_en=fact.name_en,
        headquarters=world.headquarters[script.headquarters] if script.headquarters else None,
        supervisor_title=script.supervisor_title,
        supervisor_title_en=script.supervisor_title_en,
        lead_unit=world.units[script.lead],
        flag_presented_on=world.launched_on,
    )
    campaign.goals.set(StrategicGoal.objects.filter(code__in=script.goals))
    return campaign


def _story(world: World, campaign: Campaign, script: TaskScript, place: int, team: WorkTeam | None) -> Story:
    task = Task(
        campaign=campaign,
        work_team=team,
        code=f"{world.book.year}-{campaign.number:02}{place:02}",
        title=script.title,
        annual_target=script.annual_target,
        metric=script.metric,
        metric_unit=script.metric_unit,
        metric_target=Decimal(str(script.metric_target)),
        weight=script.weight,
        starts_on=world.day(script.start),
        due_on=world.day(script.due),
        lifecycle=Lifecycle.ACTIVE,
        lead_unit=world.units[script.lead],
        lead_since=world.launched_on,
    )
    story = Story(number=0, script=script, task=task)
    year_end = task.due_on == world.day("12-31")
    finish = task.due_on - dt.timedelta(days=0 if year_end else world.rng.randint(0, 4))
    if not story.in_trouble and finish < world.clock.today:
        story.finished_on = finish
        task.lifecycle, task.closed_on = Lifecycle.CLOSED, finish
    return story


def _add_supporting_units(world: World, stories: list[Story]) -> None:
    through = Task.supporting_units.through
    through.objects.bulk_create(
        through(task_id=story.task.pk, unit_id=world.units[code].pk)
        for story in stories
        for code in story.script.supporting
    )


def _write_plans(world: World, stories: list[Story]) -> None:
    """Write each task's plan, and the revised version where there is one by now."""
    baselines: list[tuple[Baseline, courses.Points]] = []
    for story in stories:
        task = story.task
        points = courses.plan(task.starts_on, task.due_on, world.rng)
        story.plans = [(task.starts_on, points)]
        baselines.append((_baseline(world, task, 1, task.starts_on), points))
        new = world.organisation.new_plans.get(task.title)
        if new and world.day(new.on) <= world.clock.today:
            since = world.day(new.on)
            points = courses.revised(points, since)
            story.plans.append((since, points))
            baselines.append((_baseline(world, task, 2, since, new.reason), points))
    Baseline.objects.bulk_create([baseline for baseline, _points in baselines])
    PlanPoint.objects.bulk_create(
        (
            PlanPoint(baseline=baseline, day=day, percent=percent)
            for baseline, points in baselines
            for day, percent in sorted(points.items())
        ),
        batch_size=500,
    )


def _baseline(world: World, task: Task, version: int, starts_on: dt.date, reason: str = "") -> Baseline:
    approved_at = world.clock.at(min(starts_on, world.launched_on) if version == 1 else starts_on, 10)
    return Baseline(
        task=task,
        version=version,
        starts_on=starts_on,
        reason=reason,
        approved_by=world.people.leader,
        approved_at=approved_at,
    )


def _write_milestones(world: World, stories: list[Story]) -> None:
    for story in stories:
        story.milestones = [
            Milestone(task=story.task, title=step.title, due_on=world.day(step.due), is_key=step.key)
            for step in story.script.steps
        ]
        for milestone in story.milestones:
            milestone.completed_on = _reached_on(world, story, milestone)
        if {"yellow", "milestone"} <= story.script.course:
            _delay_one(world, story)
    Milestone.objects.bulk_create(
        (milestone for story in stories for milestone in story.milestones), batch_size=500
    )


def _reached_on(world: World, story: Story, milestone: Milestone) -> dt.date | None:
    """Return when a milestone was reached: a few days early, or not yet; where a task is stuck, not of late."""
    early = milestone.due_on - dt.timedelta(days=world.rng.randint(0, 6))
    reached = max(early, story.task.starts_on)
    if story.finished_on:
        return min(reached, story.finished_on)
    if milestone.due_on >= world.clock.today or _stuck(world, story, milestone):
        return None
    return reached


def _stuck(world: World, story: Story, milestone: Milestone) -> bool:
    """Say whether a milestone that has passed is one of those not reached."""
    course, late = story.script.course, (world.clock.today - milestone.due_on).days
    if {"red", "milestone"} <= course:
        return late < 75
    if not story.in_trouble or {"milestone", "missed"} & course:
        return False
    # Late before the last close would have been yellow then too, and a key one over a month late is red.
    settled = [period.closes_on for period in world.closed if period not in world.fallen_due[-1:]]
    return bool(settled) and milestone.due_on > settled[-1] and not (milestone.is_key and late > 28)


def _delay_one(world: World, story: Story) -> None:
    """Let the next milestone have been due a week ago."""
    day = world.clock.calendar.add(world.clock.today, -world.rng.randint(4, 8))
    ahead = [row for row in story.milestones if row.completed_on is None] or story.milestones[-1:]
    if day > story.task.starts_on + dt.timedelta(days=20):
        ahead[0].due_on, ahead[0].completed_on = day, None
