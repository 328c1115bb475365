"""A change of lead that is still to come, decided anew: see how it stands, say what differs, see what will move."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.models import User
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.leads import plan_lines
from tasks.forms.leads import PlannedForm
from tasks.models import LeadAssignment
from tasks.services.planned_leads import (
    DECIDED,
    GONE,
    change_planned,
    decided_together,
    preview_planned,
    says,
    withdraw_planned,
)
from tasks.views.access import SignedInRequest, require_power
from tasks.views.leads import about_preview, fingerprint

Leads = list[LeadAssignment]


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.REASSIGN)
def lead_change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change or withdraw what is planned, alone or with all that was decided with it; refused once it has begun."""
    lead = get_object_or_404(
        LeadAssignment.objects.select_related("task__campaign", "campaign", "unit"), pk=pk
    )
    case, action = decided_together(lead), request.POST.get("action", "")
    form = PlannedForm(request.POST or None, others=max(len(case) - 1, 0), initial=_plan(lead))
    if lead.starts_on <= timezone.localdate():
        return _refused(request, lead, case, form, Refused(GONE, code="begun"))
    try:
        if action == "withdraw":
            return _withdraw(request, _chosen(form, lead, case))
        if action not in {"preview", "confirm"} or not form.is_valid():
            return _ask(request, lead, case, form)
        return _preview_or_confirm(request, lead, case, form)
    except Refused as refusal:
        return _refused(request, lead, case, form, refusal)


def _plan(lead: LeadAssignment) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in DECIDED}


def _chosen(form: PlannedForm, lead: LeadAssignment, case: Leads) -> Leads:
    """Return the change alone, or where it is ticked all that were decided with it."""
    return case if form.is_together else [lead]


def _ask(request: SignedInRequest, lead: LeadAssignment, case: Leads, form: PlannedForm) -> HttpResponse:
    """Draw how it stands, to be changed."""
    return render(request, "tasks/leads/planned_change.html", {"lead": lead, "case": case, "form": form})


def _preview_or_confirm(
    request: SignedInRequest, lead: LeadAssignment, case: Leads, form: PlannedForm
) -> HttpResponse:
    """Draw what would move then, or change the plan if exactly what was seen there is confirmed."""
    chosen, decision = _chosen(form, lead, case), form.decision()
    preview = preview_planned(leads=chosen, day=timezone.localdate(), **decision)
    plans = [(each.pk, *map(str, _plan(each).values())) for each in chosen]
    seen = fingerprint(preview, {**decision, "plans": plans})
    confirming = request.POST.get("action") == "confirm"
    if confirming and constant_time_compare(seen, request.POST.get("fingerprint", "")):
        change_planned(leads=chosen, **decision, by=request.user)
        return _done(request, len(chosen))
    context = {
        **about_preview(preview, decision),
        "lead": lead,
        "form": form,
        "lines": plan_lines(lead, decision),
        "fingerprint": seen,
        "is_stale": confirming,
    }
    return render(request, "tasks/leads/planned_preview.html", context, status=409 if confirming else 200)


def _withdraw(request: SignedInRequest, chosen: Leads) -> HttpResponse:
    """Take back what was chosen."""
    withdraw_planned(leads=chosen, by=request.user)
    text = ngettext(
        "%(count)d change was withdrawn, and all units were told.",
        "%(count)d changes were withdrawn, and all units were told.",
        len(chosen),
    )
    messages.success(request, text % {"count": len(chosen)})
    return redirect("tasks:reassignment_list")


def _done(request: SignedInRequest, number: int) -> HttpResponse:
    """Say what was done."""
    text = ngettext(
        "%(count)d planned change was decided anew, and all units were told.",
        "%(count)d planned changes were decided anew, and all units were told.",
        number,
    )
    messages.success(request, text % {"count": number})
    return redirect("tasks:reassignment_list")


def _refused(
    request: SignedInRequest, lead: LeadAssignment, case: Leads, form: PlannedForm, refusal: Refused
) -> HttpResponse:
    """Say why not, beside what was typed; of what is past changing, on the list."""
    if request.POST.get("action") == "confirm" and _is_done(lead, form, request.user):
        return _done(request, len(_chosen(form, lead, case)))
    if refusal.code == "begun" or not form.is_bound:
        messages.error(request, refusal.message)
        return redirect("tasks:reassignment_list")
    form.is_valid()
    put_beside(form, refusal)
    return _ask(request, lead, case, form)


def _is_done(lead: LeadAssignment, form: PlannedForm, by: User) -> bool:
    """Say whether the same person has just decided the same: the second half of a double click."""
    return form.is_valid() and lead.decided_by_id == by.pk and says(lead, form.decision())
