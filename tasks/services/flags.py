"""Presenting a campaign's flag to its lead unit (授旗)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment
from tasks.services.inbox import notify
from tasks.services.past import keep
from tasks.services.people import people_of


@transaction.atomic
def present_flag(*, campaign: Campaign, day: dt.date, occasion: str, by: User) -> LeadAssignment:
    """Note that the campaign's flag was presented to the unit that led it on ``day``, and on what occasion.

    It stays with that unit when the lead passes on. Raises Refused ``ahead``, ``no_lead``, ``presented``,
    ``occasion_missing``.
    """
    if not occasion.strip():
        raise Refused(_("Say on what occasion."), code="occasion_missing", field="occasion")
    if day > timezone.localdate():
        raise Refused(_("This day has not come yet."), code="ahead", field="day")
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    lead = LeadAssignment.objects.on(day).filter(campaign=campaign).select_related("unit").first()
    if lead is None:
        raise Refused(_("No unit led the campaign on that day."), code="no_lead", field="day")
    if lead.flag_presented_on is not None:
        raise Refused(_("Its flag has been presented to this unit already."), code="presented", field="day")
    lead.flag_presented_on, lead.flag_occasion = day, occasion
    lead.save(update_fields=["flag_presented_on", "flag_occasion"])
    if campaign.lead_unit_id == lead.unit_id and lead.ends_on is None:
        campaign.flag_presented_on = day
        campaign.save(update_fields=["flag_presented_on"])
        keep([campaign], now=timezone.now())
    after = {"unit": lead.unit.name, "day": day, "occasion": occasion}
    record_event(action="flag.present", about=campaign, after=after, by=by)
    values = {
        "task": campaign.name,
        "task_en": campaign.name_en,
        "day": day.isoformat(),
        "occasion": occasion,
    }
    link = f"/campaigns/{campaign.pk}/"
    notify(recipients=people_of([lead.unit_id]), kind="flag_presented", values=values, link=link)
    return lead
