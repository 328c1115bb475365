"""Pages of reports: the filing desk and the review queue, a report's form or reading page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.models import Post, User
from commands.services.refusals import Refused
from tasks.boards.desk import desk_of, turn_of
from tasks.boards.evidence import evidence_panel
from tasks.boards.life import waiting_for
from tasks.boards.queue import queue_of
from tasks.boards.report_form import FormBoard, form_board, repeats
from tasks.filters.reports import MonthReportFilter, ReportFilter
from tasks.forms.reports import MilestoneForm, ReportForm, starting_values, tick_forms
from tasks.forms.reviews import ReopenForm, ReviewForm
from tasks.models import Milestone, Report, Submission
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.milestones import complete_milestone
from tasks.services.reports import autosave_report, keep_typed, save_draft, submit_report
from tasks.services.standings import footing_of
from tasks.views.access import SignedInRequest, get_report, page_number

PAGE = 50
TICK = "milestone-"
KEPT = gettext_lazy(
    "The reporting period was closed while you were typing, so the report can no longer be filed. What you typed "
    "is kept with it as a draft."
)
REPEATED = gettext_lazy(
    "The text under “Progress this month” is the same, letter for letter, as the one accepted last."
)
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
        "now": now,
        "today": timezone.localdate(now),
        **waiting_for(user),
        "queue": queue_of(user, page_number(request.GET.get("queue")), now) if duties.is_office else None,
    }
    return render(request, "tasks/reports/list.html", context)


@page_methods
def report_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the responsible unit write the report; show it to everybody else who may see it."""
    report = get_report(request.user, pk)
    if request.method == "POST":
        return _write(request, report)
    if answers_for(request.user, report) and _is_fileable(report):
        board = form_board(report, request.user, timezone.now())
        form = ReportForm(report=report, initial=starting_values(report, board.accepted))
        return _form_page(request, form, board)
    return reading_page(report, request)


def answers_for(user: User, report: Report) -> bool:
    """Say whether one of ``user``'s units answers for ``report``."""
    return report.unit_id in user.duties.unit_ids


def reads_draft(user: User, report: Report) -> bool:
    """Say whether a draft is for ``user`` to read: who answers for it, and the unit whose people typed it last.

    So that where a task has passed on, both units know what was written before.
    """
    if report.saved_at is None or report.state in {"submitted", "accepted"}:
        return False
    typed = Post.objects.on(timezone.localdate(report.saved_at)).filter(user=report.saved_by_id)
    return answers_for(user, report) or typed.filter(unit__in=user.duties.unit_ids).exists()


def _is_fileable(report: Report) -> bool:
    return report.period.is_open and report.state in FILEABLE


# Writing


def _write(request: SignedInRequest, report: Report) -> HttpResponse:
    """Save or file what was typed. Whatever is refused, the typed text comes back on the page."""
    action = str(request.POST.get("action", ""))
    filing = action == "submit"
    footing = footing_of(report, timezone.now()) if filing else None
    form = ReportForm(request.POST, report=report, filing=filing, footing=footing)
    if not answers_for(request.user, report):
        words = _("Another unit answers for this report: only its staff can change it.")
        if action == "autosave":
            return JsonResponse({"code": "other_unit", "message": words}, status=403)
        return reading_page(report, request, words, form, status=403)
    if action == "autosave":
        return _autosave(request, report, form)
    if action.startswith(TICK):
        return _tick(request, report, form, action.removeprefix(TICK))
    if action not in {"save", "submit"}:
        raise BadRequest
    if form.is_valid():
        try:
            return _save(request, report, form) if action == "save" else _submit(request, report, form)
        except Refused as refusal:
            return _refused(request, report, form, refusal)
    return _refilled(request, report, form)


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
    filed = submit_report(report=report, content=form.content(), version=version, by=request.user)
    said = _("Filed: %(task)s. It now waits for the supervision office.") % {"task": report.task.title}
    messages.success(request, said)
    if repeats(filed.progress, Submission.objects.before(report).accepted().first()):
        messages.warning(request, REPEATED)
    if turn.next_pk:
        return redirect("tasks:report_detail", turn.next_pk)
    return redirect("tasks:report_list")


def _autosave(request: SignedInRequest, report: Report, form: ReportForm) -> HttpResponse:
    """Keep what is being typed, and tell the page in JSON. What cannot be read yet stays as it was."""
    unread = {} if form.is_valid() else form.unread()
    try:
        saved = autosave_report(
            report=report, content=form.content(), version=_version(report, form), by=request.user
        )
    except Refused as refusal:
        kept = refusal.code == "closed" and _kept(request, report, form)
        words = KEPT if kept else str(refusal.message)
        return JsonResponse({"code": refusal.code, "kept": kept, "message": words}, status=409)
    said = [_("Saved %(time)s") % {"time": date_format(timezone.localtime(saved.saved_at), "H:i")}]
    said += [
        _("not saved – %(field)s: %(why)s") % {"field": name, "why": why} for name, why in unread.items()
    ]
    if repeats(saved.progress, Submission.objects.before(report).accepted().first()):
        said.append(str(REPEATED))
    return JsonResponse(
        {"version": saved.version, "complete": not unread, "message": " · ".join(map(str, said))}
    )


def _tick(request: SignedInRequest, report: Report, form: ReportForm, key: str) -> HttpResponse:
    """Tick off a milestone with its day, and save what is typed besides."""
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
    milestone = get_object_or_404(Milestone, task=report.task_id, pk=number)
    day = MilestoneForm(request.POST, prefix=f"milestone-{milestone.pk}")
    if not form.is_valid() or not day.is_valid():
        return _refilled(request, report, form, day)
    try:
        complete_milestone(
            milestone=milestone, completed_on=day.cleaned_data["completed_on"], by=request.user
        )
        version = _version(report, form)
        save_draft(report=report, content=form.content(), version=version, by=request.user)
    except Refused as refusal:
        if refusal.field != "completed_on":
            return _refused(request, report, form, refusal)
        put_beside(day, refusal)
        return _refilled(request, report, form, day)
    messages.success(
        request, _("Reached: %(milestone)s. The draft is saved.") % {"milestone": milestone.title}
    )
    return redirect("tasks:report_detail", report.pk)


def _refused(request: SignedInRequest, report: Report, form: ReportForm, refusal: Refused) -> HttpResponse:
    """Answer a refusal: beside its field, beside the other version, or on a page to copy from."""
    report.refresh_from_db()
    if refusal.code == "other_unit":
        return reading_page(report, request, str(refusal.message), form, status=403)
    if refusal.code == "closed" or not _is_fileable(report):
        return _closed(request, report, form, str(refusal.message))
    if refusal.code == "stale" and report.saved_by_id == request.user.pk:
        refusal.message = _("You have saved this report yourself in the meantime, in another window.")
    put_beside(form, refusal)
    board = form_board(report, request.user, timezone.now())
    if refusal.code == "stale":
        form.look_at(report)
        return _form_page(request, form, board, theirs=report, status=409)
    return _form_page(request, form, board)


def _refilled(
    request: SignedInRequest, report: Report, form: ReportForm, day: MilestoneForm | None = None
) -> HttpResponse:
    """Show the form again with what is wrong beside its fields, where it can still be filed."""
    if not _is_fileable(report):
        return _closed(request, report, form, _("This report can no longer be changed."))
    return _form_page(request, form, form_board(report, request.user, timezone.now()), day=day)


def _kept(request: SignedInRequest, report: Report, form: ReportForm) -> bool:
    """Say whether what was typed while the period closed is kept with the report."""
    return keep_typed(report=report, content=form.content(), version=form.seen_version, by=request.user)


def _closed(request: SignedInRequest, report: Report, form: ReportForm, words: str) -> HttpResponse:
    """Say that nothing can be filed any more; what was typed is kept with the report, or given back to copy."""
    kept = _kept(request, report, form)
    if kept:
        report.refresh_from_db()
        words = str(KEPT)
    give_back = None if kept and not form.unread() else form
    return reading_page(report, request, words, give_back, status=409)


def _form_page(
    request: SignedInRequest,
    form: ReportForm,
    board: FormBoard,
    *,
    theirs: Report | None = None,
    day: MilestoneForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form, with last month beside it; ``theirs`` is what somebody else has saved meanwhile."""
    form.footing = board.footing
    report = board.report
    context = {
        "report": report,
        "form": form,
        "theirs": theirs,
        "evidence": evidence_panel(report, request.user),
        "board": board,
        "milestones": tick_forms(board.milestones, day),
        "prefilled": report.saved_at is None and not form.is_bound and form["actual_percent"].value(),
    }
    return render(request, "tasks/reports/form.html", context, status=status)


# Reading


def reading_page(
    report: Report,
    request: SignedInRequest,
    refusal: str = "",
    form: ReportForm | ReviewForm | ReopenForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Show what was filed; a draft only to those whom it concerns. With ``refusal`` also what was typed and not saved."""
    submissions = list(report.submissions.with_people().order_by("-number"))
    own = answers_for(request.user, report)
    context = {
        "report": report,
        "submissions": submissions,
        "own": own,
        "draft": reads_draft(request.user, report),
        "refusal": refusal,
        "typed": form.typed() if form else [],
        "reopen": _reopen_form(request.user, report, form),
        "can_review": report.state == ReportState.SUBMITTED
        and Report.objects.reviewable_by(request.user).filter(pk=report.pk).exists(),
    }
    return render(request, "tasks/reports/detail.html", context, status=status)


def _reopen_form(user: User, report: Report, form: object) -> ReopenForm | None:
    """Return the form with which ``user`` may take the acceptance back; None where they may not."""
    if report.state != ReportState.ACCEPTED or not report.period.is_open:
        return None
    if not Report.objects.reviewable_by(user).filter(pk=report.pk).exists():
        return None
    return form if isinstance(form, ReopenForm) else ReopenForm()
