"""Recording lights at the close of a period, and keeping what they come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tasks.models import Lifecycle, Light, LightSum, Period, Task
from tasks.models.lights import summed
from tasks.services.standings import Assessment, assess


def _row(period: Period, found: Assessment, now: dt.datetime) -> Light:
    return Light(
        task=found.task,
        period=period,
        automatic=found.verdict.light.value,
        unescalated=found.verdict.unescalated.value,
        own=found.own_light if found.last_period_id == period.pk else "",
        final=found.light.value,
        reasons=[reason.as_json() for reason in found.reasons],
        rule_version=found.rule_version,
        actual_percent=found.actual,
        scheduled_percent=found.scheduled,
        recorded_at=now,
    )


@transaction.atomic
def record_lights(*, period: Period, now: dt.datetime, tasks: QuerySet[Task] | None = None) -> int:
    """Record the light of every task that had begun by the due day of ``period``, as it is known at ``now``.

    A closed-out task owes no report and is recorded too: what is done stays part of the months that follow.
    A report accepted after its period closed is recorded again: the light then says what it showed.
    """
    begun = Task.objects.in_book(period.book_id).counted()
    begun = begun.filter(starts_on__lte=timezone.localdate(period.due_at))
    rows = [_row(period, found, now) for found in assess(begun if tasks is None else tasks, now, period)]
    before = Light.objects.filter(period=period, task__in=[row.task_id for row in rows])
    # What changes twice in a day is kept as it stood at the end of it.
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    before.filter(recorded_at__gte=midnight).delete()
    before.update(replaced_at=now)
    Light.objects.bulk_create(rows, batch_size=500)
    sum_lights(campaigns={row.task.campaign_id for row in rows}, periods=[period.pk])
    return len(rows)


@transaction.atomic
def sum_lights(*, campaigns: Collection[int], periods: Collection[int] | None = None) -> int:
    """Bring up to date what the lights of ``campaigns`` come to, for ``periods`` or for all; return how many differed.

    The sums are locked before the lights are read: of two that change lights of one campaign at the same moment,
    the later one sees what the earlier one did.
    """
    lights = Light.objects.filter(task__campaign__in=campaigns)
    kept = LightSum.objects.filter(campaign__in=campaigns)
    if periods is not None:
        lights, kept = lights.filter(period__in=periods), kept.filter(period__in=periods)
    pairs = lights.order_by().values_list("task__campaign", "period").distinct()
    blank = [LightSum(campaign_id=campaign, period_id=period) for campaign, period in sorted(pairs)]
    LightSum.objects.bulk_create(blank, ignore_conflicts=True)
    rows = list(kept.select_for_update(no_key=True).order_by("pk"))
    counted = summed(lights.exclude(task__lifecycle=Lifecycle.CANCELLED))
    found = {(campaign, period): [value or 0 for value in sums] for campaign, period, *sums in counted}
    changed = []
    for row in rows:
        sums = found.get((row.campaign_id, row.period_id), [0, 0, 0])
        if sums != [row.weight, row.actual_sum, row.scheduled_sum]:
            row.weight, row.actual_sum, row.scheduled_sum = sums
            changed.append(row)
    LightSum.objects.bulk_update(changed, ["weight", "actual_sum", "scheduled_sum"], batch_size=200)
    return len(changed)
