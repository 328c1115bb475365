"""The list of campaigns, and the page of one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, LeadAssignment, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import counting_links, district, fill, links, queries, rows_in, text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("leader", 200),
        ("administrator", 200),
        ("office", 200),
        ("hq_office", 200),
        ("reporter", 200),
        ("other_reporter", 404),
        ("stranger", 404),
    ],
)
def test_a_strangers_campaign_is_not_found(
    who: str, status: int, request: pytest.FixtureRequest, campaign: Campaign
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(f"/campaigns/{campaign.pk}/").status_code == status
    listed = [row.campaign for row in client.get("/campaigns/").context["rows"]]
    assert (campaign in listed) is (status == 200)


def test_a_supporting_unit_sees_the_campaign_with_its_own_task_only(
    other_reporter: User, south: Unit, campaign: Campaign
) -> None:
    factories.task(campaign=campaign, title="我们配合的任务").supporting_units.add(south)
    factories.task(campaign=campaign, title="别人的任务")
    words = text(signed_in(other_reporter).get(f"/campaigns/{campaign.pk}/"))
    assert "我们配合的任务" in words
    assert "别人的任务" not in words
    assert "Figures cover the tasks that you can see" in words


def test_the_list_tells_where_each_campaign_belongs(
    leader: User, campaign: Campaign, headquarters: Headquarters
) -> None:
    campaign.supervisor_title, campaign.supervisor_title_en = "常务副区长", "Executive Deputy Mayor"
    campaign.save()
    words = text(signed_in(leader).get("/campaigns/"))
    for expected in (
        campaign.name_en,
        headquarters.name_en,
        "Executive Deputy Mayor",
        campaign.goals.get().name,
        "Flag presented on 2026-01-30",
    ):
        assert expected in words


def test_the_list_narrows_to_a_goal_a_headquarters_and_an_earlier_book(
    leader: User, ten_campaigns: list[Campaign], headquarters: Headquarters
) -> None:
    client = signed_in(leader)
    old = factories.campaign(book=factories.book(year=2025))

    def listed(query: str) -> list[Campaign]:
        return [row.campaign for row in client.get(f"/campaigns/?{query}").context["rows"]]

    assert listed("") == ten_campaigns
    assert listed(f"goal={ten_campaigns[0].goals.get().pk}") == [ten_campaigns[0]]
    assert listed(f"headquarters={headquarters.pk}") == [ten_campaigns[0]]
    assert listed(f"book={old.book_id}") == [old]
    assert listed("book=abc&goal=-1") == ten_campaigns


def test_the_fold_of_menus_says_how_many_narrow_the_list(
    leader: User, ten_campaigns: list[Campaign], headquarters: Headquarters
) -> None:
    client = signed_in(leader)
    old = factories.campaign(book=factories.book(year=2025))

    def narrowed(query: str) -> int:
        return int(client.get(f"/campaigns/?{query}").context["form"].narrowed)

    assert narrowed("as_of=2026-11-20") == 0
    assert narrowed(f"book={ten_campaigns[0].book_id}&goal=&headquarters=abc") == 0
    assert narrowed(f"book={old.book_id}") == 1
    assert narrowed(f"goal={ten_campaigns[0].goals.get().pk}&headquarters={headquarters.pk}") == 2


def test_every_figure_of_the_list_opens_what_it_counts(leader: User, headquarters: Headquarters) -> None:
    district(headquarters)
    client = signed_in(leader)
    figures = counting_links(client.get("/campaigns/"))
    assert len(figures) == 15
    for address, figure in figures.items():
        assert rows_in(client, address) == figure, address


def test_every_figure_of_a_campaign_opens_what_it_counts(leader: User, headquarters: Headquarters) -> None:
    world = district(headquarters)
    client = signed_in(leader)
    page = client.get(f"/campaigns/{world.campaigns[0].pk}/")
    assert page.context["board"].tally.total == page.context["page"].paginator.count == 10
    for address, figure in counting_links(page).items():
        assert rows_in(client, address) == figure, address


def test_the_page_tells_who_led_it_when_with_which_flag(
    leader: User, campaign: Campaign, east: Unit, south: Unit
) -> None:
    LeadAssignment.objects.update(ends_on=dt.date(2026, 5, 6))
    factories.lead(campaign=campaign, unit=south, starts_on=dt.date(2026, 5, 6), reason="职责调整")
    page = signed_in(leader).get(f"/campaigns/{campaign.pk}/")
    assert [lead.unit for lead in page.context["board"].leads] == [south, east]
    words = text(page)
    assert "2026-01-01 – 2026-05-05" in words
    assert "Flag presented on 2026-01-30" in words
    assert "职责调整" in words


def test_the_page_draws_the_year_month_by_month(leader: User, campaign: Campaign) -> None:
    task = factories.task(campaign=campaign)
    for month in range(1, 11):
        factories.light(
            task=task,
            period=factories.period(month=dt.date(2026, month, 1), closed=True),
            actual_percent=Decimal(6 * month),
            scheduled_percent=Decimal(8 * month),
        )
    page = signed_in(leader).get(f"/campaigns/{campaign.pk}/")
    assert len(page.context["board"].chart.dots) == 10
    assert "2026-10 60.0% 80.0%" in text(page)


def test_the_worst_tasks_come_first_and_fifty_to_a_page(leader: User, campaign: Campaign, east: Unit) -> None:
    factories.many_tasks(60, campaign=campaign, unit=east)
    factories.task(campaign=campaign, light="red", title="最要紧的任务")
    client = signed_in(leader)
    first = client.get(f"/campaigns/{campaign.pk}/")
    assert next(iter(first.context["page"])).title == "最要紧的任务"
    assert len(first.context["page"]) == 50
    assert len(client.get(f"/campaigns/{campaign.pk}/?page=2").context["page"]) == 11
    assert client.get(f"/campaigns/{campaign.pk}/?page=-1").status_code == 200
    assert client.get(f"/campaigns/{campaign.pk}/?page=abc").context["page"].number == 1


def test_only_administrators_are_led_to_reassigning(
    administrator: User, leader: User, campaign: Campaign
) -> None:
    address = f"/reassignments/new/?campaign={campaign.pk}"
    assert address in dict(links(signed_in(administrator).get(f"/campaigns/{campaign.pk}/")))
    assert address not in dict(links(signed_in(leader).get(f"/campaigns/{campaign.pk}/")))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["/campaigns/", "/campaigns/{}/"])
def test_they_read_in_both_languages(language: str, address: str, leader: User, task: Task) -> None:
    client = signed_in(leader)
    client.cookies["django_language"] = language
    words = text(client.get(address.format(task.campaign_id)))
    assert (task.campaign.name_en in words) == (language == "en")
    with translation.override(language):
        assert translation.gettext("Tasks") in words


@pytest.mark.parametrize("address", ["/campaigns/", "/campaigns/{}/"])
def test_they_ask_as_many_questions_at_a_thousand_tasks_as_at_a_hundred(
    address: str, leader: User, ten_campaigns: list[Campaign], east: Unit
) -> None:
    periods = [factories.period(month=dt.date(2026, m, 1), closed=m < 11) for m in (10, 11)]
    client = signed_in(leader)
    address = address.format(ten_campaigns[0].pk)
    fill(10, ten_campaigns, east, periods)
    at_hundred = queries(client, address)
    fill(90, ten_campaigns, east, periods)
    assert queries(client, address) == at_hundred <= 20
