"""A new lead unit for many tasks at once, picked from the ledger: ticked there, or all that its filter keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from commands.forms.fields import put_beside
from commands.models import User
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.filters.tasks import TaskFilter
from tasks.forms.leads import ReassignmentForm
from tasks.models import Task, TaskBook
from tasks.models.tasks import UNFINISHED, TaskQuerySet
from tasks.services.leads import preview_reassignments, reassign_all
from tasks.views.access import SignedInRequest, require_power
from tasks.views.leads import about_preview, fingerprint
from tasks.views.leads_moving import AT_ONCE, moving

MOST = 1000


@dataclass(frozen=True)
class Chosen:
    """The tasks picked from the ledger; ``left_out`` are closed, and keep their lead."""

    scope: str
    filter: str
    tasks: list[Task]
    left_out: int


@require_POST
@require_power(Power.REASSIGN)
def reassignment_many(request: SignedInRequest) -> HttpResponseBase:
    """Reassign the chosen tasks: say to whom and why, see what moves task by task, confirm."""
    chosen = _chosen(request.user, request.POST)
    if not chosen.tasks:
        messages.error(request, _("Tick the tasks first; those closed out keep their lead."))
        return redirect("tasks:task_list")
    asked = request.POST.get("action", "")
    form = ReassignmentForm(request.POST if asked else None, subject=None)
    if asked not in {"preview", "confirm"} or not form.is_valid():
        return _ask(request, chosen, form)
    try:
        return _preview_or_confirm(request, chosen, form, confirming=asked == "confirm")
    except Refused as refusal:
        put_beside(form, refusal)
        return _ask(request, chosen, form)


def _chosen(user: User, data: QueryDict) -> Chosen:
    """Return the tasks that ``data`` names: ticked one by one, or by the ledger's filter."""
    tasks: TaskQuerySet = Task.objects.visible_to(user)
    if data.get("scope") == "all":
        today = timezone.localdate()
        book = TaskBook.objects.current(today)
        if book is None:
            raise BadRequest("no task book")
        tasks = TaskFilter(QueryDict(data.get("filter", "")), user=user, book=book, day=today).qs
    else:
        keys = data.getlist("task")
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
            raise BadRequest("no task")
        tasks = tasks.filter(pk__in=keys)
    found = list(tasks.select_related("campaign", "lead_unit").order_by("code")[: MOST + 1])
    if len(found) > MOST:
        raise BadRequest("too many tasks")
    still = [task for task in found if task.lifecycle in UNFINISHED]
    scope = "all" if data.get("scope") == "all" else "chosen"
    return Chosen(scope, data.get("filter", ""), still, len(found) - len(still))


def _ask(request: SignedInRequest, chosen: Chosen, form: ReassignmentForm) -> HttpResponse:
    """Draw the second step: to whom, from when, why."""
    return render(request, "tasks/leads/many_new.html", {"chosen": chosen, "form": form})


def _preview_or_confirm(
    request: SignedInRequest, chosen: Chosen, form: ReassignmentForm, *, confirming: bool
) -> HttpResponseBase:
    """Draw what would move, or do it all if exactly what was seen there is confirmed."""
    decision: dict[str, Any] = {
        name: value for name, value in form.decision().items() if name != "with_tasks"
    }
    asked = {name: decision[name] for name in ("unit", "starts_on")}
    preview = preview_reassignments(subjects=chosen.tasks, **asked, day=timezone.localdate())
    seen = fingerprint(preview, decision)
    if confirming and constant_time_compare(seen, request.POST.get("fingerprint", "")):
        if len(chosen.tasks) > AT_ONCE:
            return moving(chosen.tasks, decision, request)
        leads = reassign_all(subjects=chosen.tasks, **decision, by=request.user)
        text = ngettext("%(count)d task was reassigned.", "%(count)d tasks were reassigned.", len(leads))
        messages.success(request, text % {"count": len(leads)})
        return redirect("tasks:reassignment_list")
    context = {
        "chosen": chosen,
        "form": form,
        "fingerprint": seen,
        "is_stale": confirming,
        **about_preview(preview, decision),
    }
    return render(request, "tasks/leads/many_preview.html", context, status=409 if confirming else 200)
