"""The command headquarters: nameplates over time, co-location, teams, posts, and what they command."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from commands.models import Headquarters, User
from commands.roles import RoleCode
from tasks.boards.headquarters import lineages
from tasks.models import Campaign, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import counting_links, district, fill, queries, rows_in, text

CHANGE = dt.date(2023, 1, 30)


@pytest.fixture
def renamed(db: None) -> Headquarters:
    """The headquarters of 30 January 2023: renamed, and one staff with a second nameplate."""
    made = factories.headquarters(name="清水河总部新城建设指挥部", name_en="Qingshuihe Command", number=90)
    before = factories.nameplate(
        headquarters=made, name="大梧桐新兴产业带分指挥部", name_en="Wutong Sub-Command", ends_on=CHANGE
    )
    factories.nameplate(
        headquarters=made,
        name=made.name,
        name_en=made.name_en,
        starts_on=CHANGE,
        renamed_from=before,
        reason="更名并合署办公",
        reason_en="Renamed, and works together",
    )
    factories.nameplate(
        headquarters=made, name="笋岗-清水河分指挥部", name_en="Sungang Sub-Command", is_principal=False
    )
    return made


@pytest.mark.parametrize("who", ["reporter", "stranger", "leader", "administrator", "hq_office"])
def test_the_structure_is_open_to_everybody_who_signs_in(
    who: str, request: pytest.FixtureRequest, campaign: Campaign, headquarters: Headquarters
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert headquarters.name_en in text(client.get("/headquarters/"))
    assert client.get(f"/headquarters/{headquarters.pk}/").status_code == 200


def test_a_headquarters_that_does_not_exist_is_not_found(leader: User, campaign: Campaign) -> None:
    assert signed_in(leader).get("/headquarters/99999/").status_code == 404


def test_which_name_followed_which_when_and_why(
    leader: User, renamed: Headquarters, campaign: Campaign
) -> None:
    words = text(signed_in(leader).get(f"/headquarters/{renamed.pk}/"))
    now, before, beside = (
        words.index(name) for name in ("since 2023-01-30", "Wutong Sub-Command", "further nameplate")
    )
    assert now < before < beside
    assert "Renamed, and works together" in words
    assert "until 2023-01-29" in words
    assert "first day not known" in words


def test_two_nameplates_of_one_staff_are_shown_as_such(
    leader: User, renamed: Headquarters, campaign: Campaign
) -> None:
    client = signed_in(leader)
    assert "Two nameplates, one staff: also Sungang Sub-Command" in text(
        client.get(f"/headquarters/{renamed.pk}/")
    )
    assert "Two nameplates, one staff Sungang Sub-Command" in text(client.get("/headquarters/"))


def test_lines_of_descent_begin_with_today_s_principal_nameplate(renamed: Headquarters) -> None:
    loaded = Headquarters.objects.with_nameplates().get(pk=renamed.pk)
    assert [[plate.name_en for plate in line] for line in lineages(loaded)] == [
        ["Qingshuihe Command", "Wutong Sub-Command"],
        ["Sungang Sub-Command"],
    ]


def test_teams_groups_and_posts_of_today(
    leader: User, hq_office: User, headquarters: Headquarters, campaign: Campaign
) -> None:
    factories.team(headquarters=headquarters, name="综合协调专班", name_en="Coordination Team")
    factories.team(
        headquarters=headquarters, kind="dedicated_group", name="专责组一", name_en="Dedicated group 1"
    )
    factories.team(headquarters=headquarters, name_en="Old Team", ends_on=dt.date(2026, 1, 1))
    hq_office.title, hq_office.office_phone = "办公室主任", "0755-25660001"
    hq_office.save()
    factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters(), title="别的办公室")
    words = text(signed_in(leader).get(f"/headquarters/{headquarters.pk}/"))
    for expected in ("Coordination Team Work team", "Dedicated group 1", "办公室主任", "0755-25660001"):
        assert expected in words
    assert "Old Team" not in words
    assert "别的办公室" not in words


def test_every_figure_opens_what_it_counts(leader: User, headquarters: Headquarters) -> None:
    district(headquarters)
    client = signed_in(leader)
    for address in ("/headquarters/", f"/headquarters/{headquarters.pk}/"):
        figures = counting_links(client.get(address))
        assert len(figures) >= 15
        for href, figure in figures.items():
            assert rows_in(client, href) == figure, href


def test_campaigns_without_headquarters_are_not_forgotten(
    leader: User, ten_campaigns: list[Campaign]
) -> None:
    page = signed_in(leader).get("/headquarters/")
    assert [row.campaign for row in page.context["direct"]] == ten_campaigns[1:]
    assert "Campaigns that answer to the district directly" in text(page)


def test_tasks_are_only_those_the_reader_sees(
    other_reporter: User, task: Task, headquarters: Headquarters
) -> None:
    page = signed_in(other_reporter).get(f"/headquarters/{headquarters.pk}/")
    assert page.context["board"].row.tally.total == 0
    assert task.campaign.name_en not in text(page)


def test_a_dissolved_headquarters_leaves_the_list_and_keeps_its_page(
    leader: User, renamed: Headquarters, campaign: Campaign
) -> None:
    renamed.dissolved_on = dt.date(2026, 6, 1)
    renamed.save()
    client = signed_in(leader)
    assert renamed.name_en not in text(client.get("/headquarters/"))
    assert "dissolved on 2026-06-01" in text(client.get(f"/headquarters/{renamed.pk}/"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["/headquarters/", "/headquarters/{}/"])
def test_they_read_in_both_languages(
    language: str, address: str, leader: User, campaign: Campaign, headquarters: Headquarters
) -> None:
    client = signed_in(leader)
    client.cookies["django_language"] = language
    words = text(client.get(address.format(headquarters.pk)))
    assert (headquarters.name_en in words) == (language == "en")
    with translation.override(language):
        assert translation.gettext("Command structure") in words


@pytest.mark.parametrize("address", ["/headquarters/", "/headquarters/{}/"])
def test_they_ask_as_many_questions_however_many_tasks_there_are(
    address: str, leader: User, ten_campaigns: list[Campaign], headquarters: Headquarters
) -> None:
    unit = factories.unit()
    client = signed_in(leader)
    address = address.format(headquarters.pk)
    fill(2, ten_campaigns, unit, [factories.period()])
    few = queries(client, address)
    fill(20, ten_campaigns, unit, [factories.period()])
    factories.team(headquarters=headquarters)
    factories.nameplate(headquarters=headquarters, is_principal=False)
    assert queries(client, address) == few
