"""Change requests: asking for one, and its page with the office's decision."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.services.refusals import Refused
from tasks.forms.changes import ChangeAnswerForm, ChangeForm
from tasks.models import ChangeRequest
from tasks.models.changes import ChangeKind
from tasks.services.changes import accept_change, ask_change, refuse_change
from tasks.services.plans import current_points
from tasks.views.access import SignedInRequest, get_change, get_task

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
def change_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the lead unit ask for a new due date, target, milestone date or plan."""
    task = get_task(request.user, pk)
    if task.lead_unit_id not in request.user.duties.unit_ids:
        raise PermissionDenied(_("Only the lead unit asks for changes."))
    kind = request.GET.get("kind", ChangeKind.DUE)
    if kind not in ChangeKind.values:
        raise BadRequest
    points = current_points(task, timezone.localdate())
    form = ChangeForm(request.POST or None, task=task, kind=kind, points=points)
    if request.method == "POST" and form.is_valid():
        try:
            change = ask_change(task=task, by=request.user, **form.asked())
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("Your request is with the supervision office."))
            return redirect("tasks:change_detail", change.pk)
    context = {"task": task, "form": form, "kind": kind, "kinds": ChangeKind}
    return render(request, "tasks/changes/change_new.html", context)


@page_methods
def change_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a request beside what holds until now, and take the office's decision."""
    change = get_change(request.user, pk)
    may_decide = ChangeRequest.objects.decidable_by(request.user).filter(pk=pk).exists()
    form, status = ChangeAnswerForm(request.POST or None), 200
    if request.method == "POST":
        if not may_decide and not change.decision:
            raise PermissionDenied
        try:
            if form.is_valid():
                return _decide(request, change, form.cleaned_data["words"])
        except Refused as refusal:
            put_beside(form, refusal)
            status = 403 if refusal.code in {"not_reviewer", "own_request"} else 409
    context = {"change": change, "form": form, "may_decide": may_decide}
    return render(request, "tasks/changes/change_detail.html", context, status=status)


def _decide(request: SignedInRequest, change: ChangeRequest, words: str) -> HttpResponse:
    action = request.POST.get("action")
    if action == "accept":
        accept_change(change=change, words=words, by=request.user)
        messages.success(request, _("The request is accepted, and holds from today on."))
    elif action == "refuse":
        refuse_change(change=change, words=words, by=request.user)
        messages.success(request, _("The request is refused."))
    else:
        raise BadRequest
    return redirect("tasks:change_detail", change.pk)
