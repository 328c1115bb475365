"""Close-out: applied for by the lead unit, verified by the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Post, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Closing, Evidence, Lifecycle, Milestone, Report, Submission, Task
from tasks.models.closings import ClosingDecision
from tasks.models.evidence import EvidenceQuerySet
from tasks.services.exemptions import exempt_what_is_owed
from tasks.services.inbox import notify
from tasks.services.past import keep
from tasks.services.people import people_of
from tasks.services.reminders import reconcile
from tasks.services.standings import refresh_standings


@transaction.atomic
def apply_for_closing(*, task: Task, statement: str, evidence: Iterable[Evidence], by: User) -> Closing:
    """Say that the task is done, with files that show it, all filed with its reports before.

    Raises Refused: ``other_unit``, ``not_active``, ``words_missing``, ``evidence_missing``.
    """
    task = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if task.lead_unit_id is None or task.lead_unit_id not in by.duties.unit_ids:
        raise Refused(_("Only the lead unit applies for close-out."), code="other_unit")
    if task.lifecycle != Lifecycle.ACTIVE or Closing.objects.filter(task=task, decision="").exists():
        raise Refused(_("The task is not under way, or waits for close-out already."), code="not_active")
    if not statement.strip():
        raise Refused(_("Say what was achieved."), code="words_missing", field="statement")
    files = list(filed_evidence(task).filter(pk__in=[file.pk for file in evidence]))
    if not files:
        message = _("Choose at least one file that was filed with a report of this task.")
        raise Refused(message, code="evidence_missing", field="evidence")
    closing = Closing.objects.create(
        task=task, statement=statement, unit_id=task.lead_unit_id, asked_at=timezone.now(), asked_by=by
    )
    closing.evidence.set(files)
    _set_lifecycle(task, Lifecycle.CLOSING)
    after = {"statement": statement, "evidence": [file.pk for file in files]}
    record_event(action="closing.apply", about=closing, after=after, by=by)
    posts = Post.objects.on(timezone.localdate()).reviewing(task.campaign.headquarters_id)
    _tell(closing, "closing_asked", [post.user for post in posts.select_related("user")], by)
    return closing


def filed_evidence(task: Task) -> EvidenceQuerySet:
    """Return the files that were filed with the task's reports, the latest first."""
    filed = Submission.evidence.through.objects.values("evidence")
    return Evidence.objects.filter(report__task=task, pk__in=filed).order_by("-added_at", "-pk")


@transaction.atomic
def close_out(*, closing: Closing, words: str = "", by: User) -> Closing:
    """Verify that the task is done: it closes today, and owes no report any more.

    What is not filed, or was returned, is exempt (``exempt_what_is_owed``); what waits for review is still
    reviewed. Raises Refused: ``not_reviewer``, ``own_request``, ``decided``.
    """
    closing, now = _decide(closing, ClosingDecision.CLOSED, words, by), timezone.now()
    task = closing.task
    _set_lifecycle(task, Lifecycle.CLOSED, closed_on=timezone.localdate(now))
    freed = exempt_what_is_owed(task=task, by=by)
    reports = Report.objects.filter(pk__in=[report.pk for report in freed])
    keep(reports, now=now)
    reconcile(rows=reports, now=now)
    reconcile(rows=Milestone.objects.filter(task=task), now=now)
    refresh_standings(tasks=Task.objects.filter(pk=task.pk), now=now)
    after = {"lifecycle": task.lifecycle, "closed_on": task.closed_on, "words": words, "exempt": len(freed)}
    record_event(action="closing.close", about=closing, before={"lifecycle": "closing"}, after=after, by=by)
    _tell(closing, "closing_closed", people_of([closing.unit_id]), by)
    return closing


@transaction.atomic
def return_closing(*, closing: Closing, words: str, by: User) -> Closing:
    """Send the application back with words: the task goes on.

    Raises Refused: ``words_missing``, and as ``close_out`` does.
    """
    if not words.strip():
        raise Refused(_("Say what is missing."), code="words_missing", field="words")
    closing = _decide(closing, ClosingDecision.RETURNED, words, by)
    _set_lifecycle(closing.task, Lifecycle.ACTIVE)
    after = {"lifecycle": closing.task.lifecycle, "words": words}
    record_event(action="closing.return", about=closing, before={"lifecycle": "closing"}, after=after, by=by)
    _tell(closing, "closing_returned", people_of([closing.unit_id]), by)
    return closing


def _decide(closing: Closing, decision: ClosingDecision, words: str, by: User) -> Closing:
    """Write the office's decision, task and application locked in this order."""
    task = Task.objects.select_for_update(no_key=True).get(pk=closing.task_id)
    closing = Closing.objects.select_for_update(of=("self",), no_key=True).get(pk=closing.pk)
    closing.task = task
    if not by.duties.is_office or not by.duties.reviews(task.campaign.headquarters_id):
        raise Refused(_("Your office does not decide on this request."), code="not_reviewer")
    if closing.asked_by_id == by.pk or closing.unit_id in by.duties.unit_ids:
        raise Refused(_("Nobody decides on a request of their own."), code="own_request")
    if closing.decision:
        raise Refused(_("This request has been decided already."), code="decided")
    closing.decision, closing.words = decision, words
    closing.decided_at, closing.decided_by = timezone.now(), by
    closing.save()
    return closing


def _set_lifecycle(task: Task, lifecycle: Lifecycle, *, closed_on: dt.date | None = None) -> None:
    task.lifecycle, task.closed_on = lifecycle, closed_on
    task.save(update_fields=["lifecycle", "closed_on"])
    keep([task], now=timezone.now())


def _tell(closing: Closing, kind: str, people: list[User], by: User) -> None:
    values = {"task": closing.task.title, "statement": closing.statement[:200], "words": closing.words}
    recipients = [person for person in people if person.pk != by.pk]
    notify(recipients=recipients, kind=kind, values=values, link=f"/closings/{closing.pk}/")
