"""Pages of reporting periods, for those who keep them: closing, reopening and exempting by hand."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.services.refusals import Refused
from tasks.boards.periods import period_board, period_lines
from tasks.forms.periods import ExemptForm, ReopenPeriodForm
from tasks.models import Period, Report, TaskBook
from tasks.services.exemptions import exempt_report, undo_exemption
from tasks.services.periods import close_period_now, reopen_period
from tasks.views.access import SignedInRequest, get_period, page_number, require_keeper


@require_safe
def period_list(request: SignedInRequest) -> HttpResponse:
    """Show the periods of a book, with how many reports stand where."""
    require_keeper(request.user)
    year = page_number(request.GET.get("year", ""))
    books = TaskBook.objects.order_by("-year")
    book = books.filter(year=year).first() or TaskBook.objects.current(timezone.localdate())
    context = {"book": book, "books": books, "lines": period_lines(book) if book else []}
    return render(request, "tasks/periods/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def period_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one period; close it, open it again, exempt a task, or ask for its report after all."""
    period = get_period(request.user, pk)
    if request.method != "POST":
        return _page(request, period, ReopenPeriodForm(), ExemptForm(period=period))
    action = request.POST.get("action")
    reopen = ReopenPeriodForm(request.POST if action == "reopen" else None)
    exempt = ExemptForm(request.POST if action == "exempt" else None, period=period)
    form = {"reopen": reopen, "exempt": exempt}.get(str(action))
    if action not in {"close", "reopen", "exempt", "undo"}:
        raise BadRequest
    if form is None or form.is_valid():
        try:
            return _done(request, period, str(action), reopen, exempt)
        except Refused as refusal:
            if form is None or refusal.field is None:
                messages.error(request, str(refusal.message))
                return redirect("tasks:period_detail", pk)
            put_beside(form, refusal)
    return _page(request, period, reopen, exempt)


def _done(
    request: SignedInRequest, period: Period, action: str, reopen: ReopenPeriodForm, exempt: ExemptForm
) -> HttpResponse:
    """Write what was asked for, and say what came of it."""
    if action == "close":
        count = close_period_now(period=period, by=request.user)
        said = ngettext("Closed; %(count)s report missed.", "Closed; %(count)s reports missed.", count)
    elif action == "reopen":
        count = reopen_period(period=period, by=request.user, **reopen.cleaned_data)
        said = ngettext(
            "Opened again; %(count)s report can be filed.",
            "Opened again; %(count)s reports can be filed.",
            count,
        )
    elif action == "exempt":
        exempt_report(by=request.user, **exempt.cleaned_data)
        count, said = 1, _("No report is asked from this task for the month.")
    else:
        undo_exemption(report=_chosen(period, request.POST.get("report", "")), by=request.user)
        count, said = 1, _("The report is asked for again.")
    messages.success(request, said % {"count": count})
    return redirect("tasks:period_detail", period.pk)


def _chosen(period: Period, key: str) -> Report:
    """Return the report that a button of the page stands for."""
    if not key.isascii() or not key.isdigit() or len(key) > 15:
        raise BadRequest
    return get_object_or_404(Report, period=period, pk=int(key))


def _page(
    request: SignedInRequest, period: Period, reopen: ReopenPeriodForm, exempt: ExemptForm
) -> HttpResponse:
    context = {"period": period, "board": period_board(period), "reopen": reopen, "exempt": exempt}
    return render(request, "tasks/periods/detail.html", context)
