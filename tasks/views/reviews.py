"""Pages of the office's decisions: one report's review, many clean ones at once, an acceptance taken back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.review import review_board
from tasks.forms.reviews import ReopenForm, ReviewForm, chosen_reports
from tasks.models import Report, Submission
from tasks.services.reviews import accept_report, accept_reports, reopen_report, return_report
from tasks.views.access import SignedInRequest, get_report_to_review, require_power
from tasks.views.reports import reading_page


@require_http_methods(["GET", "HEAD", "POST"])
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


def _decide(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take the office's decision on the submission that it has seen."""
    decision = request.POST.get("decision")
    if decision not in {"accept", "return"}:
        raise BadRequest
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            return _decided(request, report, decision, form)
        except Refused as refusal:
            put_beside(form, refusal)
            status = 200 if refusal.field else 409
    else:
        status = 200
    pending = report.submissions.undecided().with_people().last()
    if pending is None:
        words = _("This report is not waiting for a decision any more.")
        return reading_page(report, request, words, form, status=409)
    form.look_at(pending)
    return _review_page(request, report, pending, form, status=status)


def _decided(request: SignedInRequest, report: Report, decision: str, form: ReviewForm) -> HttpResponse:
    """Write the decision and lead on to the next report of the queue."""
    words, said, number = form.cleaned_data["words"], form.field_words(), form.number_seen()
    if decision == "accept":
        submission = accept_report(
            report=report,
            words=words,
            field_words=said,
            quality=form.cleaned_data["quality"],
            number=number,
            by=request.user,
        )
        messages.success(request, _("Accepted: %(task)s.") % {"task": report.task.title})
    else:
        submission = return_report(
            report=report, words=words, field_words=said, number=number, by=request.user
        )
        messages.success(request, _("Returned to the unit: %(task)s.") % {"task": report.task.title})
    return _next_of_queue(request, report, submission)


def _next_of_queue(request: SignedInRequest, report: Report, submission: Submission) -> HttpResponse:
    waiting = Report.objects.reviewable_by(request.user).to_review()
    later = Q(submitted_at__gt=submission.submitted_at) | Q(
        submitted_at=submission.submitted_at, pk__gt=report.pk
    )
    following = waiting.filter(later).first() or waiting.first()
    return redirect("tasks:report_review", following.pk) if following else redirect("tasks:report_list")


def _review_page(
    request: SignedInRequest, report: Report, pending: Submission, form: ReviewForm, *, status: int = 200
) -> HttpResponse:
    """Show the submission that waits, beside what was filed before, the plan, and the light it would give."""
    board = review_board(report, pending, request.user, timezone.now())
    context = {"report": report, "pending": pending, "board": board, "form": form}
    return render(request, "tasks/reports/review.html", context, status=status)


@require_POST
@require_power(Power.REVIEW)
def report_accept(request: SignedInRequest) -> HttpResponse:
    """Accept the reports ticked in the queue, each as it was seen there; say which could not be."""
    numbers = chosen_reports(request.POST.getlist("report"))
    reports = Report.objects.reviewable_by(request.user).filter(pk__in=numbers).with_names().order_by("pk")
    result = accept_reports(choices=[(report, numbers[report.pk]) for report in reports], by=request.user)
    count = len(result.submissions)
    if count:
        said = ngettext("%(count)s report accepted.", "%(count)s reports accepted.", count)
        messages.success(request, said % {"count": count})
    for report, refusal in result.refused:
        values = {"task": report.task.title, "why": refusal.message}
        messages.warning(request, _("Not accepted: %(task)s. %(why)s") % values)
    if not count and not result.refused:
        messages.info(request, _("No report was ticked."))
    return redirect("tasks:report_list")


@require_POST
def report_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an acceptance back with a reason."""
    report = get_report_to_review(request.user, pk)
    form = ReopenForm(request.POST)
    if form.is_valid():
        try:
            reopen_report(report=report, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            report.refresh_from_db()
            status = 200 if refusal.field else 409
            return reading_page(report, request, str(refusal.message), form, status=status)
        messages.success(request, _("Reopened: %(task)s. The unit was told.") % {"task": report.task.title})
        return redirect("tasks:report_detail", pk)
    return reading_page(report, request, " ".join(map(str, form.errors["reason"])), form)
