"""Campaigns as administrators enter them into a task book."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.forms.books import CampaignForm
from tasks.services.book_campaigns import add_campaign, edit_campaign
from tasks.views.access import SignedInRequest, get_book, get_campaign, require_power

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
@require_power(Power.ADMINISTER)
def campaign_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a campaign to a book."""
    book = get_book(pk)
    last = book.campaigns.order_by("-number").values_list("number", flat=True).first() or 0
    form = CampaignForm(request.POST or None, initial={"number": last + 1})
    if request.method == "POST" and form.is_valid():
        try:
            campaign = add_campaign(book=book, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The campaign is in the book. Now add its tasks."))
            return redirect("tasks:task_new", campaign.pk)
    return render(request, "tasks/books/campaign_form.html", {"book": book, "form": form, "campaign": None})


@page_methods
@require_power(Power.ADMINISTER)
def campaign_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what a campaign is called, who commands it, and what it serves."""
    campaign = get_campaign(request.user, pk)
    form = CampaignForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            edit_campaign(campaign=campaign, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The campaign was changed."))
            return redirect("tasks:campaign_detail", pk)
    context = {"book": campaign.book, "form": form, "campaign": campaign}
    return render(request, "tasks/books/campaign_form.html", context)
