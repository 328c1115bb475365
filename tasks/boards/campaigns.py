"""Campaigns as rows, and one on its page: who leads, how far, how it went, and the tasks by light."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from commands.roles import Power
from tasks.boards.areas import Area
from tasks.boards.charts import Chart, progress_chart
from tasks.boards.leads import in_force, leads_known
from tasks.boards.life import obstacles_of
from tasks.boards.milestones import MilestoneLine, marks_of, milestone_line
from tasks.boards.moments import Moment
from tasks.boards.tallies import Tally, tallies, together
from tasks.boards.trends import MONTHS, Trend, recorded, trends
from tasks.models import Campaign, LeadAssignment, Obstacle, StrategicGoal
from tasks.models.tasks import TaskQuerySet
from tasks.rules.lights import TaskFacts, judge


@dataclass(frozen=True)
class CampaignRow:
    """A campaign with its figures over the tasks of the area."""

    campaign: Campaign
    tally: Tally
    trend: Trend
    lead_since: dt.date | None


def campaign_rows(area: Area, *, with_goals: bool = False, months: int = MONTHS) -> list[CampaignRow]:
    """Return the area's campaigns by number: four queries, whatever their number and that of their tasks.

    ``with_goals`` loads their strategic goals in a fifth; their trends are those of the last ``months``.
    """
    found = area.campaigns().with_names()
    campaigns = area.moment.dress(found.prefetch_related("goals") if with_goals else found)
    by_campaign = tallies(area.tasks(), "campaign", area.day, area.thresholds)
    closed = recorded(area.periods, months)
    lines = trends(area.light_sums(campaigns, closed), closed)
    since = _led_since(campaigns, area.moment)
    return [
        CampaignRow(
            campaign=campaign,
            tally=by_campaign.get(campaign.pk, Tally()),
            trend=lines.get(campaign.pk, Trend()),
            lead_since=since.get(campaign.pk),
        )
        for campaign in campaigns
    ]


def _led_since(campaigns: Sequence[Campaign], moment: Moment) -> dict[int, dt.date]:
    """Return since when each campaign's lead unit has led it, by the leads that were known."""
    leads = LeadAssignment.objects.known_at(moment.at).filter(campaign__in=campaigns)
    begun = leads.filter(starts_on__lte=moment.day).order_by("starts_on", "pk")
    return dict(begun.values_list("campaign", "starts_on"))


@dataclass(frozen=True)
class CampaignBoard:
    """The page of a campaign; figures and list cover the tasks that the reader sees."""

    area: Area
    tasks: TaskQuerySet
    tally: Tally
    trend: Trend
    chart: Chart | None
    leads: list[LeadAssignment]
    lead: LeadAssignment | None
    """Today's."""
    goals: list[StrategicGoal]
    milestones: list[MilestoneLine]
    """The key milestones of its tasks."""
    obstacles: list[Obstacle]
    """Those still in the way."""
    cleared: list[Obstacle]
    ledger: str
    may_reassign: bool


def campaign_board(campaign: Campaign, area: Area) -> CampaignBoard:
    """Return the page of ``campaign``: six queries, and one for each page of its tasks."""
    user, moment = area.user, area.moment
    tasks = area.tasks().filter(campaign=campaign)
    closed = recorded(area.periods, months=len(area.periods))
    trend = trends(area.light_sums([campaign], closed), closed).get(campaign.pk, Trend())
    leads = leads_known(campaign, moment)
    key = moment.milestones().filter(task__in=tasks.keys(), is_key=True).order_by("due_on")
    milestones = [milestone_line(one, area.day) for one in key.select_related("task")]
    obstacles = obstacles_of(tasks.keys(), moment)
    return CampaignBoard(
        area=area,
        tasks=tasks.most_urgent_first().with_names(),
        tally=together(tallies(tasks, "campaign", area.day, area.thresholds).values()),
        trend=trend,
        chart=_chart(area, trend, milestones),
        milestones=milestones,
        obstacles=[one for one in obstacles if one.is_open and not one.went_on],
        cleared=[one for one in obstacles if not one.is_open],
        leads=leads,
        lead=in_force(leads, moment),
        goals=list(campaign.goals.all()),
        ledger=f"{area.ledger}&campaign={campaign.pk}",
        may_reassign=not moment.is_past and user.duties.may(Power.REASSIGN),
    )


def closed_lights(trend: Trend, area: Area) -> dict[dt.date, str]:
    """Return a campaign's light in each closed month, by the numbers that were in force when it closed."""
    return {
        point.month: str(judge(TaskFacts(actual=point.actual, scheduled=point.scheduled), thresholds).light)
        for point in trend.drawn
        for thresholds in (area.closing_thresholds[point.month],)
    }


def _chart(area: Area, trend: Trend, milestones: Iterable[MilestoneLine]) -> Chart | None:
    """Return the year's chart: each month stands on the day on which its reports fell due."""
    due = {period.month: timezone.localdate(period.due_at) for period in area.periods}
    year = area.book.year
    return progress_chart(
        plan={due[point.month]: point.scheduled for point in trend.drawn if point.scheduled is not None},
        reported=[(due[point.month], point.actual) for point in trend.drawn if point.actual is not None],
        starts_on=dt.date(year, 1, 1),
        due_on=dt.date(year, 12, 31),
        today=area.day,
        marks=marks_of(milestones),
    )
