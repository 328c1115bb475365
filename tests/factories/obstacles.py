"""What stands in the way of tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import Obstacle, ObstacleStep
from tests.factories.commands import user_with
from tests.factories.tasks import task


def obstacle(**fields: Any) -> Obstacle:
    """Make an obstacle raised just now by the lead unit, with the work team; before the leader: since today."""
    fields["task"] = fields.get("task") or task()
    unit = fields["task"].lead_unit
    fields["raised_by"] = fields.get("raised_by") or user_with(RoleCode.REPORTER, unit=unit)
    today = timezone.localdate()
    leader = fields.setdefault("level", "team") == "leader"
    values = {
        "what": "B2地块权属不清，无法签约。",
        "needs": "请规划部门确认权属。",
        "wanted_by": today + dt.timedelta(days=10),
        "level_since": today,
        "escalates_on": None if leader else today + dt.timedelta(days=7),
        "leader_since": today if leader else None,
        "raised_at": timezone.now(),
    }
    made = Obstacle.objects.create(**{**values, **fields})
    ObstacleStep.objects.create(
        obstacle=made, kind="raised", level=made.level, at=made.raised_at, by=made.raised_by
    )
    return made
