"""Typing and filing reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Event, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Period, Report, Submission, Task, Timeliness
from tasks.rules.reports import FILEABLE, ReportState, is_on_time, missing_when_filing
from tasks.services.past import keep
from tasks.services.reminders import reconcile
from tasks.services.standings import footing_of

AUTOSAVES_TOLD_EVERY = dt.timedelta(minutes=30)

ASKED = {
    "own_light": _("Choose a light before you file."),
    "correction_reason": _("The figure is below the one last accepted: say why."),
    "cause": _("The task is behind: say why."),
    "measure": _("The task is behind: say what is being done about it."),
    "recovery_on": _("The task is behind: say by which day it will be made up."),
}
"""What is said beside a field that a filing must fill in."""
FILL_IN = _("Please fill this in before you file.")


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
    for name in Report.TEXT_FIELDS:
        check_text(Report, name, content[name])


def check_text(model: type[Report | Submission], name: str, text: str) -> None:
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
    return _save(report, content, version, by, action="report.save")


@transaction.atomic
def autosave_report(*, report: Report, content: dict[str, Any], version: int, by: User) -> Report:
    """Keep what is being typed. The trail is told once in half an hour of typing by one person.

    Raises as ``save_draft`` does.
    """
    return _save(report, content, version, by, action="report.autosave")


def _save(report: Report, content: dict[str, Any], version: int, by: User, *, action: str) -> Report:
    report, content = lock_report(report), {**Report.blank_content(), **content}
    again = report.version == version + 1 and report.saved_by_id == by.pk and report.content() == content
    _check_may_write(report, report.version if again else version, by)
    if again or (action == "report.autosave" and report.saved_at and report.content() == content):
        return report
    before, now = report.content(), timezone.now()
    _apply(report, content, now, by)
    if report.state == ReportState.DUE:
        report.state = ReportState.DRAFT
    report.save()
    if action == "report.save" or not _told_of_typing(report, by, now):
        after = report.content()
        record_event(action=action, about=report, before=before, after=after, is_draft=True, by=by)
    return report


def _told_of_typing(report: Report, by: User, now: dt.datetime) -> bool:
    """Say whether the last thing the trail tells of the report is this person's typing, and not long ago."""
    last = Event.objects.about(report).first()
    return (
        last is not None
        and last.action == "report.autosave"
        and last.actor_id == by.pk
        and now - last.at < AUTOSAVES_TOLD_EVERY
    )


@transaction.atomic
def keep_typed(*, report: Report, content: dict[str, Any], version: int, by: User) -> bool:
    """Keep with the report what was being typed when its period closed; its state stays as it is.

    Returns whether it was kept: only where the period has closed over an unfiled report of the person's unit
    that nobody else has saved meanwhile.
    """
    report, content = lock_report(report), {**Report.blank_content(), **content}
    unfiled = report.state in (ReportState.MISSED, *FILEABLE)
    if report.period.is_open or not unfiled or report.unit_id not in by.duties.unit_ids:
        return False
    if report.content() == content:
        return report.saved_by_id == by.pk
    if report.version != version:
        return False
    before = report.content()
    _apply(report, content, timezone.now(), by)
    report.save()
    after = report.content()
    record_event(action="report.keep", about=report, before=before, after=after, is_draft=True, by=by)
    return True


@transaction.atomic
def submit_report(*, report: Report, content: dict[str, Any], version: int, by: User) -> Submission:
    """File the report: freeze what was typed as the next submission, and stop chasing.

    On time is judged by the first filing. Filing the same text twice, as a double click does, returns the first
    submission. Raises Refused: ``other_unit``, ``closed``, ``stale``, ``incomplete``, ``invalid``.
    """
    report, now = lock_report(report), timezone.now()
    content = {**Report.blank_content(), **content}
    if again := _same_filing(report, content, version, by):
        return again
    # Filed while the last autosave of this very form was on its way.
    own = report.version == version + 1 and report.saved_by_id == by.pk and report.content() == content
    _check_may_write(report, report.version if own else version, by)
    before = report.state
    _apply(report, content, now, by)
    for name in missing_when_filing(content, footing_of(report, now)):
        raise Refused(ASKED.get(name, FILL_IN), code="incomplete", field=name)
    _mark_filed(report, now)
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
    reconcile(rows=Report.objects.filter(pk=report.pk), now=now)
    return submission


def _mark_filed(report: Report, now: dt.datetime) -> None:
    report.state, report.submitted_at = ReportState.SUBMITTED, now
    report.return_words = ""
    if report.first_submitted_at is None:
        report.first_submitted_at = now
        on_time = is_on_time(now, report.period.due_at)
        report.timeliness = Timeliness.ON_TIME if on_time else Timeliness.LATE
    report.save()
    keep([report], now=now)


def _same_filing(report: Report, content: dict[str, Any], version: int, by: User) -> Submission | None:
    """Return the undecided submission that this very form has already made, if it has."""
    if report.state != ReportState.SUBMITTED or report.version != version + 1:
        return None
    last = report.submissions.filter(decision="", submitted_by=by).last()
    return last if last and last.content() == content else None
