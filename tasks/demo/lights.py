"""A light that the office has set for a while in the demo: what the rules find stands beside it."""

from __future__ import annotations

import datetime as dt

from tasks.demo.world import Story, World
from tasks.models import LightOverride


def create_overrides(world: World, stories: list[Story]) -> None:
    """Let the office have set the light of a task in trouble, because what holds it up is not its unit's."""
    troubled = [story for story in stories if story.task.lifecycle == "active" and story.in_trouble]
    if not troubled:
        return
    task = troubled[-1].task
    LightOverride.objects.create(
        task=task,
        light="yellow",
        reason="市级用地指标集中下达前不具备开工条件，责任不在牵头单位，指标下达后恢复系统判定。",
        starts_at=world.clock.now - dt.timedelta(days=2),
        set_by=world.people.reviewer(task.campaign.headquarters_id),
        ends_on=world.clock.today + dt.timedelta(days=30),
    )
