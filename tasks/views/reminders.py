"""The list of reminders: what was sent, to whom, when, and why or why not."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from luohu.templatetags.ui import name_in_language
from tasks.filters.reminders import ReminderFilter
from tasks.models import Reminder, ReminderState
from tasks.views.access import SignedInRequest
from tasks.wording import reminder_outcome, reminder_stage

REMINDERS_A_PAGE = 50
TONES = {
    ReminderState.PLANNED: "badge-blue",
    ReminderState.SENT: "badge-green",
    ReminderState.FAILED: "badge-red",
    ReminderState.SENDING: "badge-yellow",
}


@require_safe
def reminder_list(request: SignedInRequest) -> HttpResponse:
    """List the reminders that a person may look up, those planned latest first."""
    found = ReminderFilter(request.GET, user=request.user)
    page = Paginator(found.qs, REMINDERS_A_PAGE).get_page(request.GET.get("page"))
    duties = request.user.duties
    context = {
        "filter": found,
        "page_obj": page,
        "rows": [_row(reminder) for reminder in page],
        "only_own": not (duties.sees_all or duties.is_office),
        "now": timezone.now(),
    }
    return render(request, "tasks/reminders/reminder_list.html", context)


def _row(reminder: Reminder) -> dict[str, Any]:
    return {
        "reminder": reminder,
        "about": _about(reminder),
        "subject": reminder.task.title if reminder.task else name_in_language(_campaign(reminder)),
        "stage": reminder_stage(reminder.stage),
        "outcome": reminder_outcome(reminder.outcome),
        "tone": TONES.get(ReminderState(reminder.state), ""),
    }


def _campaign(reminder: Reminder) -> object:
    return reminder.lead.campaign if reminder.lead else None


def _about(reminder: Reminder) -> str:
    """Return what was asked of the recipient."""
    if reminder.report:
        month = date_format(reminder.report.period.month, "YEAR_MONTH_FORMAT")
        return _("File the report for %(month)s") % {"month": month}
    if reminder.milestone:
        return _("Reach the milestone “%(milestone)s”") % {"milestone": reminder.milestone.title}
    return _("Acknowledge the new lead")
