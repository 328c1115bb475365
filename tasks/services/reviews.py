"""Deciding on filed reports: accepting, returning, and taking an acceptance back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Decision, Report, Submission, Task
from tasks.models.reports import Quality
from tasks.rules.reports import ReportState
from tasks.services.inbox import notify
from tasks.services.lights import record_lights
from tasks.services.past import keep
from tasks.services.people import people_of
from tasks.services.reminders import reconcile
from tasks.services.reports import check_text, lock_report
from tasks.services.standings import refresh_standings

FieldWords = Mapping[str, str]


def _check_reviewer(report: Report, by: User) -> None:
    headquarters = report.task.campaign.headquarters_id
    if not by.duties.is_office or not by.duties.reviews(headquarters):
        raise Refused(_("Your office does not decide on this report."), code="not_reviewer")
    if report.unit_id in by.duties.unit_ids:
        raise Refused(_("Nobody reviews a report of their own."), code="own_report")


def _said(field_words: FieldWords) -> dict[str, str]:
    """Return the words on single fields, those that say something, checked."""
    said = {
        name: words for name, words in field_words.items() if name in Report.CONTENT_FIELDS and words.strip()
    }
    for words in said.values():
        check_text(Submission, "words", words)
    return said


def _decide(
    report: Report, decision: Decision, words: str, field_words: FieldWords, number: int | None, by: User
) -> tuple[Report, Submission]:
    """Write the office's decision on the submission that waits for it.

    With ``number``, only on that one: the unit may have got the report back and filed again since it was read.
    """
    check_text(Submission, "words", words)
    said = _said(field_words)
    report = lock_report(report)
    submission = report.submissions.select_for_update(no_key=True).filter(decision="").last()
    if report.state != ReportState.SUBMITTED or submission is None:
        raise Refused(_("This report is not waiting for a decision any more."), code="not_submitted")
    _check_reviewer(report, by)
    if submission.submitted_by_id == by.pk:
        raise Refused(_("Nobody reviews a report of their own."), code="own_report")
    if number is not None and submission.number != number:
        raise Refused(
            _("The unit has filed again since you opened this page. Here is what it filed."),
            code="filed_again",
        )
    submission.decision, submission.words, submission.field_words = decision, words, said
    submission.decided_at, submission.decided_by = timezone.now(), by
    return report, submission


@transaction.atomic
def accept_report(
    *,
    report: Report,
    words: str = "",
    field_words: FieldWords | None = None,
    quality: str = "",
    number: int | None = None,
    by: User,
) -> Submission:
    """Accept what was filed, rated if the office wishes; the task's standing moves in the same transaction.

    Raises Refused: ``not_reviewer``, ``not_submitted``, ``own_report``, ``filed_again``, ``invalid``.
    """
    if quality not in {"", *Quality.values}:
        raise Refused(_("Choose one of the ratings."), code="invalid", field="quality")
    report, submission = _decide(report, Decision.ACCEPTED, words, field_words or {}, number, by)
    submission.quality = quality
    submission.save()
    now = submission.decided_at
    assert now is not None  # noqa: S101  just written by _decide
    report.state, report.accepted_at, report.accepted_by = ReportState.ACCEPTED, now, by
    report.version += 1
    report.save()
    keep([report], now=now)
    _move_standing(report)
    after = {"state": report.state, "number": submission.number, "words": words, "quality": quality}
    record_event(action="report.accept", about=report, before={"state": "submitted"}, after=after, by=by)
    return submission


def _move_standing(report: Report) -> None:
    """Bring the task's standing up to what is accepted now, and its light of a period already closed."""
    now, task = timezone.now(), Task.objects.filter(pk=report.task_id)
    if report.period.closed_at is not None:
        record_lights(period=report.period, now=now, tasks=task)
    refresh_standings(tasks=task, now=now)


@transaction.atomic
def return_report(
    *,
    report: Report,
    words: str,
    field_words: FieldWords | None = None,
    number: int | None = None,
    by: User,
) -> Submission:
    """Send the report back to its unit with words on the whole or on single fields, while its period is open.

    Raises Refused: ``words_missing``, ``closed``, ``not_reviewer``, ``not_submitted``, ``own_report``,
    ``filed_again``, ``invalid``.
    """
    said = _said(field_words or {})
    if not words.strip():
        # What is said on single fields is what the desk and the message say.
        words = "\n".join(said.values())[:1000]
    if not words.strip():
        raise Refused(_("Say what is to be corrected."), code="words_missing", field="words")
    report, submission = _decide(report, Decision.RETURNED, words, said, number, by)
    if not report.period.is_open:
        message = _(
            "The period is closed: the unit could not file again. Accept the report, or reopen the period."
        )
        raise Refused(message, code="closed")
    submission.save()
    _give_back(report, words)
    after = {"state": report.state, "number": submission.number, "words": words}
    record_event(action="report.return", about=report, before={"state": "submitted"}, after=after, by=by)
    _tell_unit(report, "report_returned", words)
    return submission


def _give_back(report: Report, words: str) -> None:
    report.state, report.return_words = ReportState.RETURNED, words
    report.version += 1
    report.save()
    keep([report], now=timezone.now())


def _tell_unit(report: Report, kind: str, words: str) -> None:
    """Tell the unit's people that the report is theirs again, and chase it again."""
    values = {"task": report.task.title, "month": f"{report.period.month:%Y-%m}", "words": words}
    notify(recipients=people_of([report.unit_id]), kind=kind, values=values, link=f"/reports/{report.pk}/")
    reconcile(rows=Report.objects.filter(pk=report.pk), now=timezone.now())


@transaction.atomic
def reopen_report(*, report: Report, reason: str, by: User) -> Report:
    """Take an acceptance back with a reason, while the period is open: the unit corrects and files again.

    The submission stays written as accepted, with who reopened it and why; the task's standing goes back to
    what was accepted before. Raises Refused: ``words_missing``, ``not_reviewer``, ``own_report``,
    ``not_accepted``, ``closed``, ``invalid``.
    """
    if not reason.strip():
        raise Refused(_("Say why the report is reopened."), code="words_missing", field="reason")
    check_text(Submission, "words", reason)
    report = lock_report(report)
    _check_reviewer(report, by)
    submission = report.submissions.accepted().select_for_update(no_key=True).last()
    if report.state != ReportState.ACCEPTED or submission is None:
        raise Refused(_("Only an accepted report can be reopened."), code="not_accepted")
    if submission.submitted_by_id == by.pk:
        raise Refused(_("Nobody reviews a report of their own."), code="own_report")
    if not report.period.is_open:
        raise Refused(
            _("The period is closed: the unit could not file again. Reopen the period first."), code="closed"
        )
    submission.reopened_at, submission.reopened_by = timezone.now(), by
    submission.reopen_reason = reason
    submission.save()
    report.accepted_at = report.accepted_by = None
    _give_back(report, reason)
    _move_standing(report)
    after = {"state": report.state, "number": submission.number, "reason": reason}
    record_event(action="report.reopen", about=report, before={"state": "accepted"}, after=after, by=by)
    _tell_unit(report, "report_reopened", reason)
    return report


@dataclass(frozen=True)
class Accepted:
    """What became of reports accepted together: those accepted, and those that no longer could be, with why."""

    submissions: list[Submission] = field(default_factory=list)
    refused: list[tuple[Report, Refused]] = field(default_factory=list)


def accept_reports(*, choices: Iterable[tuple[Report, int]], by: User) -> Accepted:
    """Accept several reports, each as the submission that was seen, each in a transaction of its own.

    One after the other and not together: rows of several tasks locked at once would meet somebody who locks
    them in another order.
    """
    result = Accepted()
    for report, number in choices:
        try:
            result.submissions.append(accept_report(report=report, number=number, by=by))
        except Refused as refusal:
            result.refused.append((report, refusal))
    return result
