"""Keeping how rows stand, so that any past day can be opened again exactly as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tasks.models import Campaign, Milestone, PastSupport, Period, Report, Task
from tasks.models.past import Past, PastCampaign, PastMilestone, PastPeriod, PastReport, PastTask
from tasks.models.tasks import TaskQuerySet

KEPT: dict[type[models.Model], type[Past]] = {
    Campaign: PastCampaign,
    Milestone: PastMilestone,
    Period: PastPeriod,
    Report: PastReport,
    Task: PastTask,
}
BATCH = 200


def keep(rows: QuerySet[Any] | Sequence[Any], *, now: dt.datetime) -> int:
    """Keep how ``rows`` stand from today on, where that differs from what was kept last.

    Part of the transaction that changed them, which holds their locks; given as a list they must be as they are
    written. One query and at most three writes for every couple of hundred. Returns how many had changed.
    """
    if not (found := list(rows)):
        return 0
    with transaction.atomic():
        return sum(_keep(found[n : n + BATCH], timezone.localdate(now)) for n in range(0, len(found), BATCH))


def _keep(rows: list[Any], day: dt.date) -> int:
    past: Any = KEPT[type(rows[0])]
    key = f"{past.KEY}_id"
    lasting = past._base_manager.filter(**{f"{key}__in": [row.pk for row in rows]}, until=None)
    last = {getattr(row, key): row for row in lasting}
    ended, again, new = [], [], []
    for row in rows:
        before = last.get(row.pk)
        if before is not None and before.says(row, max(day, before.since)):
            continue
        # Of one day its end is kept; an earlier day than the last one kept only a clock set back can bring.
        if before is not None and before.since >= day:
            again.append(_copy(row, before))
            continue
        if before is not None:
            ended.append(before.pk)
        new.append(_copy(row, past(since=day, **{key: row.pk})))
    past._base_manager.filter(pk__in=ended).update(until=day)
    past._base_manager.bulk_update(again, [name.removesuffix("_id") for name in past.kept()])
    past._base_manager.bulk_create(new)
    return len(again) + len(new)


def _copy(row: Any, past: Any) -> Any:
    for name in past.kept():
        setattr(past, name, getattr(row, name))
    return past


@transaction.atomic
def keep_support(tasks: TaskQuerySet, *, now: dt.datetime) -> int:
    """Keep which units support ``tasks`` from today on; part of the transaction that changed them.

    Two queries, and three writes where something changed. Returns how many began or ended.
    """
    day = timezone.localdate(now)
    through = Task.supporting_units.through
    supporting = set(through.objects.filter(task__in=tasks).values_list("task_id", "unit_id"))
    lasting = PastSupport.objects.filter(task__in=tasks, until=None)
    last = {(task, unit): pk for task, unit, pk in lasting.values_list("task_id", "unit_id", "pk")}
    ended = PastSupport.objects.filter(pk__in=[last[pair] for pair in last.keys() - supporting])
    new = sorted(supporting - last.keys())
    if last.keys() - supporting:
        ended.filter(since__gte=day).delete()  # of one day its end is kept
        ended.update(until=day)
    PastSupport.objects.bulk_create(PastSupport(task_id=task, unit_id=unit, since=day) for task, unit in new)
    return len(last.keys() ^ supporting)


@transaction.atomic
def end(row: Any, *, now: dt.datetime) -> None:
    """Keep that ``row`` is no more from today on: about to be deleted, it stays where past days tell of it."""
    past: Any = KEPT[type(row)]
    day = timezone.localdate(now)
    lasting = past._base_manager.filter(**{past.KEY: row}, until=None)
    lasting.filter(since__gte=day).delete()
    lasting.update(until=day)


def keep_all(*, now: dt.datetime, but: type[models.Model] | None = None) -> int:
    """Keep whatever changed in a way that no service knew of; return how many rows that were.

    Every hour, and after loading: what was written by hand is known from then on, and not before. Rows of ``but``
    were kept a moment ago.
    """
    tasks = Task.objects.order_by().filter(campaign__book__closed_at__isnull=True)
    querysets: list[QuerySet[Any]] = [
        Campaign.objects.order_by().filter(book__closed_at__isnull=True),
        tasks,
        Milestone.objects.order_by().filter(task__campaign__book__closed_at__isnull=True),
        Period.objects.order_by().filter(book__closed_at__isnull=True),
    ]
    changed = sum(keep(_unlike(rows), now=now) for rows in querysets if rows.model is not but)
    return changed + keep_support(tasks, now=now)


def _unlike(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of ``rows`` of which something else was kept last; of tasks all, whose lateness grows by itself."""
    if rows.model is Task:
        return rows
    past: Any = KEPT[rows.model]
    lasting = past._base_manager.filter(until=None, **{f"{past.KEY}__in": rows.values("pk")})
    last = {pk: said for pk, *said in lasting.order_by().values_list(past.KEY, *past.kept())}
    now = {pk: says for pk, *says in rows.values_list("pk", *past.kept())}
    return rows.filter(pk__in=[pk for pk, says in now.items() if says != last.get(pk)])
