"""Plans: a new version takes over from its day on; what was planned for the past stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone

from commands.models import User
from tasks.models import Baseline, PlanPoint, Task


def current_points(task: Task, day: dt.date) -> dict[dt.date, Decimal]:
    """Return the points of the plan in force on ``day``; of the first one where none is yet."""
    plans = list(task.baselines.order_by("version").prefetch_related("points"))
    in_force = [plan for plan in plans if plan.starts_on <= day]
    chosen = in_force[-1:] or plans[:1]
    return chosen[0].points_by_day() if chosen else {}


def write_version(*, task: Task, points: Mapping[dt.date, Decimal], reason: str, by: User) -> Baseline:
    """Write the next version of the plan, in force from today on. Part of the caller's transaction and event."""
    now, last = timezone.now(), task.baselines.order_by("version").last()
    version = Baseline.objects.create(
        task=task,
        version=last.version + 1 if last else 1,
        starts_on=timezone.localdate(now),
        reason=reason,
        approved_by=by,
        approved_at=now,
    )
    PlanPoint.objects.bulk_create(
        PlanPoint(baseline=version, day=day, percent=percent) for day, percent in sorted(points.items())
    )
    return version
