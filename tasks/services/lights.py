"""Recording lights at the close of a period."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tasks.models import Light, Period, Task
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
    return len(rows)
