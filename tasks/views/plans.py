"""The plan and the milestones of a task, as administrators enter them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.plans import plan_curve
from tasks.forms.plans import MilestoneLines, MilestoneReasonForm, PlanForm, entries_of
from tasks.models import Task
from tasks.services.milestones import set_milestones
from tasks.services.plans import current_points, enter_plan
from tasks.views.access import SignedInRequest, get_task, require_power

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
@require_power(Power.ADMINISTER)
def task_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Enter the months still to come, see them as a curve beside the plan until now, save them as a version."""
    task, today = get_task(request.user, pk), timezone.localdate()
    now = current_points(task, today)
    form = PlanForm(request.POST or None, task=task, points=now)
    drawing = request.POST.get("action") == "draw"
    if request.method == "POST" and form.is_valid() and not drawing:
        try:
            enter_plan(task=task, **form.entered(), by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The plan is saved."))
            return redirect("tasks:task_detail", pk)
    versions = task.baselines.order_by("-version").select_related("approved_by").prefetch_related("points")
    curve = plan_curve(task, now, form.points(), today)
    context = {"task": task, "form": form, "curve": curve, "versions": versions}
    return render(request, "tasks/books/task_plan.html", context)


@page_methods
@require_power(Power.ADMINISTER)
def task_milestones(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add, change and take out milestones that are not reached yet."""
    task = get_task(request.user, pk)
    lines = MilestoneLines(request.POST or None, initial=_open_ones(task), prefix="m")
    form = MilestoneReasonForm(request.POST or None)
    if request.method == "POST" and all((lines.is_valid(), form.is_valid())):
        try:
            reason = form.cleaned_data["reason"]
            set_milestones(task=task, entries=entries_of(lines), reason=reason, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The milestones are saved."))
            return redirect("tasks:task_detail", pk)
    reached = task.milestones.filter(completed_on__isnull=False)
    context = {"task": task, "lines": lines, "form": form, "reached": reached}
    return render(request, "tasks/books/task_milestones.html", context)


def _open_ones(task: Task) -> list[dict[str, object]]:
    """Return the milestones not yet reached as the lines of the form begin with them."""
    rows = task.milestones.filter(completed_on__isnull=True)
    return [{"key": row.pk, "title": row.title, "due_on": row.due_on, "is_key": row.is_key} for row in rows]
