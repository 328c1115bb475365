"""Filing reports, and deciding on them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Decision, Period, Report, Submission, Task, Timeliness
from tasks.rules.reports import FILEABLE, ReportState, is_on_time
from tasks.services.inbox import notify
from tasks.services.lights import record_lights
from tasks.services.people import people_of
from tasks.services.reminders import reconcile_reports
from tasks.services.standings import refresh_standings

REQUIRED_TO_SUBMIT = ("actual_percent", "progress", "own_light")


def lock_report(report: Report) -> Report:
    """Return the report's row, locked until the transaction ends; its period is locked against closing.

    Whoever needs several of these rows locks task, period, report in this order: somebody who closes the
    period, or reassigns the task, at the same moment would otherwise wait for us while we wait for them.
    """
    task = Task.objects.select_for_update(no_key=True).get(pk=report.task_id)
    period = Period.objects.select_for_update(no_key=True).get(pk=report.period_id)
    locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
    locked.task, locked.period = task, period
    return locked


def _check_may_write(report: Report, version: int, by: User) -> None:
    if report.unit_id not in by.duties.unit_ids:
        raise Refused(_("Another unit answers for this report now."), code="other_unit")
    if report.state not in FILEABLE:
        message = _("This report is %(state)s and can no longer be changed.")
        raise Refused(message % {"state": report.get_state_display()}, code="closed")
    if not report.period.is_open:
        raise Refused(
            _("The reporting period is closed; the report can no longer be changed."), code="closed"
        )
    if report.version != version:
        raise Refused(_("Somebody else has saved this report in the meantime."), code="stale")


def _apply(report: Report, content: dict[str, Any], now: dt.datetime, by: User) -> None:
    """Put what was typed on the report; raise Refused beside the first field that the row does not take."""
    for name in Report.CONTENT_FIELDS:
        setattr(report, name, content[name])
    report.version += 1
    report.saved_at, report.saved_by = now, by
    try:
        report.clean_fields(
            exclude=[f.name for f in Report._meta.fields if f.name not in Report.CONTENT_FIELDS]
        )
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refused(messages[0], code="invalid", field=field) from error
    for name in ("progress", "problems", "next_steps"):
        _check_text(Report, name, content[name])


def _check_text(model: type[Report | Submission], name: str, text: str) -> None:
    """Refuse text that is too long or that the database cannot store: a model itself checks neither."""
    longest: int = model._meta.get_field(name).max_length  # type: ignore[union-attr, assignment]
    try:
        ProhibitNullCharactersValidator()(text)
        MaxLengthValidator(longest)(text)
    except ValidationError as error:
        raise Refused(error.messages[0], code="invalid", field=name) from error


@transaction.atomic
def save_draft(*, report: Report, content: dict[str, Any], version: int, by: User) -> Report:
    """Keep what was typed without filing it. A returned report stays returned.

    Saving the same text twice, as a double click does, saves it once. Raises Refused: ``other_unit``,
    ``closed``, ``stale``, ``invalid``.
    """
    report = lock_report(report)
    again = report.version == version + 1 and report.saved_by_id == by.pk and report.content() == content
    _check_may_write(report, report.version if again else version, by)
    if again:
        return report
    before = report.content()
    _apply(report, content, timezone.now(), by)
    if report.state == ReportState.DUE:
        report.state = ReportState.DRAFT
    report.save()
    record_event(action="report.save", about=report, before=before, after=report.content(), by=by)
    return report


@transaction.atomic
def submit_report(*, report: Report, content: dict[str, Any], version: int, by: User) -> Submission:
    """File the report: freeze what was typed as the next submission, and stop chasing.

    On time is judged by the first filing. Filing the same text twice, as a double click does, returns the first
    submission. Raises Refused: ``other_unit``, ``closed``, ``stale``, ``incomplete``, ``invalid``.
    """
    report, now = lock_report(report), timezone.now()
    if again := _same_filing(report, content, version, by):
        return again
    _check_may_write(report, version, by)
    for name in REQUIRED_TO_SUBMIT:
        if content[name] is None or not str(content[name]).strip():
            raise Refused(_("Please fill this in before you file."), code="incomplete", field=name)
    before = report.state
    _apply(report, content, now, by)
    report.state, report.submitted_at = ReportState.SUBMITTED, now
    report.return_words = ""
    if report.first_submitted_at is None:
        report.first_submitted_at = now
        on_time = is_on_time(now, report.period.due_at)
        report.timeliness = Timeliness.ON_TIME if on_time else Timeliness.LATE
    report.save()
    submission = Submission.objects.create(
        report=report,
        number=report.submissions.count() + 1,
        unit_id=report.unit_id,
        submitted_at=now,
        submitted_by=by,
        **report.content(),
    )
    submission.evidence.set(report.evidence.all())
    after = {"state": report.state, "number": submission.number, **report.content()}
    record_event(action="report.submit", about=report, before={"state": before}, after=after, by=by)
    reconcile_reports(reports=Report.objects.filter(pk=report.pk), now=now)
    return submission


def _same_filing(report: Report, content: dict[str, Any], version: int, by: User) -> Submission | None:
    """Return the undecided submission that this very form has already made, if it has."""
    if report.state != ReportState.SUBMITTED or report.version != version + 1:
        return None
    last = report.submissions.filter(decision="", submitted_by=by).last()
    return last if last and last.content() == content else None


def _decide(report: Report, decision: Decision, words: str, by: User) -> tuple[Report, Submission]:
    """Write the office's decision on the submission that waits for it."""
    _check_text(Submission, "words", words)
    report = lock_report(report)
    campaign = report.task.campaign
    if not by.duties.reviews(campaign.headquarters_id) or not by.duties.is_office:
        raise Refused(_("Your office does not decide on this report."), code="not_reviewer")
    submission = report.submissions.select_for_update().filter(decision="").last()
    if report.state != ReportState.SUBMITTED or submission is None:
        raise Refused(_("This report is not waiting for a decision any more."), code="not_submitted")
    if submission.submitted_by_id == by.pk or report.unit_id in by.duties.unit_ids:
        raise Refused(_("Nobody reviews a report of their own."), code="own_report")
    submission.decision, submission.words = decision, words
    submission.decided_at, submission.decided_by = timezone.now(), by
    submission.save()
    return report, submission


@transaction.atomic
def accept_report(*, report: Report, words: str = "", by: User) -> Submission:
    """Accept what was filed; the task's standing moves in the same transaction.

    Raises Refused: ``not_reviewer``, ``not_submitted``, ``own_report``.
    """
    report, submission = _decide(report, Decision.ACCEPTED, words, by)
    now = submission.decided_at
    assert now is not None  # noqa: S101  just written by _decide
    report.state, report.accepted_at, report.accepted_by = ReportState.ACCEPTED, now, by
    report.version += 1
    report.save()
    task = Task.objects.filter(pk=report.task_id)
    if report.period.closed_at is not None:
        record_lights(period=report.period, now=now, tasks=task)
    refresh_standings(tasks=task, now=now)
    after = {"state": report.state, "number": submission.number, "words": words}
    record_event(action="report.accept", about=report, before={"state": "submitted"}, after=after, by=by)
    return submission


@transaction.atomic
def return_report(*, report: Report, words: str, by: User) -> Submission:
    """Send the report back to its unit with words, while its period is open.

    Raises Refused: ``words_missing``, ``closed``, ``not_reviewer``, ``not_submitted``, ``own_report``.
    """
    if not words.strip():
        raise Refused(_("Say what is to be corrected."), code="words_missing", field="words")
    report, submission = _decide(report, Decision.RETURNED, words, by)
    if not report.period.is_open:
        message = _(
            "The period is closed: the unit could not file again. Accept the report, or reopen the period."
        )
        raise Refused(message, code="closed")
    report.state, report.return_words = ReportState.RETURNED, words
    report.version += 1
    report.save()
    after = {"state": report.state, "number": submission.number, "words": words}
    record_event(action="report.return", about=report, before={"state": "submitted"}, after=after, by=by)
    values = {"task": report.task.title, "month": f"{report.period.month:%Y-%m}", "words": words}
    notify(
        recipients=people_of([report.unit_id]),
        kind="report_returned",
        values=values,
        link=f"/reports/{report.pk}/",
    )
    reconcile_reports(reports=Report.objects.filter(pk=report.pk), now=timezone.now())
    return submission
