"""Close-out: applying for it, and its page with the office's decision."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.services.refusals import Refused
from tasks.forms.closings import ClosingAnswerForm, ClosingForm
from tasks.models import Closing, Evidence
from tasks.services.closings import apply_for_closing, close_out, return_closing
from tasks.views.access import SignedInRequest, get_closing, get_task

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
def closing_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the lead unit say that the task is done."""
    task = get_task(request.user, pk)
    if task.lead_unit_id not in request.user.duties.unit_ids:
        raise PermissionDenied(_("Only the lead unit applies for close-out."))
    form = ClosingForm(request.POST or None, task=task)
    if request.method == "POST" and form.is_valid():
        try:
            closing = apply_for_closing(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("Your application is with the supervision office."))
            return redirect("tasks:closing_detail", closing.pk)
    return render(request, "tasks/closings/closing_new.html", {"task": task, "form": form})


@page_methods
def closing_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an application with its files, and take the office's decision."""
    closing = get_closing(request.user, pk)
    may_decide = Closing.objects.decidable_by(request.user).filter(pk=pk).exists()
    form, status = ClosingAnswerForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        if not may_decide and not closing.decision:
            raise PermissionDenied
        try:
            if form.is_valid():
                return _decide(request, closing, form.cleaned_data["words"])
        except Refused as refusal:
            put_beside(form, refusal)
            status = {"not_reviewer": 403, "own_request": 403, "words_missing": 200}.get(refusal.code, 409)
    files = Evidence.objects.visible_to(request.user).filter(closings=closing).with_names()
    context = {"closing": closing, "files": files, "form": form, "may_decide": may_decide}
    return render(request, "tasks/closings/closing_detail.html", context, status=status)


def _decide(request: SignedInRequest, closing: Closing, words: str) -> HttpResponse:
    action = request.POST.get("action")
    if action == "close":
        close_out(closing=closing, words=words, by=request.user)
        messages.success(request, _("The task is closed out."))
    elif action == "return":
        return_closing(closing=closing, words=words, by=request.user)
        messages.success(request, _("The application is returned."))
    else:
        raise BadRequest
    return redirect("tasks:closing_detail", closing.pk)
