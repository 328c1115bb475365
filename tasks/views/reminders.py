"""Reminders: what was sent, to whom, when, and why or why not; and sending one again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from commands.services.refusals import Refused
from tasks.boards.reminders import earlier_sendings, reminder_row, same_stage, why_got
from tasks.boards.why import explain
from tasks.filters.reminders import ReminderFilter
from tasks.forms.reminders import WhyForm
from tasks.services.resending import may_resend, resend_reminder
from tasks.views.access import SignedInRequest, get_reminder

REMINDERS_A_PAGE = 50


@require_safe
def reminder_list(request: SignedInRequest) -> HttpResponse:
    """List the reminders that a person may look up."""
    found = ReminderFilter(request.GET, user=request.user)
    page = Paginator(found.qs, REMINDERS_A_PAGE).get_page(request.GET.get("page"))
    duties = request.user.duties
    context = {
        "filter": found,
        "page_obj": page,
        "rows": [reminder_row(reminder) for reminder in page],
        "may_set_up": duties.is_administrator,
        "only_own": not (duties.sees_all or duties.is_office),
        "now": timezone.now(),
    }
    return render(request, "tasks/reminders/reminder_list.html", context)


@require_safe
def reminder_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one reminder: why this person got it, what became of each try, and its other channels."""
    reminder = get_reminder(request.user, pk)
    context = {
        "reminder": reminder,
        "row": reminder_row(reminder),
        "why": why_got(reminder),
        "earlier": earlier_sendings(reminder),
        "others": [reminder_row(other) for other in same_stage(reminder)],
        "may_resend": may_resend(request.user) and not reminder.is_under_way,
    }
    return render(request, "tasks/reminders/reminder_detail.html", context)


@require_POST
def reminder_resend(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a reminder once more by hand."""
    reminder = get_reminder(request.user, pk)
    if not may_resend(request.user):
        raise PermissionDenied
    try:
        resend_reminder(reminder=reminder, now=timezone.now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("It is sent once more, in working hours and through the same channel."))
    return redirect("tasks:reminder_detail", reminder.pk)


@require_safe
def reminder_why(request: SignedInRequest) -> HttpResponse:
    """Answer why somebody was reminded about a task, or was not."""
    asked = request.GET if {"person", "task"} & request.GET.keys() else None
    form = WhyForm(asked, user=request.user)
    answers = explain(**form.cleaned_data, now=timezone.now(), by=request.user) if form.is_valid() else None
    context = {"form": form, "answers": answers, "asked": form.cleaned_data if answers is not None else None}
    return render(request, "tasks/reminders/reminder_why.html", context)
