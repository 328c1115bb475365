"""What the demo tells around its reports: obstacles at every level, a change asked for, files filed."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.conf import settings
from django.core.files.base import ContentFile

from tasks.demo.world import Story, World
from tasks.models import ChangeRequest, Evidence, Obstacle, ObstacleStep, Submission
from tasks.rules.obstacles import LEVELS, Level, last_day_at

OBSTACLES = (
    ("部分权利人对补偿方案有异议，签约停滞。", "请牵头单位与社区再次入户沟通。", 2),
    ("管线迁改方案未会签，施工无法展开。", "请督查室协调水务、供电单位会签。", 8),
    ("两个片区施工时序冲突，场地无法移交。", "请指挥部统一安排施工时序。", 15),
    ("市级用地指标未下达，项目不能开工。", "请区领导向市规划和自然资源局协调指标。", 22),
)
"""What, what is needed of whom, and how many days ago it was raised: one for each level."""


def create_life(world: World, stories: list[Story]) -> None:
    """Write it, where the year is old enough to tell of it."""
    open_ones = [story for story in stories if story.task.lifecycle == "active" and story.in_trouble]
    for number, story in enumerate(open_ones[: len(LEVELS)]):
        _obstacle(world, story, number)
    if len(open_ones) > len(LEVELS):
        _change(world, open_ones[len(LEVELS)])
    _files(world)


def _obstacle(world: World, story: Story, number: int) -> None:
    what, needs, days_ago = OBSTACLES[number]
    today, level = world.clock.today, LEVELS[number]
    raised = today - dt.timedelta(days=days_ago)
    if raised < story.task.starts_on:
        return
    author = world.people.reporters[story.lead_on(raised).unit_id]
    at = world.clock.now - dt.timedelta(days=days_ago)
    since = today - dt.timedelta(days=min(days_ago, 2))
    obstacle = Obstacle.objects.create(
        task=story.task,
        what=what,
        needs=needs,
        wanted_by=today + dt.timedelta(days=10 - 4 * number),
        level=level.value,
        level_since=since,
        escalates_on=last_day_at(level, since, settings.OBSTACLE_WORKDAYS, world.clock.calendar),
        leader_since=since if level is Level.LEADER else None,
        raised_at=at,
        raised_by=author,
    )
    ObstacleStep.objects.create(obstacle=obstacle, kind="raised", level=Level.TEAM.value, at=at, by=author)
    climbed = LEVELS[1 : number + 1]
    for rung, reached in enumerate(climbed, start=1):
        moment = at + dt.timedelta(days=(days_ago - 2) * rung // len(climbed))
        ObstacleStep.objects.create(obstacle=obstacle, kind="escalated", level=reached.value, at=moment)


def _change(world: World, story: Story) -> None:
    task, today = story.task, world.clock.today
    if task.due_on <= today or today <= task.starts_on:
        return
    unit = story.lead_on(today).unit
    ChangeRequest.objects.create(
        task=task,
        kind="due",
        old_day=task.due_on,
        new_day=task.due_on + dt.timedelta(days=60),
        reason="受管线迁改影响，关键工序顺延两个月。",
        unit=unit,
        asked_at=world.clock.now - dt.timedelta(hours=5),
        asked_by=world.people.reporters[unit.pk],
    )


def _files(world: World) -> None:
    """Put a file with the last filings of the demo's own unit."""
    unit = world.units[world.organisation.desk_unit]
    filed = Submission.objects.filter(unit=unit).select_related("report__task").order_by("-submitted_at")
    for submission in filed[:4]:
        report = submission.report
        data = f"{report.task.title}\n{report.period}\n演示数据：本月完成情况说明。\n".encode()
        evidence = Evidence(
            report=report,
            name=f"{report.period}完成情况说明.txt",
            kind="text",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            added_at=submission.submitted_at,
            added_by=submission.submitted_by,
        )
        if Evidence.objects.filter(report=report).exists():
            continue
        evidence.file.save(evidence.name, ContentFile(data), save=True)
        evidence.submissions.add(submission)
