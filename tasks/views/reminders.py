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
from tasks.models import KindChoices, Reminder, ReminderState
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
        "subject": reminder.task.title if reminder.task else name_in_language(reminder.campaign),
        "stage": reminder_stage(reminder.stage),
        "outcome": reminder_outcome(reminder.outcome),
        "tone": TONES.get(ReminderState(reminder.state), ""),
    }


def _about(reminder: Reminder) -> str:
    """Return what was asked of the recipient."""
    if reminder.report:
        month = date_format(reminder.report.period.month, "YEAR_MONTH_FORMAT")
        returned = reminder.kind == KindChoices.RETURNED
        text = _("Correct the report for %(month)s") if returned else _("File the report for %(month)s")
        return text % {"month": month}
    if reminder.milestone:
        return _("Reach the milestone “%(milestone)s”") % {"milestone": reminder.milestone.title}
    if reminder.directive:
        return _("Answer %(code)s") % {"code": reminder.directive.directive.code}
    if reminder.obstacle_id:
        return _("Clear the obstacle")
    return _("Acknowledge the new lead")
