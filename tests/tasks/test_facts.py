"""The facts: exactly what is publicly known, loaded once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command

from commands.models import Event, Headquarters, Nameplate, TeamKind, Unit, UnitName, User, WorkTeam
from tasks.models import Campaign, LeadAssignment, StrategicGoal, Task, TaskBook
from tasks.services.facts import load_facts

pytestmark = pytest.mark.django_db
EVE, DAY = dt.date(2023, 1, 29), dt.date(2023, 1, 30)


def everything() -> dict[str, str]:
    """Return every row of both apps, as it stands."""
    models = [*apps.get_app_config("commands").get_models(), *apps.get_app_config("tasks").get_models()]
    return {
        model._meta.label: serializers.serialize("json", model._base_manager.order_by("pk"))
        for model in models
    }


def names_on(day: dt.date) -> dict[int, list[str]]:
    headquarters = Headquarters.objects.with_nameplates()
    return {row.number: [plate.name for plate in row.plates_on(day)] for row in headquarters}


def test_loading_twice_changes_nothing() -> None:
    load_facts()
    before = everything()
    assert load_facts() == {}
    assert everything() == before


def test_the_load_leaves_one_event() -> None:
    written = load_facts()
    event = Event.objects.get()
    assert event.action == "facts.load"
    assert event.after == written
    assert written == {
        "strategicgoal": 3,
        "unit": 23,
        "unitname": 23,
        "headquarters": 4,
        "nameplate": 8,
        "workteam": 5,
        "taskbook": 1,
        "campaign": 10,
    }


def test_the_signs_before_and_on_the_day_of_the_conference() -> None:
    load_facts()
    assert names_on(EVE) == {
        1: ["大梧桐新兴产业带(笋清-东晓片区)分指挥部", "笋岗-清水河分指挥部"],
        2: ["深港口岸经济带分指挥部"],
        3: ["中央生态区分指挥部"],
        4: [],
    }
    assert names_on(DAY) == {
        1: ["清水河总部新城建设指挥部", "笋岗-清水河分指挥部"],
        2: ["深港现代商贸业升级发展区指挥部"],
        3: ["大梧桐生态区指挥部"],
        4: ["特色商业街区建设指挥部"],
    }


def test_a_headquarters_is_called_by_its_principal_sign() -> None:
    load_facts()
    for row in Headquarters.objects.with_nameplates():
        plate = row.plates_on(DAY)[0]
        assert plate.is_principal
        assert (row.name, row.name_en) == (plate.name, plate.name_en)


def test_every_new_sign_of_that_day_says_why_in_both_languages() -> None:
    load_facts()
    hung = Nameplate.objects.filter(starts_on=DAY)
    assert hung.count() == 4
    assert all(plate.reason and plate.reason_en for plate in hung)
    renamed = {plate.name: plate.renamed_from for plate in hung}
    assert renamed.pop("特色商业街区建设指挥部") is None
    assert all(old is not None and old.ends_on == DAY and old.starts_on is None for old in renamed.values())


def test_only_what_is_known_carries_a_date() -> None:
    load_facts()
    assert not UnitName.objects.filter(starts_on__isnull=False).exists()
    assert set(Nameplate.objects.values_list("starts_on", flat=True)) == {None, DAY}


def test_the_new_headquarters_has_five_groups_known_by_number_only() -> None:
    load_facts()
    groups = WorkTeam.objects.all()
    assert {group.headquarters.number for group in groups} == {4}
    assert {(group.kind, group.starts_on) for group in groups} == {(TeamKind.DEDICATED_GROUP, DAY)}
    assert [group.name for group in groups] == ["专责组一", "专责组二", "专责组三", "专责组四", "专责组五"]
    assert groups[4].name_en == "Dedicated group 5"


def test_the_book_of_2023_and_its_ten_campaigns() -> None:
    load_facts()
    book = TaskBook.objects.get()
    assert (book.year, book.launched_on, book.is_demo) == (2023, DAY, False)
    assert book.conference == "罗湖区高质量发展大会暨2023年“开局起跑·攻坚克难”干部大会"
    assert (book.due_day, book.roll) == (25, "back")
    campaigns = list(Campaign.objects.order_by("number"))
    assert [row.number for row in campaigns] == list(range(1, 11))
    assert all(row.name.endswith("攻坚行动") and row.name_en.endswith("Campaign") for row in campaigns)


def test_headquarters_and_goals_only_where_the_campaigns_own_words_say_so() -> None:
    load_facts()
    campaigns = Campaign.objects.select_related("headquarters")
    commanded = {row.number: row.headquarters.number for row in campaigns if row.headquarters}
    assert commanded == {1: 2, 5: 1, 6: 3}
    serving = {row.number: [goal.code for goal in row.goals.all()] for row in campaigns if row.goals.all()}
    assert serving == {1: ["integration"], 4: ["consumption"]}
    assert StrategicGoal.objects.count() == 3


def test_ten_sub_districts_and_thirteen_departments_in_both_languages() -> None:
    load_facts()
    kinds = list(Unit.objects.values_list("kind", flat=True))
    assert (kinds.count("subdistrict"), kinds.count("department")) == (10, 13)
    assert all(unit.name and unit.short_name and unit.name_en for unit in Unit.objects.all())


def test_no_lead_task_or_person_is_a_fact() -> None:
    load_facts()
    assert not LeadAssignment.objects.exists()
    assert not Task.objects.exists()
    assert not User.objects.exists()
    assert not Campaign.objects.exclude(supervisor_title="", lead_unit=None, flag_presented_on=None).exists()


def test_what_was_renamed_since_keeps_its_name() -> None:
    load_facts()
    Unit.objects.filter(code="dongmen").update(name="东门新街道")
    Headquarters.objects.get(number=4).nameplates.update(ends_on=dt.date(2026, 1, 1))
    before = everything()
    load_facts()
    assert everything() == before


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_facts")
    assert "23 unit" in capsys.readouterr().out
    call_command("load_facts")
    assert "nothing was changed" in capsys.readouterr().out
