"""Answers to a change of lead: the receiving unit's objection, the administrator's withdrawal."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commands.roles import Power
from commands.services.refusals import Refused
from tasks.models import LeadAssignment
from tasks.services.objections import object_to_lead
from tasks.services.planned_leads import withdraw_planned
from tasks.views.access import SignedInRequest, get_lead_to_acknowledge, require_power


@require_POST
def lead_object(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the unit that takes over object, with words."""
    lead = get_lead_to_acknowledge(request.user, pk)
    words = request.POST.get("words", "").replace("\r\n", "\n").replace("\x00", "")
    try:
        object_to_lead(lead=lead, words=words, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The administrators have been told; your unit leads until they decide."))
    page = "tasks:task_detail" if lead.task_id else "tasks:campaign_detail"
    return redirect(page, pk=lead.subject.pk)


@require_POST
@require_power(Power.REASSIGN)
def lead_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back a change that is still to come, and offer to decide anew."""
    leads = LeadAssignment.objects.select_related("task__campaign", "campaign", "unit")
    lead = get_object_or_404(leads, pk=pk)
    try:
        withdraw_planned(leads=[lead], by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("tasks:reassignment_list")
    messages.success(
        request, _("The change was withdrawn, and both units were told. You may decide anew here.")
    )
    kind = "task" if lead.task_id else "campaign"
    return redirect(f"{reverse('tasks:reassignment_new')}?{kind}={lead.subject.pk}")
