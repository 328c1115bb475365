"""Change requests: asked for by the lead unit, decided in writing by the office."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Post, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import ChangeRequest, Milestone, Task
from tasks.models.changes import ChangeDecision, ChangeKind
from tasks.rules.changes import falls, is_in_time, stretched
from tasks.services.inbox import notify
from tasks.services.past import keep
from tasks.services.people import people_of
from tasks.services.plans import current_points, write_version
from tasks.services.reminders import reconcile
from tasks.services.standings import refresh_standings


@transaction.atomic
def ask_change(
    *,
    task: Task,
    kind: str,
    reason: str,
    new_day: dt.date | None = None,
    new_value: Decimal | None = None,
    milestone: Milestone | None = None,
    plan: dict[dt.date, Decimal] | None = None,
    by: User,
) -> ChangeRequest:
    """Ask the office for a new due date, target, milestone date or plan, before the day it is about.

    Raises Refused: ``other_unit``, ``not_open``, ``reason_missing``, ``waiting`` (one is undecided), ``too_late``,
    ``no_change``, ``too_early``, ``milestone``, ``falls``.
    """
    task = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    _check_may_ask(task, reason, by)
    change = ChangeRequest(
        task=task,
        kind=kind,
        reason=reason,
        new_day=new_day,
        new_value=new_value,
        milestone=milestone,
        plan=[[day.isoformat(), str(percent)] for day, percent in sorted((plan or {}).items())],
        unit_id=task.lead_unit_id,  # type: ignore[misc]  # checked above
        asked_at=timezone.now(),
        asked_by=by,
    )
    _check_subject(change, plan or {})
    change.save()
    record_event(action="change.ask", about=change, after=_as_values(change), by=by)
    posts = Post.objects.on(timezone.localdate()).reviewing(task.campaign.headquarters_id)
    _tell(change, "change_asked", [post.user for post in posts.select_related("user")], by)
    return change


def _check_may_ask(task: Task, reason: str, by: User) -> None:
    if task.lead_unit_id is None or task.lead_unit_id not in by.duties.unit_ids:
        raise Refused(_("Only the lead unit asks for changes."), code="other_unit")
    if not task.is_open:
        raise Refused(_("The task is not under way."), code="not_open")
    if not reason.strip():
        raise Refused(_("Say why."), code="reason_missing", field="reason")
    if ChangeRequest.objects.undecided().filter(task=task).exists():
        raise Refused(_("Another request about this task waits for the office."), code="waiting")


def _check_subject(change: ChangeRequest, plan: dict[dt.date, Decimal]) -> None:
    """Note what stands until now, and refuse what is too late, in the past, or no change at all."""
    task, today = change.task, timezone.localdate()
    last = _milestone_of(change).due_on if change.kind == ChangeKind.MILESTONE else task.due_on
    if not is_in_time(today, last):
        raise Refused(_("A change must be asked for before the due day, which has come."), code="too_late")
    if change.kind in {ChangeKind.DUE, ChangeKind.MILESTONE}:
        change.old_day = last
        _check_day(change, today)
    if change.kind == ChangeKind.METRIC:
        change.old_value = task.metric_target
        if change.new_value is None or change.new_value == change.old_value:
            raise Refused(_("This is the target until now."), code="no_change", field="new_value")
    if change.kind == ChangeKind.PLAN and (not plan or falls(plan)):
        raise Refused(_("A cumulative plan cannot fall from one month to the next."), code="falls")


def _milestone_of(change: ChangeRequest) -> Milestone:
    milestone = change.milestone
    if milestone is None or milestone.task_id != change.task_id or milestone.completed_on:
        message = _("Choose a milestone of this task that is not reached yet.")
        raise Refused(message, code="milestone", field="milestone")
    return milestone


def _check_day(change: ChangeRequest, today: dt.date) -> None:
    begins = change.task.starts_on if change.kind == ChangeKind.DUE else today
    if change.new_day is None or change.new_day <= today or change.new_day < begins:
        raise Refused(_("Choose a day to come."), code="too_early", field="new_day")
    if change.new_day == change.old_day:
        raise Refused(_("This is the day until now."), code="no_change", field="new_day")


@transaction.atomic
def accept_change(*, change: ChangeRequest, words: str, by: User) -> ChangeRequest:
    """Grant the request: what it asks for holds from today on, and a plan that changes gets a new version.

    Raises Refused: ``words_missing``, ``not_reviewer``, ``own_request``, ``decided``.
    """
    change = _decide(change, ChangeDecision.ACCEPTED, words, by)
    task, today = change.task, timezone.localdate()
    if change.kind == ChangeKind.DUE and change.new_day:
        points = stretched(current_points(task, today), today, change.new_day)
        write_version(task=task, points=points, reason=change.reason, by=by)
        task.due_on = change.new_day
        task.save(update_fields=["due_on"])
    elif change.kind == ChangeKind.METRIC:
        task.metric_target = change.new_value
        task.save(update_fields=["metric_target"])
    elif change.kind == ChangeKind.MILESTONE and change.milestone and change.new_day:
        change.milestone.due_on = change.new_day
        change.milestone.save(update_fields=["due_on"])
        keep([change.milestone], now=timezone.now())
        reconcile(rows=Milestone.objects.filter(pk=change.milestone.pk), now=timezone.now())
    else:
        kept = {day: percent for day, percent in current_points(task, today).items() if day <= today}
        asked = {dt.date.fromisoformat(day): Decimal(percent) for day, percent in change.plan}
        write_version(task=task, points={**kept, **asked}, reason=change.reason, by=by)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=timezone.now())
    record_event(
        action="change.accept", about=change, before=_before(change), after=_as_values(change), by=by
    )
    _tell(change, "change_accepted", people_of([change.unit_id]), by)
    return change


@transaction.atomic
def refuse_change(*, change: ChangeRequest, words: str, by: User) -> ChangeRequest:
    """Refuse the request in writing; nothing changes. Raises Refused as ``accept_change`` does."""
    change = _decide(change, ChangeDecision.REFUSED, words, by)
    record_event(action="change.refuse", about=change, after={"words": words}, by=by)
    _tell(change, "change_refused", people_of([change.unit_id]), by)
    return change


def _decide(change: ChangeRequest, decision: ChangeDecision, words: str, by: User) -> ChangeRequest:
    """Write the office's decision on the request, task and request locked in this order."""
    task = Task.objects.select_for_update(no_key=True).get(pk=change.task_id)
    change = ChangeRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=change.pk)
    change.task = task
    if not by.duties.is_office or not by.duties.reviews(task.campaign.headquarters_id):
        raise Refused(_("Your office does not decide on this request."), code="not_reviewer")
    if change.asked_by_id == by.pk or change.unit_id in by.duties.unit_ids:
        raise Refused(_("Nobody decides on a request of their own."), code="own_request")
    if change.decision:
        raise Refused(_("This request has been decided already."), code="decided")
    if not words.strip():
        raise Refused(_("Answer in writing."), code="words_missing", field="words")
    change.decision, change.words = decision, words
    change.decided_at, change.decided_by = timezone.now(), by
    change.save()
    return change


def _tell(change: ChangeRequest, kind: str, people: list[User], by: User) -> None:
    values = {"task": change.task.title, "reason": change.reason, "words": change.words}
    recipients = [person for person in people if person.pk != by.pk]
    notify(recipients=recipients, kind=kind, values=values, link=f"/changes/{change.pk}/")


def _before(change: ChangeRequest) -> dict[str, Any]:
    return {"old_day": change.old_day, "old_value": change.old_value}


def _as_values(change: ChangeRequest) -> dict[str, Any]:
    """Return what the audit trail keeps of a request."""
    return {
        "kind": str(change.kind),
        "milestone": change.milestone_id,
        "new_day": change.new_day,
        "new_value": change.new_value,
        "plan": change.plan,
        "reason": change.reason,
        "words": change.words,
    }
