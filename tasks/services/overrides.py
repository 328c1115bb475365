"""Lights set by the office in place of the rules' (人工定灯): setting one, taking it back, and its last day."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import LightOverride, Task
from tasks.models.lights import RATED
from tasks.rules.lights import LONGEST_SETTING
from tasks.services.exemptions import check_reason
from tasks.services.inbox import notify
from tasks.services.people import people_of
from tasks.services.standings import refresh_standings

REASON_LIMIT = 500


def may_set_light(task: Task, user: User) -> bool:
    """Say whether ``user`` sets the light of ``task``: its headquarters' or the district's office, never its lead unit."""
    duties = user.duties
    is_office = duties.is_office and duties.reviews(task.campaign.headquarters_id)
    return is_office and task.lead_unit_id not in duties.unit_ids


def _lock(task: Task, by: User) -> Task:
    task = (
        Task.objects.select_for_update(of=("self",), no_key=True).select_related("campaign").get(pk=task.pk)
    )
    if not may_set_light(task, by):
        raise Refused(_("Your office does not set the light of this task."), code="not_office")
    return task


@transaction.atomic
def set_light(*, task: Task, light: str, reason: str, last_day: dt.date, by: User) -> LightOverride:
    """Set the light of ``task`` up to and including ``last_day``; what was set before ends now.

    The rules' own light stays beside it. The lead unit is told. Setting the same again, as a double click does,
    changes nothing. Raises Refused: ``not_office``, ``closed``, ``invalid``, ``words_missing``, and beside
    ``last_day`` ``too_early`` or ``too_far``.
    """
    if light not in RATED:
        raise Refused(_("Choose green, yellow or red."), code="invalid", field="light")
    check_reason(reason, REASON_LIMIT)
    now = timezone.now()
    today = timezone.localdate(now)
    if last_day < today:
        raise Refused(_("This day has passed."), code="too_early", field="last_day")
    if last_day > today + LONGEST_SETTING:
        raise Refused(_("A light is set for half a year at most."), code="too_far", field="last_day")
    task = _lock(task, by)
    if not task.is_open:
        raise Refused(_("The task is not under way any more."), code="closed")
    values = {"light": light, "reason": reason, "ends_on": last_day + dt.timedelta(days=1), "set_by": by}
    standing = LightOverride.objects.select_for_update(no_key=True).filter(task=task, ended_at__isnull=True)
    last = standing.first()
    if last and all(getattr(last, name) == value for name, value in values.items()):
        return last
    standing.update(ended_at=now, ended_by=by)
    override = LightOverride.objects.create(task=task, starts_at=now, **values)
    before = {"light": task.light, "automatic_light": task.automatic_light}
    after = {"light": light, "reason": reason, "last_day": last_day}
    record_event(action="light.set", about=task, before=before, after=after, by=by)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    _tell(task, "light_set", {"light": light, "reason": reason, "day": last_day.isoformat()})
    return override


@transaction.atomic
def withdraw_light(*, override: LightOverride, by: User) -> LightOverride:
    """Let the rules' own light hold again before the last day. A second time changes nothing.

    Raises Refused: ``not_office``.
    """
    task, now = _lock(override.task, by), timezone.now()
    override = LightOverride.objects.select_for_update(no_key=True).get(pk=override.pk)
    if override.ended_at is not None:
        return override
    override.ended_at, override.ended_by = now, by
    override.save(update_fields=["ended_at", "ended_by"])
    before = {"light": override.light, "reason": override.reason, "last_day": override.last_day}
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    task.refresh_from_db(fields=["light"])
    record_event(action="light.withdraw", about=task, before=before, after={"light": task.light}, by=by)
    _tell(task, "light_withdrawn", {"light": task.light})
    return override


@transaction.atomic
def expire_lights(*, now: dt.datetime) -> int:
    """End what was set up to a day that has passed, and return how many that were.

    It holds no longer from that day on, whenever this runs: the row only says so.
    """
    run_out = LightOverride.objects.run_out(timezone.localdate(now)).select_related("task")
    rows = list(run_out.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk"))
    for row in rows:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        before = {"light": row.light, "reason": row.reason, "last_day": row.last_day}
        record_event(action="light.expire", about=row.task, before=before, by=None)
    return len(rows)


def _tell(task: Task, kind: str, values: dict[str, str]) -> None:
    """Tell the people of the lead unit."""
    units = [task.lead_unit_id] if task.lead_unit_id else []
    notify(
        recipients=people_of(units),
        kind=kind,
        values={"task": task.title, **values},
        link=f"/tasks/{task.pk}/",
    )
