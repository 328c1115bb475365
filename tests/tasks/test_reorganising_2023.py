"""The reorganisation of 30 January 2023, done by the screens alone, comes out as the facts tell it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from commands.models import Event, Headquarters, Nameplate, User, WorkTeam
from commands.roles import RoleCode
from tasks.services.day import turn_the_day
from tasks.services.facts import load_facts
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text

DAY = dt.date(2023, 1, 30)
EVE = DAY - dt.timedelta(days=1)
Rows = set[tuple[Any, ...]]


def names_and_ranges() -> tuple[Rows, Rows, Rows]:
    """Return every name, nameplate and group there is, with its range and reason."""
    plates = Nameplate.objects.values_list(
        "headquarters__number",
        "name",
        "name_en",
        "is_principal",
        "starts_on",
        "ends_on",
        "renamed_from__name",
        "reason",
        "reason_en",
    )
    groups = WorkTeam.objects.values_list(
        "headquarters__number", "kind", "number", "name", "name_en", "starts_on", "ends_on"
    )
    headquarters = Headquarters.objects.values_list("number", "name", "name_en", "purpose", "purpose_en")
    return set(plates), set(groups), set(headquarters)


def before_the_conference() -> None:
    """Take back what happened on 30 January 2023."""
    WorkTeam.objects.filter(starts_on=DAY).delete()
    Nameplate.objects.filter(starts_on=DAY).delete()
    Nameplate.objects.filter(is_principal=False).delete()
    Headquarters.objects.filter(nameplates__isnull=True).delete()
    for plate in Nameplate.objects.filter(ends_on=DAY):
        Nameplate.objects.filter(pk=plate.pk).update(ends_on=None)
        Headquarters.objects.filter(pk=plate.headquarters_id).update(name=plate.name, name_en=plate.name_en)


def decide(client: Client, address: str, **typed: str) -> None:
    """Fill in a form, look at the preview, confirm."""
    preview = client.post(address, {**typed, "action": "preview"})
    assert preview.status_code == 200, text(preview)
    found = re.search(r'name="fingerprint" value="([0-9a-f]+)"', preview.content.decode())
    assert found, text(preview)
    done = client.post(address, {**typed, "action": "confirm", "fingerprint": found[1]})
    assert done.status_code == 302, text(done)


def plate_fields(plate: dict[str, Any]) -> dict[str, str]:
    """Return what an administrator types for a nameplate."""
    names = ("name", "name_en", "starts_on", "reason", "reason_en")
    return {name: str(plate[name] or "") for name in names}


def reorganise(client: Client, facts: list[dict[str, Any]]) -> None:
    """Do by the screens what the facts tell of the day."""
    for entry in facts:
        found = Headquarters.objects.filter(number=entry["number"]).first()
        if found is None:
            groups = "\n".join(f"{group['name']} | {group['name_en']}" for group in entry["groups"])
            purpose = {name: entry[name] for name in ("purpose", "purpose_en")}
            decide(client, "/headquarters/new/", **plate_fields(entry["plates"][0]), **purpose, groups=groups)
            continue
        for plate in entry["plates"]:
            act = "rename" if plate["is_principal"] else "nameplates"
            decide(client, f"/headquarters/{found.pk}/{act}/", **plate_fields(plate))


@pytest.fixture
def facts(db: None) -> list[dict[str, Any]]:
    """What was hung out that day, headquarters by headquarters, and what hung beside it since nobody knows when."""
    load_facts()
    told = []
    for row in Headquarters.objects.all():
        new = row.nameplates.filter(starts_on=DAY) | row.nameplates.filter(is_principal=False)
        groups = list(row.work_teams.values("name", "name_en"))
        told.append(
            {
                "number": row.number,
                "plates": list(new.values()),
                "groups": groups,
                "purpose": row.purpose,
                "purpose_en": row.purpose_en,
            }
        )
    return told


@pytest.mark.parametrize(
    "decided_on", [dt.date(2023, 1, 20), DAY, dt.date(2023, 2, 8)], ids=["ahead", "that_day", "afterwards"]
)
def test_the_reorganisation_comes_out_as_the_facts_tell_it(
    facts: list[dict[str, Any]], clock: time_machine.Traveller, decided_on: dt.date
) -> None:
    expected = names_and_ranges()
    before_the_conference()
    clock.move_to(factories.at(decided_on))
    administrator = factories.user_with(RoleCode.ADMINISTRATOR)
    administrator.posts.update(starts_on=dt.date(2020, 1, 1))
    reorganise(signed_in(administrator), facts)
    if decided_on < DAY:
        clock.move_to(factories.at(EVE, 23, 30))
        turn_the_day(now=timezone.now())
        assert Headquarters.objects.filter(name="中央生态区分指挥部").exists()
        clock.move_to(factories.at(DAY, 0, 5))
        turn_the_day(now=timezone.now())
    assert names_and_ranges() == expected
    made = Event.objects.filter(action__startswith="headquarters.")
    assert {event.actor for event in made} == {administrator}
    assert made.count() == 5


def heading(page: Any) -> str:
    """Return what the page is called."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.content.decode(), re.DOTALL)
    return found[1] if found else ""


def test_the_pages_of_the_day_before_show_the_old_names(
    facts: list[dict[str, Any]], leader: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(leader)
    eve, day = (text(client.get(f"/headquarters/?as_of={when}")) for when in (EVE, DAY))
    old = ("Greater Wutong Emerging Industry Belt", "Shenzhen–Hong Kong Port", "Central Ecological Zone Sub")
    new = (
        "Qingshuihe Headquarters New Town Construction",
        "Upgrading Zone Command",
        "Greater Wutong Ecological Zone",
    )
    assert [name for name in old if name not in eve or name in day] == []
    assert [name for name in new if name not in day or name in eve] == []
    assert "Characteristic Commercial Blocks" in day
    assert "Characteristic Commercial Blocks" not in eve
    for number, (before, after) in enumerate(zip(old, new, strict=True), start=1):
        page = f"/headquarters/{Headquarters.objects.get(number=number).pk}/"
        assert before in heading(client.get(f"{page}?as_of={EVE}"))
        assert after in heading(client.get(f"{page}?as_of={DAY}"))
