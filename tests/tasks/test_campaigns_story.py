"""The story of a campaign month by month: what was accepted, what was decided, and to whom each is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from time_machine import Traveller

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.boards.campaign_story import OPEN, TOLD, CampaignMonth
from tasks.models import Campaign, Period, Task
from tasks.services.directives import close_directive, issue_directive
from tasks.services.leads import reassign
from tasks.services.obstacles import resolve_obstacle
from tasks.services.past import keep, keep_all
from tasks.services.reviews import reopen_report
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import queries
from tests.tasks.reports import shown
from tests.tasks.stories import again

DAY = dt.date(2026, 11, 23)


def months(user: User, campaign: Campaign, query: str = "") -> list[CampaignMonth]:
    """Return the story as the page was given it, newest month first."""
    page = signed_in(user).get(f"/campaigns/{campaign.pk}/{query}")
    found: list[CampaignMonth] = page.context["story"].months
    return found


def accepted(task: Task, period: Period, progress: str, **more: Any) -> Any:
    return factories.report(task=task, period=period, state="accepted", progress=progress, **more)


def told(month: CampaignMonth) -> list[str]:
    return [one.filing.progress for one in month.told]


def test_what_was_accepted_is_told_with_problems_and_next_steps(
    leader: User, task: Task, period: Period
) -> None:
    accepted(task, period, "完成主体施工", problems="管线未迁", next_steps="年底验收")
    page = shown(signed_in(leader).get(f"/campaigns/{task.campaign_id}/"))
    for words in ("完成主体施工", "管线未迁", "年底验收", "November 2026", "1 report accepted"):
        assert words in page


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
@pytest.mark.parametrize("who", ["leader", "reporter", "office", "administrator"])
def test_what_is_not_accepted_is_told_to_nobody(
    who: str, state: str, task: Task, period: Period, request: pytest.FixtureRequest
) -> None:
    factories.report(task=task, period=period, state=state, progress="尚未审核的话")
    user = request.getfixturevalue(who)
    assert told(months(user, task.campaign)[0]) == []
    assert "尚未审核的话" not in shown(signed_in(user).get(f"/campaigns/{task.campaign_id}/"))


def test_an_acceptance_taken_back_is_told_no_more_but_as_of_the_days_before(
    leader: User, office: User, task: Task, period: Period, clock: Traveller
) -> None:
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    clock.move_to(factories.at(dt.date(2026, 11, 12)))
    report = accepted(task, period, "已经审核的话")
    keep([report], now=factories.at(dt.date(2026, 11, 12)))
    clock.move_to(factories.at(DAY))
    reopen_report(report=report, reason="数据有误", by=again(office))
    assert told(months(leader, task.campaign)[0]) == []
    assert told(months(leader, task.campaign, "?as_of=2026-11-22")[0]) == ["已经审核的话"]
    assert told(months(leader, task.campaign, "?as_of=2026-11-11")[0]) == []


def test_a_unit_reads_of_a_campaign_its_own_tasks_alone(
    task: Task, period: Period, south: Unit, other_reporter: User, reporter: User, hq_office: User
) -> None:
    theirs = factories.task(campaign=task.campaign, lead_unit=south)
    accepted(task, period, "东门的话")
    accepted(theirs, period, "南湖的话")
    assert told(months(reporter, task.campaign)[0]) == ["东门的话"]
    assert told(months(other_reporter, task.campaign)[0]) == ["南湖的话"]
    assert set(told(months(hq_office, task.campaign)[0])) == {"东门的话", "南湖的话"}


def test_the_worst_is_told_first_and_the_rest_folds_away(
    leader: User, campaign: Campaign, east: Unit, period: Period
) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    for n, (light, problems) in enumerate(
        [("green", ""), ("green", "有困难"), ("yellow", ""), ("red", ""), ("yellow", "也滞后")]
    ):
        task = factories.task(campaign=campaign, lead_unit=east)
        accepted(task, october, f"{n}", problems=problems, own_light="green")
        factories.light(task=task, period=october, automatic=light)
    month = months(leader, campaign)[1]
    assert [one.filing.progress for one in month.exceptions] == ["3", "2", "4"]
    assert [one.light for one in month.exceptions] == ["red", "yellow", "yellow"]
    assert [one.filing.progress for one in month.others] == ["1", "0"]


def test_a_month_still_open_goes_by_what_the_units_say_of_themselves(
    leader: User, campaign: Campaign, east: Unit, period: Period
) -> None:
    for light in ("green", "red"):
        accepted(factories.task(campaign=campaign, lead_unit=east), period, light, own_light=light)
    month = months(leader, campaign)[0]
    assert [one.filing.progress for one in month.exceptions] == ["red"]


def test_of_many_reports_a_dozen_are_told_and_the_others_counted(
    leader: User, campaign: Campaign, east: Unit, period: Period
) -> None:
    client, address = signed_in(leader), f"/campaigns/{campaign.pk}/"

    def more(number: int) -> None:
        for _n in range(number):
            task = factories.task(campaign=campaign, lead_unit=east)
            accepted(task, period, "进展", own_light="red")
            factories.change(task=task, decision="accepted", words="同意")
            factories.closing(task=task, decision="closed", words="属实")
            factories.obstacle(task=task)

    more(2)
    few = queries(client, address)
    more(TOLD)
    assert queries(client, address) == few
    month = months(leader, campaign)[0]
    assert (len(month.told), month.accepted, month.untold) == (TOLD, TOLD + 2, 2)
    assert len(month.exceptions) == OPEN
    assert f"{TOLD + 2} reports accepted" in shown(client.get(address))


def test_each_month_has_its_light_progress_and_change(leader: User, task: Task, period: Period) -> None:
    for number, actual in ((9, 40), (10, 70)):
        closed = factories.period(month=dt.date(2026, number, 1), closed=True)
        factories.light(task=task, period=closed, actual_percent=actual, scheduled_percent=75)
    Task.objects.update(actual_percent=80, scheduled_percent=83)
    november, october, september = months(leader, task.campaign)
    assert figures(september) == ["red", 40, 75, None]
    assert figures(october) == ["green", 70, 75, 30]
    assert figures(november) == ["green", 80, 83, 10]


def figures(month: CampaignMonth) -> list[Any]:
    return [month.light, month.actual, month.scheduled, month.change]


# Decisions


@pytest.fixture
def decided(
    task: Task, period: Period, leader: User, office: User, administrator: User, south: Unit, clock: Traveller
) -> Task:
    """In November: a directive on the 3rd, closed on the 12th; an obstacle resolved, a change, a close-out, a lead."""
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    other = factories.task(campaign=task.campaign, lead_unit=south, title="另一任务")
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    clock.move_to(factories.at(dt.date(2026, 11, 3)))
    due = dt.date(2026, 11, 20)
    directive = issue_directive(subject=task, text="机密批示", units=[south], due_on=due, by=again(leader))
    obstacle = factories.obstacle(task=task, what="管线迁改受阻", level="office")
    clock.move_to(factories.at(dt.date(2026, 11, 12)))
    close_directive(directive=directive, words="办结。", by=again(leader))
    resolve_obstacle(obstacle=obstacle, resolution="已协调。", by=again(office))
    clock.move_to(factories.at(dt.date(2026, 11, 16)))
    factories.change(task=task, decision="accepted", words="同意延期。")
    factories.change(task=other)
    factories.closing(task=task, decision="returned", words="材料不全")
    factories.closing(task=other, decision="closed", words="属实")
    clock.move_to(factories.at(dt.date(2026, 11, 18)))
    reassign(
        subject=task, unit=south, starts_on=dt.date(2026, 11, 18), reason="调整", by=again(administrator)
    )
    clock.move_to(factories.at(DAY))
    return task


def kinds(user: User, task: Task, query: str = "") -> list[str]:
    return [one.kind for one in months(user, task.campaign, query)[0].decided]


def test_decisions_stand_in_their_month_the_latest_first(decided: Task, leader: User) -> None:
    assert kinds(leader, decided) == ["lead", "change", "closing", "obstacle", "closed", "issued"]
    page = shown(signed_in(leader).get(f"/campaigns/{decided.campaign_id}/"))
    for words in ("New lead unit", "调整", "同意延期。", "另一任务", "已协调。", "机密批示"):
        assert words in page
    assert "材料不全" not in page


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2026-11-02", set()),
        ("2026-11-11", {"issued"}),
        ("2026-11-12", {"issued", "closed", "obstacle"}),
        ("2026-11-17", {"issued", "closed", "obstacle", "change", "closing"}),
        ("2026-11-18", {"issued", "closed", "obstacle", "change", "closing", "lead"}),
    ],
)
def test_as_of_a_day_only_what_had_been_decided_is_told(
    decided: Task, leader: User, day: str, known: set[str]
) -> None:
    assert set(kinds(leader, decided, f"?as_of={day}")) == known


@pytest.mark.parametrize("query", ["", "?as_of=2026-11-20"])
def test_directives_are_told_to_those_concerned_alone(
    decided: Task, leader: User, reporter: User, administrator: User, hq_office: User, query: str
) -> None:
    address = f"/campaigns/{decided.campaign_id}/{query}"
    for person in (leader, hq_office):
        assert {"issued", "closed"} < set(kinds(person, decided, query))
    far_office = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    assert signed_in(far_office).get(address).status_code == 404
    for person in (reporter, administrator):
        assert not {"issued", "closed"} & set(kinds(person, decided, query))
        page = shown(signed_in(person).get(address))
        assert "机密" not in page
        assert "批示〔" not in page


def test_a_task_one_does_not_see_tells_nothing_of_its_decisions(
    decided: Task, task: Task, reporter: User
) -> None:
    page = shown(signed_in(reporter).get(f"/campaigns/{task.campaign_id}/"))
    assert "另一任务" not in page
    assert "closing" not in kinds(reporter, task)


# The page of a task tells its own


def test_the_page_of_a_task_tells_its_own_decisions_in_their_month(
    decided: Task, period: Period, leader: User, reporter: User
) -> None:
    keep([factories.report(task=decided, period=period)], now=factories.at(dt.date(2026, 11, 1)))
    assert kinds_of_task(leader, decided) == ["lead", "change", "obstacle", "closed", "issued"]
    assert kinds_of_task(reporter, decided) == ["lead", "change", "obstacle"]  # directives are not for all
    assert kinds_of_task(leader, decided, "?as_of=2026-11-12") == ["obstacle", "closed", "issued"]
    assert kinds_of_task(leader, decided, "?as_of=2026-11-11") == ["issued"]
    section = shown(signed_in(leader).get(f"/tasks/{decided.pk}/")).split('aria-labelledby="story"')[1]
    for words in ("New lead unit", "同意延期。", "已协调。", "机密批示"):
        assert words in section
    assert "机密批示" not in shown(signed_in(reporter).get(f"/tasks/{decided.pk}/"))


def kinds_of_task(user: User, task: Task, query: str = "") -> list[str]:
    story = signed_in(user).get(f"/tasks/{task.pk}/{query}").context["board"].story
    return [one.kind for one in story[0].decided]


def test_before_the_first_period_there_is_no_story(leader: User, campaign: Campaign) -> None:
    assert months(leader, campaign) == []
    assert "No report has fallen due yet" in shown(signed_in(leader).get(f"/campaigns/{campaign.pk}/"))
