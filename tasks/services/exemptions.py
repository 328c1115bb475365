"""Exempting a task from a month's report, and undoing it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Lifecycle, Report, Task, Timeliness
from tasks.rules.reports import EXEMPT_AT_CLOSE_OUT, EXEMPTABLE, ReportState
from tasks.services.lights import record_lights
from tasks.services.past import keep
from tasks.services.reminders import reconcile
from tasks.services.reports import lock_report
from tasks.services.standings import refresh_standings


def check_keeper(keeper: User) -> None:
    """Refuse whoever does not keep the periods: the district's office and the administrators do."""
    if not keeper.duties.keeps_periods:
        raise Refused(_("The district's office and the administrators keep the periods."), code="not_keeper")


def check_reason(reason: str, longest: int) -> None:
    """Refuse a reason that is missing, too long or cannot be stored."""
    if not reason.strip():
        raise Refused(_("Say why."), code="words_missing", field="reason")
    try:
        ProhibitNullCharactersValidator()(reason)
        MaxLengthValidator(longest)(reason)
    except ValidationError as error:
        raise Refused(error.messages[0], code="invalid", field="reason") from error


@transaction.atomic
def exempt_report(*, report: Report, reason: str, by: User) -> Report:
    """Ask for no report on the task this month, with a reason. A draft is kept, a missed one no longer counts.

    Raises Refused: ``not_keeper``, ``words_missing``, ``invalid``, ``filed``.
    """
    check_keeper(by)
    check_reason(reason, 300)
    report = lock_report(report)
    if report.state not in EXEMPTABLE:
        raise Refused(_("Only a report that was never filed can be exempted."), code="filed")
    before = report.state
    _make_exempt(report, reason, by)
    _put_right(report)
    after = {"state": report.state, "reason": reason}
    record_event(action="report.exempt", about=report, before={"state": before}, after=after, by=by)
    return report


def exempt_what_is_owed(*, task: Task, by: User) -> list[Report]:
    """Exempt what a task that is closed out still owes for open periods, and return it.

    Part of closing it out, which holds the task, tells of it, and puts light and reminders right.
    """
    owed = Report.objects.in_open_period().filter(task=task, state__in=EXEMPT_AT_CLOSE_OUT)
    reports = list(owed.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for report in reports:
        _make_exempt(report, gettext("The task is closed out."), by)
    return reports


def _make_exempt(report: Report, reason: str, by: User) -> None:
    """Write that the report is not asked for. Whether a first filing was on time stays written."""
    report.state, report.exempt_reason, report.return_words = ReportState.EXEMPT, reason, ""
    report.exempted_at, report.exempted_by = timezone.now(), by
    if report.first_submitted_at is None:
        report.timeliness = ""
    report.version += 1
    report.save()


@transaction.atomic
def undo_exemption(*, report: Report, by: User) -> Report:
    """Ask for the report after all: it is due again, or missed where its period has closed.

    Raises Refused: ``not_keeper``, ``not_exempt``, ``closed_out``.
    """
    check_keeper(by)
    report = lock_report(report)
    if report.state != ReportState.EXEMPT:
        raise Refused(_("This report is not exempt."), code="not_exempt")
    if report.task.lifecycle == Lifecycle.CLOSED:
        raise Refused(_("The task is closed out: no report is asked for any more."), code="closed_out")
    before = {"state": report.state, "reason": report.exempt_reason}
    report.exempt_reason, report.exempted_at, report.exempted_by = "", None, None
    if report.period.closed_at is not None:
        report.state, report.timeliness = ReportState.MISSED, Timeliness.MISSED
    else:
        report.state = ReportState.DRAFT if report.saved_at else ReportState.DUE
    report.version += 1
    report.save()
    _put_right(report)
    record_event(action="report.unexempt", about=report, before=before, after={"state": report.state}, by=by)
    return report


def _put_right(report: Report) -> None:
    """Put light, standing and reminders right."""
    now, task = timezone.now(), Task.objects.filter(pk=report.task_id)
    keep([report], now=now)
    if report.period.closed_at is not None:
        record_lights(period=report.period, now=now, tasks=task)
    refresh_standings(tasks=task, now=now)
    reconcile(rows=Report.objects.filter(pk=report.pk), now=now)
