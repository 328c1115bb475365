"""Presenting a campaign's flag to its lead unit."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.forms.flags import FlagForm
from tasks.services.flags import present_flag
from tasks.views.access import SignedInRequest, get_campaign, require_power


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.REASSIGN)
def flag_present(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Note the presentation of the campaign's flag: the day and the occasion."""
    campaign = get_campaign(request.user, pk)
    form = FlagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            present_flag(campaign=campaign, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The presentation of the flag was noted."))
            return redirect("tasks:campaign_detail", pk=campaign.pk)
    return render(request, "tasks/leads/flag_present.html", {"campaign": campaign, "form": form})
