"""Every figure of the dashboard opens the list that it counts."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.boards.filing import FILING, filing_code
from tasks.models import Report, StateChoices, Task, Timeliness
from tasks.services.past import keep, keep_all
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import LEDGER, District, counting_links, district, links, rows_in, text


@pytest.fixture
def world(headquarters: Headquarters) -> District:
    """A district with everything in it."""
    return district(headquarters)


@pytest.fixture
def people(world: District, leader: User, hq_office: User) -> dict[str, User]:
    """Who looks: somebody who sees all, a headquarters' office, and a unit's reporter."""
    reporter = factories.user_with(RoleCode.REPORTER, unit=world.units[1])
    return {"leader": leader, "hq_office": hq_office, "reporter": reporter}


@pytest.mark.parametrize("who", ["leader", "hq_office", "reporter"])
def test_every_figure_opens_as_many_rows_as_it_counts(who: str, people: dict[str, User]) -> None:
    client = signed_in(people[who])
    figures = counting_links(client.get("/dashboard/"))
    assert len(figures) > 15
    for address, figure in figures.items():
        assert rows_in(client, address) == figure, address


NARROWED = {
    "goal={goal}": 10,
    "headquarters={headquarters}": 20,
    "supervisor=区长": 20,
    "supervisor=副区长": 10,
    "goal={goal}&headquarters={headquarters}": 10,
    "goal={goal}&supervisor=副区长": 0,
    "headquarters={headquarters}&supervisor=区长": 10,
    "goal={goal}&headquarters={headquarters}&supervisor=区长": 10,
}
"""Ways to narrow the boards of ``world``, and how many tasks are left."""
LISTS = (LEDGER, "/obstacles/", "/directives/")


def narrowed(world: District, query: str) -> str:
    goal = world.campaigns[0].goals.get()
    return query.format(goal=goal.pk, headquarters=world.headquarters.pk)


@pytest.mark.parametrize(("query", "tasks"), NARROWED.items())
@pytest.mark.parametrize("page", ["/dashboard/", "/campaigns/"])
def test_every_figure_of_a_narrowed_board_opens_the_rows_it_counts(
    page: str, query: str, tasks: int, world: District, leader: User
) -> None:
    for n, task in enumerate(world.tasks[::4]):
        factories.obstacle(task=task, level="leader")
        factories.directive(task=task, due_on=dt.date(2026, 11, 20 + n), issued_by=leader)
    client = signed_in(leader)
    opened = client.get(f"{page}?{narrowed(world, query)}")
    assert not opened.context["form"].errors
    figures = counting_links(opened, LISTS)
    assert counted(opened) == tasks
    assert len(figures) > (15 if page == "/dashboard/" else 2) or not tasks
    for address, figure in figures.items():
        assert rows_in(client, address) == figure, address


def counted(response: Any) -> int:
    """Return how many tasks the board counts, by its campaigns."""
    context = response.context
    rows = context["board"].campaigns if "board" in context else context["rows"]
    return sum(row.tally.total for row in rows)


@pytest.mark.parametrize(("query", "tasks"), NARROWED.items())
def test_every_figure_of_a_narrowed_past_day_opens_the_rows_of_that_day(
    query: str, tasks: int, world: District, leader: User
) -> None:
    before = factories.at(dt.date(2026, 11, 20))
    keep_all(now=before)
    keep(Report.objects.all(), now=before)
    Task.objects.exclude(light="blue").update(light="green", lifecycle="active")
    Report.objects.filter(state="submitted").update(timeliness="on_time")
    client = signed_in(leader)
    page = client.get(f"/dashboard/?{narrowed(world, query)}&as_of=2026-11-20")
    assert counted(page) == tasks
    figures = counting_links(page, LISTS)
    assert len(figures) > 15 or not tasks
    for address, figure in figures.items():
        assert "as_of=2026-11-20" in address
        assert rows_in(client, address) == figure, address


def test_each_leader_s_campaigns_can_be_chosen_from_the_list_of_all(world: District, leader: User) -> None:
    client = signed_in(leader)
    page = client.get("/campaigns/")
    offered = {words: href for href, words in links(page) if "supervisor=" in href}
    assert set(offered) == {"区长", "副区长"}
    chosen = client.get(f"/campaigns/{offered['区长']}")
    assert [row.campaign.number for row in chosen.context["rows"]] == [1, 3]


def test_lights_add_up_to_the_tasks_and_the_cancelled_are_not_counted(world: District, leader: User) -> None:
    tally = signed_in(leader).get("/dashboard/").context["board"].tally
    assert tally.total == len(world.tasks) == 30
    assert sum(tally.lights.values()) == 30
    assert Task.objects.count() == 31


def test_the_filing_rate_is_the_share_of_the_reports_asked_for(world: District, leader: User) -> None:
    client = signed_in(leader)
    page = client.get("/dashboard/")
    filing = page.context["board"].filing
    filed = rows_in(client, f"{page.context['area'].ledger}&report=filed")
    exempt = rows_in(client, f"{page.context['area'].ledger}&report=exempt")
    assert filing.filed == filed
    assert filing.rate == 100 * filed // (len(world.tasks) - exempt)
    assert re.search(rf"Filed for November {filing.rate}%", text(page))


@pytest.mark.parametrize("timeliness", ["", *Timeliness.values])
@pytest.mark.parametrize("state", StateChoices.values)
def test_a_loaded_report_stands_where_the_database_counts_it(db: None, state: str, timeliness: str) -> None:
    row = {"state": state, "timeliness": timeliness}
    counted = [code for code, (_words, condition) in FILING.items() if condition.check(row)]
    assert counted == [filing_code(state, timeliness)]


def test_each_report_is_counted_once_in_the_filing(world: District, leader: User) -> None:
    filing = signed_in(leader).get("/dashboard/").context["board"].filing
    assert filing.counts.total() == world.period.reports.count() == 30


def test_a_unit_is_blamed_for_what_is_past_due_only_once_it_is(world: District, leader: User) -> None:
    client = signed_in(leader)
    before = client.get("/dashboard/").context["board"].filing
    assert not before.is_past_due
    assert all(unit.counts["late"] or unit.counts["missed"] for unit in before.blamed)
    world.period.due_at = factories.at(dt.date(2026, 11, 20), 18)
    world.period.save()
    page = client.get("/dashboard/")
    assert page.context["board"].filing.is_past_due
    assert "Overdue" in text(page)
    by_report = {href: n for href, n in counting_links(page).items() if "report=" in href}
    assert any("reporting_unit=" in href for href in by_report)
    for address, figure in by_report.items():
        assert rows_in(client, address) == figure, address


def test_a_task_reassigned_after_late_filing_stays_counted_against_the_unit_that_was_late(
    leader: User, campaign: object, task: Task, south: Unit
) -> None:
    report = factories.report(task=task, state="accepted")
    report.timeliness = "late"
    report.save()
    task.lead_unit = south
    task.save()
    client = signed_in(leader)
    page = client.get("/dashboard/")
    blamed = page.context["board"].filing.blamed
    assert [unit.pk for unit in blamed] == [report.unit_id]
    assert rows_in(client, f"/tasks/?report=late&reporting_unit={report.unit_id}") == 1
    assert rows_in(client, f"/tasks/?report=late&reporting_unit={south.pk}") == 0


def test_attention_counts_red_and_overdue_tasks_once(leader: User, task: Task) -> None:
    Task.objects.update(light="red", due_on=dt.date(2026, 11, 1))
    factories.task(campaign=task.campaign, light="green", due_on=dt.date(2026, 11, 1), title="逾期任务")
    factories.task(campaign=task.campaign, light="yellow")
    client = signed_in(leader)
    page = client.get("/dashboard/")
    assert page.context["board"].tally.attention == 2
    assert [row.task.light for row in page.context["board"].attention] == ["red", "green"]
    assert "22 days past the due date" in text(page)


def test_the_worst_come_first_with_reasons_lead_and_since_when(leader: User, task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(
        light="red",
        actual_percent=Decimal("45.0"),
        scheduled_percent=Decimal("83.3"),
        light_reasons=[
            {"code": "behind_plan", "points": "38.3"},
            {"code": "key_milestone_late", "milestone": "签约率100%", "days": 42},
        ],
    )
    factories.task(
        campaign=task.campaign, light="red", actual_percent=Decimal(80), scheduled_percent=Decimal("83.3")
    )
    page = signed_in(leader).get("/dashboard/")
    assert page.context["board"].attention[0].task == task
    words = text(page)
    assert "38.3 percentage points behind plan" in words
    assert "key milestone “签约率100%” 42 days late" in words
    assert "Dongmen Sub-district · since 2026-01-01" in words


def test_more_than_fit_are_counted_and_linked(leader: User, task: Task, east: Unit) -> None:
    factories.many_tasks(20, campaign=task.campaign, unit=east, light="red")
    client = signed_in(leader)
    page = client.get("/dashboard/")
    assert page.context["board"].tally.attention == 20
    assert len(page.context["board"].attention) < 20
    assert "Show all" in text(page)
    assert rows_in(client, f"{page.context['area'].ledger}&attention=on&sort=light") == 20
