"""The command structure as of a past day: names, teams, leads and posts as they were then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from time_machine import Traveller

from commands.models import Headquarters, Unit, User
from commands.services.posts import end_post
from commands.services.teams import rename_team
from commands.services.units import rename_unit
from tasks.models import Campaign, Period, Task
from tasks.services.book_campaigns import edit_campaign
from tasks.services.book_tasks import edit_task
from tasks.services.leads import reassign
from tasks.services.past import keep_all
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import queries, rows_in, text

TODAY = dt.date(2026, 11, 23)
BEFORE = "2026-11-09"
CHANGE = dt.date(2026, 11, 10)


@pytest.fixture
def changed(
    administrator: User, campaign: Campaign, task: Task, period: Period, east: Unit, south: Unit
) -> None:
    """On 10 November the campaign with its task passed on, the unit and a team were renamed."""
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    why: dict[str, Any] = {"reason": "调整", "by": administrator}
    reassign(subject=campaign, unit=south, starts_on=CHANGE, with_tasks=True, **why)
    rename_unit(unit=south, name="南湖新名", name_en="New Nanhu", starts_on=CHANGE, **why)
    team = factories.team(headquarters=campaign.headquarters, name="甲组", starts_on=dt.date(2026, 1, 1))
    rename_team(team=team, name="乙组", starts_on=CHANGE, **why)


@pytest.mark.parametrize("page", ["/headquarters/", "/headquarters/{}/"])
def test_leads_and_teams_of_the_day(
    changed: None, leader: User, headquarters: Headquarters, page: str
) -> None:
    client, address = signed_in(leader), page.format(headquarters.pk)
    then, now = (text(client.get(address + query)) for query in (f"?as_of={BEFORE}", ""))
    assert "As of 2026-11-09" in then
    assert "As of 2026-11-09" not in now
    for word, other in (("Dongmen", "Nanhu"), ("甲组", "乙组")):
        assert word in then
        assert other not in then
        assert other in now


def test_units_are_called_and_lead_as_on_that_day(
    changed: None, leader: User, task: Task, east: Unit, south: Unit
) -> None:
    client = signed_in(leader)
    then = text(client.get(f"/units/?as_of={BEFORE}"))
    assert "Nanhu Sub-district" in then
    assert "New Nanhu" not in then
    assert task.title in text(client.get(f"/units/{east.pk}/?as_of={BEFORE}"))
    assert "It led no task" in text(client.get(f"/units/{south.pk}/?as_of={BEFORE}"))
    assert task.title in text(client.get(f"/units/{south.pk}/"))


def test_posts_are_those_of_the_day(
    campaign: Campaign, leader: User, reporter: User, administrator: User, east: Unit
) -> None:
    end_post(post=reporter.posts.get(), ends_on=TODAY, by=administrator)
    client = signed_in(leader)
    assert "Nobody holds a post" in text(client.get(f"/units/{east.pk}/"))
    assert "Reporter" in text(client.get(f"/units/{east.pk}/?as_of=2026-11-22"))


def test_the_dashboard_of_a_past_day_shows_whose_own_light_differed(leader: User, task: Task) -> None:
    said, agreed = {"automatic_light": "yellow", "own_light": "green"}, {"own_light": "yellow"}
    for day, lights in ((dt.date(2026, 11, 1), said), (CHANGE, agreed)):
        Task.objects.filter(pk=task.pk).update(**lights)
        keep_all(now=factories.at(day))
    client = signed_in(leader)
    words = "Unit: On track; rules: Behind"
    assert words in text(client.get(f"/dashboard/?as_of={BEFORE}"))
    assert words not in text(client.get("/dashboard/"))


def test_supporting_units_are_those_of_the_day(
    leader: User, task: Task, east: Unit, south: Unit, administrator: User, clock: Traveller
) -> None:
    office = factories.unit(name="信访局", name_en="Petitions Office")
    task.supporting_units.add(south)
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    clock.move_to(factories.at(CHANGE))
    edit_task(task=task, supporting=[office], reason="", by=administrator)
    rename_unit(
        unit=south, name="南湖新名", name_en="New Nanhu", starts_on=CHANGE, reason="调整", by=administrator
    )
    edit_task(task=task, supporting=[south], reason="", by=administrator)  # of one day its end is kept
    edit_task(task=task, supporting=[office], reason="", by=administrator)
    clock.move_to(factories.at(TODAY))

    then, later, now = (
        facts(leader, f"/tasks/{task.pk}/{query}") for query in (f"?as_of={BEFORE}", f"?as_of={CHANGE}", "")
    )

    assert "Supporting units Nanhu Sub-district Campaign" in then
    for words in (later, now):
        assert "Supporting units Petitions Office Campaign" in words


def test_who_supported_a_task_and_came_to_lead_it_does_both_on_its_own_day_only(
    leader: User, task: Task, south: Unit, administrator: User
) -> None:
    task.supporting_units.add(south)
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    reassign(subject=task, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    assert "Supporting units Nanhu" in facts(leader, f"/tasks/{task.pk}/?as_of={BEFORE}")
    assert "Supporting units" not in facts(leader, f"/tasks/{task.pk}/")


def test_a_past_day_is_narrowed_by_who_commanded_and_supervised_then(
    leader: User, campaign: Campaign, task: Task, administrator: User, clock: Traveller
) -> None:
    before, after = campaign.headquarters, factories.headquarters()
    assert before is not None
    factories.nameplate(headquarters=after, name=after.name, name_en=after.name_en)
    Campaign.objects.update(supervisor_title="区长")
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    clock.move_to(factories.at(CHANGE))
    values = {"headquarters": after, "supervisor_title": "副区长"}
    edit_campaign(campaign=campaign, goals=[], by=administrator, **values)
    clock.move_to(factories.at(TODAY))
    client = signed_in(leader)
    for narrowed, then, now in (
        (f"headquarters={before.pk}", 1, 0),
        (f"headquarters={after.pk}", 0, 1),
        ("supervisor=区长", 1, 0),
        ("supervisor=副区长", 0, 1),
    ):
        for query, number in ((f"{narrowed}&as_of={BEFORE}", then), (narrowed, now)):
            page = client.get(f"/dashboard/?{query}").context
            if page["form"].errors:  # who supervised nothing is no choice there
                assert (narrowed.partition("=")[0], number) == ("supervisor", 0)
                continue
            assert (page["board"].tally.total, len(page["board"].campaigns)) == (number, number), query
            assert rows_in(client, f"/tasks/?{query}") == number


def facts(user: User, address: str) -> str:
    """Return what the page of a task says of it besides its standing."""
    words = text(signed_in(user).get(address))
    return words[words.index("The task ") :]


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-02-30", "2026-11-24", "20261101", "2026-11-1", "٢٠٢٦-١١-٠١"]
)
@pytest.mark.parametrize("page", ["/headquarters/", "/units/"])
def test_what_is_no_day_or_lies_ahead_is_a_bad_request(
    leader: User, campaign: Campaign, page: str, day: str
) -> None:
    assert signed_in(leader).get(page, {"as_of": day}).status_code == 400


@pytest.mark.parametrize("page", ["/headquarters/", "/units/"])
def test_the_past_asks_as_many_questions_however_much_there_was(
    changed: None, leader: User, campaign: Campaign, east: Unit, page: str
) -> None:
    client, address = signed_in(leader), f"{page}?as_of={BEFORE}"
    few = queries(client, address)
    for n in range(2, 8):
        factories.campaign(book=campaign.book, number=n, lead_unit=factories.unit())
    factories.many_tasks(20, campaign=campaign, unit=east)
    assert queries(client, address) == few
