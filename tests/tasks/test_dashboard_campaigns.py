"""The rows of the campaigns: weighted progress, light, trend, lead and flag."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from tasks.boards.campaigns import CampaignRow
from tasks.models import Campaign, LeadAssignment, Period, Task
from tasks.services.lights import record_lights
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text


def row_of(user: User, campaign: Campaign) -> CampaignRow:
    """Return the dashboard's row of a campaign."""
    board = signed_in(user).get("/dashboard/").context["board"]
    row: CampaignRow = next(row for row in board.campaigns if row.campaign == campaign)
    return row


def make(campaign: Campaign, actual: float | None, scheduled: float | None, **fields: Any) -> Task:
    """Make a task of the campaign with a standing."""
    return factories.task(
        campaign=campaign,
        actual_percent=None if actual is None else Decimal(str(actual)),
        scheduled_percent=None if scheduled is None else Decimal(str(scheduled)),
        **{"light": "green", **fields},
    )


def test_progress_is_weighted(leader: User, campaign: Campaign) -> None:
    make(campaign, 90, 80, weight=3)
    make(campaign, 50, 80, weight=1)
    tally = row_of(leader, campaign).tally
    assert (tally.actual, tally.scheduled, tally.deviation) == (Decimal("80.0"), Decimal("80.0"), Decimal(0))


def test_a_task_without_accepted_report_counts_as_nought(leader: User, campaign: Campaign) -> None:
    make(campaign, 80, 80)
    make(campaign, None, 80)
    tally = row_of(leader, campaign).tally
    assert (tally.actual, tally.scheduled) == (Decimal("40.0"), Decimal("80.0"))


def test_a_task_without_plan_is_left_out_of_the_progress_but_not_of_the_count(
    leader: User, campaign: Campaign
) -> None:
    make(campaign, 60, 80)
    make(campaign, 100, None)
    tally = row_of(leader, campaign).tally
    assert (tally.actual, tally.scheduled, tally.total) == (Decimal("60.0"), Decimal("80.0"), 2)


def test_a_cancelled_task_counts_nowhere(leader: User, campaign: Campaign) -> None:
    make(campaign, 60, 80)
    make(campaign, 0, 80, lifecycle="cancelled")
    tally = row_of(leader, campaign).tally
    assert (tally.actual, tally.total) == (Decimal("60.0"), 1)


@pytest.mark.parametrize(
    ("actual", "light"),
    [(85, "green"), (70.0, "green"), (69.9, "yellow"), (50.0, "yellow"), (49.9, "red"), (None, "red")],
)
def test_the_light_follows_the_weighted_deviation(
    actual: float | None, light: str, leader: User, campaign: Campaign
) -> None:
    make(campaign, actual, 80)
    assert row_of(leader, campaign).tally.light == light


def test_one_red_task_does_not_turn_its_campaign_red(leader: User, campaign: Campaign) -> None:
    make(campaign, 80, 80, light="red")
    make(campaign, 80, 80)
    row = row_of(leader, campaign)
    assert row.tally.light == "green"
    assert row.tally.shown == [("green", 1), ("red", 1)]


def test_a_campaign_is_blue_once_every_task_is_closed_out(leader: User, campaign: Campaign) -> None:
    closed = {"light": "blue", "lifecycle": "closed", "closed_on": dt.date(2026, 10, 1)}
    make(campaign, 100, 80, **closed)
    assert row_of(leader, campaign).tally.light == "blue"
    make(campaign, 80, 80)
    assert row_of(leader, campaign).tally.light == "green"


def test_a_campaign_without_tasks_is_not_rated(leader: User, campaign: Campaign) -> None:
    tally = row_of(leader, campaign).tally
    assert (tally.light, tally.total, tally.actual) == ("grey", 0, None)


def test_the_trend_is_read_from_the_recorded_lights_of_six_closed_months(
    leader: User, campaign: Campaign
) -> None:
    first, second = make(campaign, 80, 80, weight=3), make(campaign, 40, 80, weight=1)
    for month in range(3, 11):
        period = factories.period(month=dt.date(2026, month, 1), closed=True)
        for task, actual in ((first, 8 * month), (second, 4 * month)):
            factories.light(
                task=task,
                period=period,
                actual_percent=Decimal(actual),
                scheduled_percent=Decimal(8 * month),
            )
    trend = row_of(leader, campaign).trend
    assert [point.month.month for point in trend.points] == [5, 6, 7, 8, 9, 10]
    assert trend.points[-1].actual == Decimal("70.0")
    assert trend.points[-1].scheduled == Decimal("80.0")
    assert len(trend.actual_line.split()) == 6


def test_a_task_closed_out_stays_in_the_months_that_follow(leader: User, campaign: Campaign) -> None:
    closed = make(campaign, 100, 50, lifecycle="closed", closed_on=dt.date(2026, 8, 20))
    going = make(campaign, 60, 50)
    for month in (8, 9, 10):
        period = factories.period(month=dt.date(2026, month, 1), closed=True)
        for task, actual in ((closed, 100), (going, 60)):
            if task == going or month == 8:
                factories.report(task=task, period=period, state="accepted", actual_percent=Decimal(actual))
        record_lights(period=period, now=timezone.now())
    assert [point.actual for point in row_of(leader, campaign).trend.points] == [Decimal("80.0")] * 3


def test_the_trend_is_told_in_words_and_as_a_table(leader: User, campaign: Campaign) -> None:
    task = make(campaign, 80, 80)
    for month, actual in ((9, 60), (10, 70)):
        period = factories.period(month=dt.date(2026, month, 1), closed=True)
        factories.light(
            task=task, period=period, actual_percent=Decimal(actual), scheduled_percent=Decimal(75)
        )
    words = text(signed_in(leader).get("/dashboard/"))
    assert "Actual from 60.0% in 2026-09 to 70.0% in 2026-10, scheduled 75.0%" in words
    assert "Actual and scheduled progress by month" in words


def test_an_open_month_is_not_yet_part_of_the_trend(leader: User, campaign: Campaign, period: Period) -> None:
    make(campaign, 80, 80)
    assert row_of(leader, campaign).trend.drawn == ()
    assert "No month closed" in text(signed_in(leader).get("/dashboard/"))


def test_the_lead_unit_stands_with_its_flag_and_since_when(
    leader: User, campaign: Campaign, south: Unit
) -> None:
    LeadAssignment.objects.update(ends_on=dt.date(2026, 5, 6))
    factories.lead(campaign=campaign, unit=south, starts_on=dt.date(2026, 5, 6))
    Campaign.objects.update(lead_unit=south)
    row = row_of(leader, campaign)
    assert row.lead_since == dt.date(2026, 5, 6)
    words = text(signed_in(leader).get("/dashboard/"))
    assert "Flag presented on 2026-01-30" in words
    assert f"{south.name_en} · since 2026-05-06" in words


def test_headquarters_show_teams_and_the_nameplate_that_hangs_beside(
    leader: User, headquarters: Headquarters, campaign: Campaign
) -> None:
    factories.nameplate(
        headquarters=headquarters, name="第二块牌子", name_en="Second plate", is_principal=False
    )
    for kind in ("work_team", "dedicated_group", "dedicated_group"):
        factories.team(headquarters=headquarters, kind=kind)
    factories.team(headquarters=headquarters, ends_on=dt.date(2026, 1, 1), starts_on=dt.date(2025, 1, 1))
    make(campaign, 80, 80, light="yellow")
    page = signed_in(leader).get("/dashboard/")
    words = text(page)
    assert "One staff with Second plate" in words
    assert "1 work team · 2 dedicated groups" in words
    assert page.context["board"].headquarters[0].tally.shown == [("yellow", 1)]


def test_milestones_of_the_next_fortnight_and_overdue_ones(leader: User, task: Task) -> None:
    for title, day in (
        ("已逾期", dt.date(2026, 11, 20)),
        ("今天到期", dt.date(2026, 11, 23)),
        ("两周内", dt.date(2026, 12, 7)),
        ("两周后", dt.date(2026, 12, 8)),
    ):
        factories.milestone(task=task, title=title, due_on=day)
    factories.milestone(
        task=task, title="已完成", due_on=dt.date(2026, 11, 24), completed_on=dt.date(2026, 11, 20)
    )
    board = signed_in(leader).get("/dashboard/").context["board"].milestones
    assert [(row.milestone.title, row.days_late) for row in board.overdue] == [("已逾期", 3)]
    assert [row.milestone.title for row in board.soon] == ["今天到期", "两周内"]
    assert (board.overdue_tasks, board.soon_tasks) == (1, 1)
