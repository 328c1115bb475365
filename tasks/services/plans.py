"""Plans: a new version takes over from its day on; what was planned for the past stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Baseline, PlanPoint, Task
from tasks.rules.changes import falls
from tasks.services.books import lock_unfinished
from tasks.services.standings import refresh_standings


def current_points(task: Task, day: dt.date) -> dict[dt.date, Decimal]:
    """Return the points of the plan in force on ``day``; of the first one where none is yet."""
    plans = list(task.baselines.order_by("version").prefetch_related("points"))
    in_force = [plan for plan in plans if plan.starts_on <= day]
    chosen = in_force[-1:] or plans[:1]
    return chosen[0].points_by_day() if chosen else {}


def write_version(
    *,
    task: Task,
    points: Mapping[dt.date, Decimal],
    reason: str,
    starts_on: dt.date | None = None,
    by: User,
) -> Baseline:
    """Write the next version of the plan, in force from ``starts_on`` or today on.

    Part of the caller's transaction and event.
    """
    now, last = timezone.now(), task.baselines.order_by("version").last()
    version = Baseline.objects.create(
        task=task,
        version=last.version + 1 if last else 1,
        starts_on=starts_on or timezone.localdate(now),
        reason=reason,
        approved_by=by,
        approved_at=now,
    )
    _write_points(version, points)
    return version


def _write_points(version: Baseline, points: Mapping[dt.date, Decimal]) -> None:
    PlanPoint.objects.bulk_create(
        PlanPoint(baseline=version, day=day, percent=percent) for day, percent in sorted(points.items())
    )


def redraw_first(*, task: Task, points: Mapping[dt.date, Decimal], by: User) -> Baseline:
    """Draw the plan of a task that has not begun anew: nothing was measured by it, so no version is kept.

    Part of the caller's transaction and event.
    """
    task.baselines.all().delete()
    return write_version(task=task, points=points, reason="", starts_on=task.starts_on, by=by)


@transaction.atomic
def enter_plan(
    *, task: Task, points: Mapping[dt.date, Decimal], starts_on: dt.date, reason: str, by: User
) -> Baseline:
    """Write the plan that an administrator entered as a new version, in force from ``starts_on`` on.

    What was planned up to today stays in it. Before the task begins its plan is drawn anew instead, and needs no
    reason. Raises Refused ``book_closed``, ``not_open``, ``falls``, ``no_change``, and beside its field
    ``reason_missing``, ``too_early``, ``too_late``.
    """
    task, today = lock_unfinished(task), timezone.localdate()
    before = current_points(task, today)
    kept = {day: percent for day, percent in before.items() if day <= today}
    if falls({**kept, **points}):
        raise Refused(_("A cumulative plan cannot fall from one month to the next."), code="falls")
    if {**kept, **points} == before:
        raise Refused(_("This is the plan until now."), code="no_change")
    if task.starts_on > today:
        version = redraw_first(task=task, points=points, by=by)
    else:
        _check_version(task, starts_on, reason, today)
        version = write_version(
            task=task, points={**kept, **points}, reason=reason, starts_on=starts_on, by=by
        )
    record_event(
        action="plan.enter",
        about=task,
        before={"plan": _as_values(before)},
        after={
            "plan": _as_values(version.points_by_day()),
            "version": version.version,
            "starts_on": version.starts_on,
            "reason": reason,
        },
        by=by,
    )
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=timezone.now())
    return version


def _check_version(task: Task, starts_on: dt.date, reason: str, today: dt.date) -> None:
    """Refuse a version without a reason, and one that would take hold before today or the version before it."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason_missing", field="reason")
    if starts_on < today:
        message = _("A new plan never changes the past: choose today or a later day.")
        raise Refused(message, code="too_early", field="starts_on")
    if starts_on > task.due_on:
        raise Refused(_("The task is due before that day."), code="too_late", field="starts_on")
    last = task.baselines.order_by("version").last()
    if last is not None and last.starts_on > starts_on:
        raise Refused(
            _("The latest version holds from %(day)s on: choose that day or a later one.")
            % {"day": last.starts_on.isoformat()},
            code="too_early",
            field="starts_on",
        )


def _as_values(points: Mapping[dt.date, Decimal]) -> list[str]:
    """Return a plan as the audit trail keeps it."""
    return [f"{day.isoformat()} {percent.normalize():f}%" for day, percent in sorted(points.items())]
