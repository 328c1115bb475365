"""The units: kinds, names over time, what they lead and led, people, and how they file."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, LeadAssignment, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import counting_links, district, fill, queries, rows_in, text


@pytest.mark.parametrize("who", ["reporter", "stranger", "leader", "administrator", "hq_office"])
def test_the_structure_is_open_to_everybody_who_signs_in(
    who: str, request: pytest.FixtureRequest, campaign: Campaign, south: Unit
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert south.name_en in text(client.get("/units/"))
    assert client.get(f"/units/{south.pk}/").status_code == 200


def test_a_unit_that_does_not_exist_is_not_found(leader: User, campaign: Campaign) -> None:
    assert signed_in(leader).get("/units/99999/").status_code == 404


def test_units_stand_by_kind_with_the_flags_they_carry(leader: User, campaign: Campaign, east: Unit) -> None:
    factories.unit(kind="department", name_en="Finance Bureau")
    page = signed_in(leader).get("/units/")
    assert [group.kind for group in page.context["groups"]] == ["Department", "Sub-district"]
    words = text(page)
    assert words.index("Finance Bureau") < words.index(east.name_en)
    assert f"⚑ {campaign.name_en}" in words


def test_every_figure_opens_what_it_counts(leader: User, headquarters: Headquarters) -> None:
    world = district(headquarters)
    client = signed_in(leader)
    for address in ("/units/", f"/units/{world.units[0].pk}/"):
        figures = counting_links(client.get(address))
        assert len(figures) >= 5
        for href, figure in figures.items():
            assert rows_in(client, href) == figure, href


def test_what_it_leads_now_and_what_it_led_before(
    leader: User, east: Unit, south: Unit, campaign: Campaign
) -> None:
    factories.task(campaign=campaign, lead_unit=east, title="现在牵头的任务")
    given = factories.task(campaign=campaign, lead_unit=east, title="移交的任务")
    LeadAssignment.objects.filter(task=given).update(ends_on=dt.date(2026, 5, 6))
    factories.lead(task=given, unit=south, starts_on=dt.date(2026, 5, 6))
    Task.objects.filter(pk=given.pk).update(lead_unit=south)
    page = signed_in(leader).get(f"/units/{east.pk}/")
    assert [task.title for task in page.context["page"]] == ["现在牵头的任务"]
    assert [lead.task for lead in page.context["board"].before] == [given]
    words = text(page)
    assert "2026-01-01 – 2026-05-05" in words
    assert campaign.name_en in words


def test_names_over_time(leader: User, east: Unit, campaign: Campaign) -> None:
    factories.unit_name(unit=east, name_en="Old Name Office", ends_on=dt.date(2024, 3, 1))
    factories.unit_name(unit=east, name_en=east.name_en, starts_on=dt.date(2024, 3, 1), reason="机构改革")
    words = text(signed_in(leader).get(f"/units/{east.pk}/"))
    assert words.index("since 2024-03-01") < words.index("until 2024-02-29")
    assert "Old Name Office" in words
    assert "机构改革" in words


def test_people_with_title_and_telephone_the_head_first(
    leader: User, reporter: User, head: User, other_reporter: User, campaign: Campaign, east: Unit
) -> None:
    for user, title in ((reporter, "综合科科长"), (head, "街道主任"), (other_reporter, "别处的人")):
        user.title, user.office_phone = title, "0755-2566 0001"
        user.save()
    words = text(signed_in(leader).get(f"/units/{east.pk}/"))
    assert words.index("街道主任") < words.index("综合科科长")
    assert "0755-2566 0001" in words
    assert "别处的人" not in words


def test_a_post_that_has_ended_is_gone(leader: User, reporter: User, east: Unit, campaign: Campaign) -> None:
    reporter.posts.update(ends_on=dt.date(2026, 11, 1))
    assert "Nobody holds a post there today." in text(signed_in(leader).get(f"/units/{east.pk}/"))


def test_the_filing_record_of_the_year_names_what_was_late_and_missed(
    leader: User, task: Task, east: Unit
) -> None:
    for month, state, timeliness in (
        (7, "accepted", "on_time"),
        (8, "accepted", "late"),
        (9, "missed", "missed"),
        (10, "exempt", ""),
    ):
        report = factories.report(
            task=task, period=factories.period(month=dt.date(2026, month, 1), closed=True), state=state
        )
        report.timeliness = timeliness
        report.save()
    factories.report(task=task)
    page = signed_in(leader).get(f"/units/{east.pk}/")
    record = page.context["board"].record
    assert record.counts == {"on_time": 1, "late": 1, "missed": 1}
    assert [report.period.month.month for report in record.late] == [8]
    assert [report.period.month.month for report in record.missed] == [9]
    assert "Filed late 2026-08 东门步行街改造" in text(page)


def test_tasks_and_record_are_only_those_the_reader_sees(
    other_reporter: User, task: Task, east: Unit
) -> None:
    factories.report(task=task, state="missed")
    page = signed_in(other_reporter).get(f"/units/{east.pk}/")
    assert task.title not in text(page)
    assert page.context["board"].record.counts.total() == 0
    assert page.context["board"].campaigns == []


def test_a_strangers_history_is_not_told(other_reporter: User, task: Task, east: Unit, south: Unit) -> None:
    LeadAssignment.objects.filter(task=task).update(ends_on=dt.date(2026, 5, 6))
    third = factories.unit()
    factories.lead(task=task, unit=third, starts_on=dt.date(2026, 5, 6))
    assert task.title not in text(signed_in(other_reporter).get(f"/units/{east.pk}/"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["/units/", "/units/{}/"])
def test_they_read_in_both_languages(
    language: str, address: str, leader: User, campaign: Campaign, east: Unit
) -> None:
    client = signed_in(leader)
    client.cookies["django_language"] = language
    words = text(client.get(address.format(east.pk)))
    assert (east.name_en in words) == (language == "en")
    with translation.override(language):
        assert translation.gettext("Units") in words


@pytest.mark.parametrize("address", ["/units/", "/units/{}/"])
def test_they_ask_as_many_questions_however_many_tasks_there_are(
    address: str, leader: User, ten_campaigns: list[Campaign], east: Unit
) -> None:
    client = signed_in(leader)
    address = address.format(east.pk)
    fill(2, ten_campaigns, east, [factories.period()])
    few = queries(client, address)
    fill(20, ten_campaigns, east, [factories.period()])
    assert queries(client, address) == few
