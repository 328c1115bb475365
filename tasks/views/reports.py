"""Pages of reports: the filing desk and the review queue, a report's form or reading page, the office's review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.models import User
from commands.services.refusals import Refused
from tasks.boards.desk import Deadline, desk_of, turn_of
from tasks.boards.evidence import evidence_panel
from tasks.boards.queue import outlooks_of, queue_of
from tasks.filters.reports import MonthReportFilter, ReportFilter
from tasks.forms.reports import ReportForm, ReviewForm, starting_values
from tasks.models import Light, Report, Submission
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.calendar import working_calendar
from tasks.services.reports import accept_report, return_report, save_draft, submit_report
from tasks.views.access import SignedInRequest, get_report, get_report_to_review, page_number

PAGE = 50
page_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def report_list(request: SignedInRequest) -> HttpResponse:
    """Show a unit's people their desk, an office its queue, everybody the reports they may read."""
    user, now = request.user, timezone.now()
    duties = user.duties
    filters = MonthReportFilter if duties.sees_all or duties.is_office else ReportFilter
    found = filters(request.GET, user=user)
    context: dict[str, Any] = {
        "filter": found,
        "reports": Paginator(found.qs, PAGE).get_page(page_number(request.GET.get("page"))),
        "asked": any(name in request.GET for name in (*found.filters, "page")),
        "unit_ids": duties.unit_ids,
        "desk": desk_of(user, now) if duties.unit_ids else None,
        "queue": queue_of(user, page_number(request.GET.get("queue")), now) if duties.is_office else None,
    }
    return render(request, "tasks/reports/list.html", context)


@page_methods
def report_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the responsible unit write the report; show it to everybody else who may see it."""
    report = get_report(request.user, pk)
    if request.method == "POST":
        return _write(request, report)
    if _answers_for(request.user, report) and _is_fileable(report):
        accepted = Submission.objects.before(report).accepted().first()
        form = ReportForm(report=report, initial=starting_values(report, accepted))
        return _form_page(request, report, form)
    return _reading_page(request, report)


@page_methods
def report_review(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the office what was filed beside last month's, and take its decision."""
    report = get_report_to_review(request.user, pk)
    if request.method == "POST":
        return _decide(request, report)
    pending = report.submissions.undecided().with_people().last()
    if pending is None:
        messages.info(request, _("This report is not waiting for a decision."))
        return redirect("tasks:report_detail", pk)
    return _review_page(request, report, pending, ReviewForm(initial={"number": pending.number}))


def _answers_for(user: User, report: Report) -> bool:
    return report.unit_id in user.duties.unit_ids


def _is_fileable(report: Report) -> bool:
    return report.period.is_open and report.state in FILEABLE


# Writing


def _write(request: SignedInRequest, report: Report) -> HttpResponse:
    """Save or file what was typed. Whatever is refused, the typed text comes back on the page."""
    action = request.POST.get("action")
    form = ReportForm(request.POST, report=report, filing=action == "submit")
    if not _answers_for(request.user, report):
        words = _("Another unit answers for this report: only its staff can change it.")
        return _reading_page(request, report, words, form, status=403)
    if action not in {"save", "submit"}:
        raise BadRequest
    if form.is_valid():
        try:
            return _save(request, report, form) if action == "save" else _submit(request, report, form)
        except Refused as refusal:
            return _refused(request, report, form, refusal)
    if not _is_fileable(report):
        return _reading_page(request, report, _("This report can no longer be changed."), form, status=409)
    return _form_page(request, report, form)


def _version(report: Report, form: ReportForm) -> int:
    """Return the version that the form goes on from.

    Where what is typed is what stands already, as after a double click on "Save", there is nothing to merge.
    """
    same = _is_fileable(report) and report.content() == form.content()
    return report.version if same else form.seen_version


def _save(request: SignedInRequest, report: Report, form: ReportForm) -> HttpResponse:
    version = _version(report, form)
    save_draft(report=report, content=form.content(), version=version, by=request.user)
    messages.success(request, _("The draft is saved. It has not been filed yet."))
    return redirect("tasks:report_detail", report.pk)


def _submit(request: SignedInRequest, report: Report, form: ReportForm) -> HttpResponse:
    """File the report and lead on to the next one that is to be filed."""
    turn = turn_of(request.user, report, timezone.now())
    version = _version(report, form)
    submit_report(report=report, content=form.content(), version=version, by=request.user)
    filed = _("Filed: %(task)s. It now waits for the supervision office.") % {"task": report.task.title}
    messages.success(request, filed)
    if turn.next_pk:
        return redirect("tasks:report_detail", turn.next_pk)
    return redirect("tasks:report_list")


def _refused(request: SignedInRequest, report: Report, form: ReportForm, refusal: Refused) -> HttpResponse:
    """Answer a refusal: beside its field, beside the other version, or on a page to copy from."""
    report.refresh_from_db()
    if refusal.code in {"closed", "other_unit"} or not _is_fileable(report):
        status = 403 if refusal.code == "other_unit" else 409
        return _reading_page(request, report, str(refusal.message), form, status=status)
    if refusal.code == "stale" and report.saved_by_id == request.user.pk:
        refusal.message = _("You have saved this report yourself in the meantime, in another window.")
    put_beside(form, refusal)
    if refusal.code == "stale":
        form.look_at(report)
        return _form_page(request, report, form, theirs=report, status=409)
    return _form_page(request, report, form)


def _form_page(
    request: SignedInRequest,
    report: Report,
    form: ReportForm,
    *,
    theirs: Report | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form, with last month beside it; ``theirs`` is what somebody else has saved meanwhile."""
    now = timezone.now()
    context = {
        "report": report,
        "form": form,
        "theirs": theirs,
        "evidence": evidence_panel(report, request.user),
        "deadline": Deadline.of(report, now, working_calendar()),
        "turn": turn_of(request.user, report, now),
        "outlook": outlooks_of([report], now)[report.pk],
        "prefilled": report.saved_at is None and not form.is_bound and form["actual_percent"].value(),
        "returned": report.submissions.with_people().last() if report.return_words else None,
        **_last_month(report),
    }
    return render(request, "tasks/reports/form.html", context, status=status)


def _last_month(report: Report) -> dict[str, Any]:
    """Return what was filed on the task last, and the light that it got."""
    last = Submission.objects.before(report).with_people().first()
    light = Light.objects.filter(task=report.task_id, period=last.report.period_id).first() if last else None
    return {"last": last, "last_light": light}


# Reading


def _reading_page(
    request: SignedInRequest,
    report: Report,
    refusal: str = "",
    form: ReportForm | ReviewForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Show what was filed; a draft only to its unit. With ``refusal`` also what was typed and not saved."""
    submissions = list(report.submissions.with_people().order_by("-number"))
    own = _answers_for(request.user, report)
    draft = own and report.saved_at is not None and report.state not in {"submitted", "accepted"}
    context = {
        "report": report,
        "submissions": submissions,
        "own": own,
        "draft": draft,
        "refusal": refusal,
        "typed": form.typed() if form else [],
        "can_review": report.state == ReportState.SUBMITTED
        and Report.objects.reviewable_by(request.user).filter(pk=report.pk).exists(),
    }
    return render(request, "tasks/reports/detail.html", context, status=status)


# Reviewing


def _decide(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take the office's decision on the submission that it has seen."""
    decision = request.POST.get("decision")
    if decision not in {"accept", "return"}:
        raise BadRequest
    form = ReviewForm(request.POST)
    pending = report.submissions.undecided().with_people().last()
    if pending is None:
        words = _("This report is not waiting for a decision any more.")
        return _reading_page(request, report, words, form, status=409)
    if not form.is_valid():
        return _review_page(request, report, pending, form)
    if not form.saw(pending):
        form.add_error(None, _("The unit has filed again since you opened this page. Here is what it filed."))
        form.look_at(pending)
        return _review_page(request, report, pending, form, status=409)
    try:
        return _decided(request, report, decision, form.cleaned_data["words"])
    except Refused as refusal:
        put_beside(form, refusal)
        return _review_page(request, report, pending, form, status=200 if refusal.field else 409)


def _decided(request: SignedInRequest, report: Report, decision: str, words: str) -> HttpResponse:
    """Write the decision and lead on to the next report of the queue."""
    if decision == "accept":
        submission = accept_report(report=report, words=words, by=request.user)
        messages.success(request, _("Accepted: %(task)s.") % {"task": report.task.title})
    else:
        submission = return_report(report=report, words=words, by=request.user)
        messages.success(request, _("Returned to the unit: %(task)s.") % {"task": report.task.title})
    waiting = Report.objects.reviewable_by(request.user).to_review()
    later = Q(submitted_at__gt=submission.submitted_at) | Q(
        submitted_at=submission.submitted_at, pk__gt=report.pk
    )
    following = waiting.filter(later).first() or waiting.first()
    return redirect("tasks:report_review", following.pk) if following else redirect("tasks:report_list")


def _review_page(
    request: SignedInRequest, report: Report, pending: Submission, form: ReviewForm, *, status: int = 200
) -> HttpResponse:
    """Show the submission that waits, last month's accepted one, the plan, and the light it would give."""
    waiting = list(Report.objects.reviewable_by(request.user).to_review().values_list("pk", flat=True))
    accepted = Submission.objects.before(report).accepted().with_people().first()
    change = pending.actual_percent - accepted.actual_percent if accepted else None  # type: ignore[operator]
    context = {
        "report": report,
        "pending": pending,
        "form": form,
        "accepted": accepted,
        "change": change,
        "outlook": outlooks_of([report], timezone.now())[report.pk],
        "earlier": report.submissions.exclude(pk=pending.pk).with_people().order_by("-number"),
        "own": pending.submitted_by_id == request.user.pk,
        "number": waiting.index(report.pk) + 1 if report.pk in waiting else 0,
        "of": len(waiting),
    }
    return render(request, "tasks/reports/review.html", context, status=status)
