"""Campaigns as rows: who leads, how far, how it went, and their tasks by light."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.boards.areas import Area
from tasks.boards.tallies import Tally, tallies
from tasks.boards.trends import Trend, recorded, trends
from tasks.models import Campaign, LeadAssignment


@dataclass(frozen=True)
class CampaignRow:
    """A campaign with its figures over the tasks of the area."""

    campaign: Campaign
    tally: Tally
    trend: Trend
    lead_since: dt.date | None


def campaign_rows(area: Area) -> list[CampaignRow]:
    """Return the area's campaigns by number: four queries, whatever their number and that of their tasks."""
    campaigns = list(area.campaigns().with_names())
    by_campaign = tallies(area.tasks(), "campaign", area.day)
    lines = trends(area.tasks(), recorded(area.periods))
    since = _led_since(campaigns, area.day)
    return [
        CampaignRow(
            campaign=campaign,
            tally=by_campaign.get(campaign.pk, Tally()),
            trend=lines.get(campaign.pk, Trend()),
            lead_since=since.get(campaign.pk),
        )
        for campaign in campaigns
    ]


def _led_since(campaigns: Sequence[Campaign], day: dt.date) -> dict[int, dt.date]:
    """Return since when each campaign's lead unit of ``day`` has led it."""
    leads = LeadAssignment.objects.on(day).filter(campaign__in=campaigns)
    return {lead.campaign_id: lead.starts_on for lead in leads if lead.campaign_id}
