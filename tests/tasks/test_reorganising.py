"""Reorganising by the screens: what is refused, what is seen before, what follows, and who may."""

from __future__ import annotations

import datetime as dt
import re
from typing import TypeVar

import pytest
import time_machine
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from commands.models import Event, Headquarters, Post, Unit, User
from commands.roles import RoleCode
from commands.services.headquarters import rename_headquarters
from commands.services.teams import move_team, rename_team
from commands.services.units import rename_unit
from tasks.models import Campaign, Notification, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.headquarters import apply_structure, dissolve_headquarters, dissolve_team
from tasks.services.units import close_unit, merge_unit
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text
from tests.tasks.stories import refuses, told

TODAY = dt.date(2026, 11, 23)
AHEAD = dt.date(2026, 12, 1)
WHY = {"reason": "机构调整"}


Row = TypeVar("Row", bound=Model)


def again(row: Row) -> Row:
    """Return the row as it is now."""
    return type(row)._base_manager.get(pk=row.pk)


def seen(client: Client, address: str, **typed: object) -> str:
    """Ask for the preview and return its fingerprint."""
    response = client.post(address, {**typed, "action": "preview"})
    found = re.search(r'name="fingerprint" value="([0-9a-f]+)"', response.content.decode())
    assert found, text(response)
    return found[1]


# Three steps


def test_preview_changes_nothing_and_confirming_does(
    administrator: User, headquarters: Headquarters, campaign: Campaign
) -> None:
    client, address = signed_in(administrator), f"/headquarters/{headquarters.pk}/rename/"
    typed = {"name": "新指挥部", "name_en": "New Command", "starts_on": "2026-11-23", **WHY}
    preview = client.post(address, {**typed, "action": "preview"})
    words = text(preview)
    assert "特色商业街区建设指挥部" in words
    assert "新指挥部" in words
    assert again(headquarters).name == "特色商业街区建设指挥部"
    assert not Event.objects.exists()

    mark = seen(client, address, **typed)
    done = client.post(address, {**typed, "action": "confirm", "fingerprint": mark})
    assert done["Location"] == f"/headquarters/{headquarters.pk}/"
    assert again(headquarters).name == "新指挥部"
    (event,) = told("headquarters.rename")
    assert (event.actor, event.before["name"], event.after["reason"]) == (
        administrator,
        "特色商业街区建设指挥部",
        "机构调整",
    )


def test_a_preview_that_something_has_overtaken_is_refused_and_redrawn(
    administrator: User, headquarters: Headquarters, campaign: Campaign
) -> None:
    client, address = signed_in(administrator), f"/headquarters/{headquarters.pk}/rename/"
    typed = {"name": "新指挥部", "starts_on": "2026-12-05", **WHY}
    mark = seen(client, address, **typed)
    rename_headquarters(
        headquarters=headquarters, name="别的指挥部", starts_on=AHEAD, reason="更名", by=administrator
    )
    late = client.post(address, {**typed, "action": "confirm", "fingerprint": mark})
    assert late.status_code == 409
    assert "please look again and confirm" in text(late)
    assert not headquarters.nameplates.filter(name="新指挥部").exists()


def test_changing_something_keeps_what_was_typed(administrator: User, headquarters: Headquarters) -> None:
    client = signed_in(administrator)
    typed = {"name": "新指挥部", "starts_on": "2026-12-05", "reason": "先这样", "action": "change"}
    assert "先这样" in text(client.post(f"/headquarters/{headquarters.pk}/rename/", typed))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "长" * 101}, "at most 100 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"reason": "  "}, "Say why."),
        ({"reason": "长" * 301}, "at most 300 characters"),
        ({"starts_on": "2026-02-30"}, "Enter a day that exists"),
        ({"starts_on": "2031-01-01"}, "within a year"),
        ({"starts_on": "2023-01-30"}, "Choose a day after 2023-01-30"),
        ({"name": "特色商业街区建设指挥部", "name_en": ""}, ""),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(
    administrator: User, headquarters: Headquarters, typed: dict[str, str], words: str
) -> None:
    form = {"name": "新指挥部", "starts_on": "2026-11-23", **WHY, **typed, "action": "preview"}
    response = signed_in(administrator).post(f"/headquarters/{headquarters.pk}/rename/", form)
    assert response.status_code == 200
    assert words in text(response)
    assert not Event.objects.exists()


# Headquarters


def test_a_headquarters_with_work_to_do_is_not_dissolved_and_says_what_it_holds(
    administrator: User, headquarters: Headquarters, task: Task
) -> None:
    typed = {"ends_on": "2026-11-30", **WHY, "action": "preview"}
    response = signed_in(administrator).post(f"/headquarters/{headquarters.pk}/dissolve/", typed)
    assert "It still holds 1 unfinished tasks: 2026-1-01." in text(response)
    assert again(headquarters).dissolved_on is None


def test_dissolving_ends_nameplates_teams_and_posts(
    administrator: User, headquarters: Headquarters, hq_office: User, campaign: Campaign
) -> None:
    team = factories.team(headquarters=headquarters)
    dissolve_headquarters(headquarters=headquarters, ends_on=AHEAD, reason="撤销", by=administrator)
    assert headquarters.nameplates.get().ends_on == AHEAD
    assert (again(team).ends_on, hq_office.posts.get().ends_on) == (AHEAD, AHEAD)
    assert Headquarters.objects.standing_on(AHEAD - dt.timedelta(days=1)).exists()
    assert not Headquarters.objects.standing_on(AHEAD).exists()
    with refuses("dissolved"):
        rename_headquarters(headquarters=headquarters, name="新", starts_on=AHEAD, **WHY, by=administrator)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/headquarters/{headquarters}/rename/", "新指挥部"),
        ("/headquarters/{headquarters}/nameplates/", "分指挥部"),
        ("/headquarters/new/", "专项指挥部"),
        ("/units/{unit}/rename/", "新东门街道"),
        ("/units/new/", "区低空经济局"),
    ],
)
def test_a_name_tells_by_which_document_it_came(
    administrator: User, campaign: Campaign, headquarters: Headquarters, east: Unit, address: str, name: str
) -> None:
    client = signed_in(administrator)
    address = address.format(headquarters=headquarters.pk, unit=east.pk)
    typed = {"name": name, "starts_on": "2026-11-23", "document_number": "罗编〔2026〕5号", **WHY}
    if address == "/units/new/":
        typed["kind"] = "department"
    mark = seen(client, address, **typed)
    page = client.post(address, {**typed, "action": "confirm", "fingerprint": mark}, follow=True)
    assert "Document 罗编〔2026〕5号" in text(page)
    assert Event.objects.latest("pk").after["document_number"] == "罗编〔2026〕5号"


def test_two_nameplates_are_parted(administrator: User, headquarters: Headquarters) -> None:
    plate = factories.nameplate(headquarters=headquarters, name="第二块牌子", is_principal=False)
    client, address = signed_in(administrator), f"/headquarters/{headquarters.pk}/nameplates/part/"
    typed = {"nameplate": plate.pk, "ends_on": "2026-12-01", **WHY}
    mark = seen(client, address, **typed)
    assert client.post(address, {**typed, "action": "confirm", "fingerprint": mark}).status_code == 302
    loaded = Headquarters.objects.with_nameplates().get(pk=headquarters.pk)
    assert loaded.co_located_on(AHEAD - dt.timedelta(days=1)) == [plate]
    assert loaded.co_located_on(AHEAD) == []


# Teams


def test_a_renamed_and_moved_team_is_found_where_it_was_on_each_day(
    administrator: User, headquarters: Headquarters
) -> None:
    team = factories.team(headquarters=headquarters, name="一组", starts_on=dt.date(2026, 1, 1))
    other = factories.headquarters()
    rename_team(team=team, name="招商组", starts_on=dt.date(2026, 6, 1), **WHY, by=administrator)
    move_team(team=team, headquarters=other, starts_on=AHEAD, **WHY, by=administrator)
    model = type(team)
    on = {
        day: [(row.name, row.headquarters) for row in model.objects.on(day)]
        for day in (dt.date(2025, 12, 31), dt.date(2026, 5, 31), dt.date(2026, 6, 1), AHEAD)
    }
    assert list(on.values()) == [
        [],
        [("一组", headquarters)],
        [("招商组", headquarters)],
        [("招商组", other)],
    ]
    assert (again(team).name, again(team).headquarters) == ("招商组", headquarters)
    apply_structure(day=AHEAD)
    assert again(team).headquarters == other


def test_tasks_of_a_dissolved_team_answer_to_the_headquarters_from_that_day(
    administrator: User, headquarters: Headquarters, task: Task, clock: time_machine.Traveller
) -> None:
    team = factories.team(headquarters=headquarters)
    Task.objects.update(work_team=team)
    dissolve_team(team=team, ends_on=AHEAD, **WHY, by=administrator)
    assert again(task).work_team == team
    clock.move_to(factories.at(AHEAD, 0, 5))
    turn_the_day(now=timezone.now())
    assert again(task).work_team is None
    assert told("task.leave_team")[0].before == {"team": team.name}


# Units


def test_a_unit_that_leads_is_not_closed_and_says_what_it_leads(
    administrator: User, east: Unit, task: Task
) -> None:
    typed = {"ends_on": "2026-12-01", **WHY, "action": "preview"}
    words = text(signed_in(administrator).post(f"/units/{east.pk}/close/", typed))
    assert "It still leads 2 campaigns and tasks" in words
    assert "2026-1-01" in words
    assert again(east).closed_on is None


def test_a_closed_unit_is_closed_from_its_day_on(
    administrator: User, south: Unit, other_reporter: User, task: Task, clock: time_machine.Traveller
) -> None:
    close_unit(unit=south, ends_on=AHEAD, **WHY, by=administrator)
    assert again(south).active
    assert other_reporter.posts.get().ends_on == AHEAD
    clock.move_to(factories.at(AHEAD, 0, 5))
    turn_the_day(now=timezone.now())
    assert not again(south).active


def test_a_merged_unit_s_leads_posts_and_reports_pass_on(
    administrator: User,
    east: Unit,
    south: Unit,
    reporter: User,
    other_reporter: User,
    task: Task,
    report: Report,
) -> None:
    supported = factories.task(campaign=task.campaign)
    supported.supporting_units.add(east)
    merge_unit(unit=east, merged_into=south, ends_on=TODAY, **WHY, by=administrator)
    assert (again(task).lead_unit, again(task.campaign).lead_unit) == (south, south)
    assert again(report).unit == south
    assert list(supported.supporting_units.all()) == [south]
    assert [kept.unit for kept in supported.past_support.filter(until=None)] == [south]
    assert [(post.unit, post.ends_on) for post in Post.objects.filter(user=reporter)] == [
        (east, TODAY),
        (south, None),
    ]
    assert (again(east).active, again(east).merged_into) == (False, south)
    assert {note.kind for note in Notification.objects.all()} == {"lead_given", "lead_left"}


def test_a_merger_that_is_refused_changes_nothing(
    administrator: User, east: Unit, south: Unit, task: Task
) -> None:
    with refuses("too_early", "starts_on"):
        merge_unit(unit=east, merged_into=south, ends_on=dt.date(2026, 3, 1), **WHY, by=administrator)
    assert again(east).closed_on is None
    assert not Event.objects.exists()


def test_a_renamed_unit_keeps_its_old_name_for_the_past(administrator: User, east: Unit) -> None:
    rename_unit(unit=east, name="东门街道办事处", starts_on=TODAY, **WHY, by=administrator)
    assert again(east).name == "东门街道办事处"
    names = {name.name: (name.starts_on, name.ends_on) for name in east.names.all()}
    assert names == {"东门街道": (None, TODAY), "东门街道办事处": (TODAY, None)}


def test_a_unit_set_up_ahead_may_be_given_posts_from_its_day_on(administrator: User) -> None:
    client = signed_in(administrator)
    typed = {
        "kind": "department",
        "name": "区数据局",
        "name_en": "Data Bureau",
        "starts_on": "2026-12-01",
        **WHY,
    }
    mark = seen(client, "/units/new/", **typed)
    client.post("/units/new/", {**typed, "action": "confirm", "fingerprint": mark})
    unit = Unit.objects.get(code="data-bureau")
    assert not unit.active
    assert [unit.works_on(day) for day in (TODAY, AHEAD)] == [False, True]
    apply_structure(day=AHEAD)
    assert again(unit).active


@pytest.mark.parametrize("role", [RoleCode.LEADER, RoleCode.OFFICE])
def test_only_administrators_reorganise(role: str, headquarters: Headquarters) -> None:
    client = signed_in(factories.user_with(role))
    assert client.get(f"/headquarters/{headquarters.pk}/rename/").status_code == 403
