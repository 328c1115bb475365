"""Many rows at once, for the tests that count queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commands.models import Unit
from tasks.models import Baseline, Campaign, LeadAssignment, Light, Milestone, Period, PlanPoint, Report, Task
from tasks.services.lights import sum_lights
from tests.factories.base import NEW_YEAR, number
from tests.factories.tasks import even_plan


def many_tasks(
    n: int, *, campaign: Campaign, unit: Unit, periods: Iterable[Period] = (), **fields: Any
) -> list[Task]:
    """Make ``n`` active tasks with leads, plans and one milestone each; with a due report in each period."""
    first = next(number)
    values = {
        "starts_on": NEW_YEAR,
        "due_on": dt.date(2026, 12, 31),
        "lifecycle": "active",
        "lead_since": NEW_YEAR,
        "actual_percent": Decimal(80),
        "scheduled_percent": Decimal("83.3"),
        "light": "green",
        **fields,
    }
    tasks = Task.objects.bulk_create(
        Task(
            campaign=campaign,
            lead_unit=unit,
            code=f"M-{first}-{i:04}",
            title=f"批量任务{first}-{i}",
            **values,
        )
        for i in range(n)
    )
    LeadAssignment.objects.bulk_create(
        LeadAssignment(task=task, unit=unit, starts_on=values["lead_since"]) for task in tasks
    )
    _plan_evenly(tasks)
    Milestone.objects.bulk_create(
        Milestone(task=task, title="竣工验收", due_on=task.due_on, is_key=True) for task in tasks
    )
    for period in periods:
        many_reports(tasks, period=period)
    return tasks


def _plan_evenly(tasks: list[Task]) -> None:
    baselines = Baseline.objects.bulk_create(
        Baseline(task=task, version=1, starts_on=task.starts_on) for task in tasks
    )
    PlanPoint.objects.bulk_create(
        PlanPoint(baseline=made, day=day, percent=percent)
        for made in baselines
        for day, percent in even_plan(made.task.starts_on, made.task.due_on).items()
    )


def many_reports(tasks: Iterable[Task], *, period: Period, **fields: Any) -> list[Report]:
    """Make one report for each of ``tasks``: due, or with whatever ``fields`` say, without submissions."""
    return Report.objects.bulk_create(
        Report(task=task, period=period, unit=task.lead_unit, **fields) for task in tasks
    )


def many_lights(
    tasks: Iterable[Task], *, period: Period, automatic: str = "green", **fields: Any
) -> list[Light]:
    """Record the same light for each of ``tasks``."""
    values = {"unescalated": automatic, "final": automatic, "rule_version": 1, "recorded_at": timezone.now()}
    made = Light.objects.bulk_create(
        Light(task=task, period=period, automatic=automatic, **{**values, **fields}) for task in tasks
    )
    sum_lights(campaigns={light.task.campaign_id for light in made}, periods=[period.pk])
    return made
