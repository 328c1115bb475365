"""Tasks as administrators enter them into a task book."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.books import next_code
from tasks.forms.book_tasks import CancelTaskForm, TaskForm
from tasks.models import Campaign
from tasks.services.book_tasks import add_task, cancel_task, edit_task
from tasks.views.access import SignedInRequest, get_campaign, get_task, require_power

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
@require_power(Power.ADMINISTER)
def task_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a task to a campaign; its plan is even to begin with, and shown next."""
    campaign = get_campaign(request.user, pk)
    form = TaskForm(request.POST or None, campaign=campaign, initial=_proposed(campaign))
    if request.method == "POST" and form.is_valid():
        try:
            task = add_task(campaign=campaign, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The task is in the book, with an even plan. Look it over here."))
            return redirect("tasks:task_plan", task.pk)
    context = {"campaign": campaign, "form": form, "task": None}
    return render(request, "tasks/books/task_form.html", context)


def _proposed(campaign: Campaign) -> dict[str, object]:
    """Return what a new task begins with: the next code, and the rest of the book's year."""
    year = campaign.book.year
    starts_on = max(dt.date(year, 1, 1), min(timezone.localdate(), dt.date(year, 12, 31)))
    return {
        "code": next_code(campaign),
        "starts_on": starts_on,
        "due_on": dt.date(year, 12, 31),
        "lead": campaign.lead_unit_id,
        "weight": 1,
    }


@page_methods
@require_power(Power.ADMINISTER)
def task_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what a task says, or cancel it."""
    task = get_task(request.user, pk)
    cancelling = request.POST.get("action") == "cancel"
    form = TaskForm(None if cancelling else request.POST or None, campaign=task.campaign, task=task)
    cancel = CancelTaskForm(request.POST if cancelling else None)
    asked: TaskForm | CancelTaskForm = cancel if cancelling else form
    if request.method == "POST" and asked.is_valid():
        try:
            if cancelling:
                cancel_task(task=task, reason=cancel.cleaned_data["reason"], by=request.user)
                messages.success(request, _("The task is cancelled."))
            else:
                edit_task(task=task, **{"reason": "", **form.cleaned_data}, by=request.user)
                messages.success(request, _("The task was changed."))
        except Refused as refusal:
            put_beside(asked, refusal)
        else:
            return redirect("tasks:task_detail", pk)
    context = {"campaign": task.campaign, "form": form, "cancel": cancel, "task": task}
    return render(request, "tasks/books/task_form.html", context)
