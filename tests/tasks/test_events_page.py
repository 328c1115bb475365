"""The audit trail on its page: found by person, thing, action and day, compared, exported, never changed."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commands.models import Event, Unit, User
from commands.services.units import rename_unit
from tasks.event_words import ACTIONS, kind_words
from tasks.models import Task
from tasks.services.leads import reassign
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import queries, text

PAGE = "/events/"
TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def client(administrator: User) -> Client:
    return signed_in(administrator)


@pytest.fixture
def passed_on(task: Task, south: Unit, administrator: User) -> Event:
    """The task passed on from east to south today."""
    reassign(subject=task, unit=south, starts_on=TODAY, reason="机构调整", by=administrator)
    return Event.objects.get(action="lead.reassign")


def test_who_when_what_before_and_after(client: Client, passed_on: Event) -> None:
    words = text(client.get(PAGE))
    for word in (
        "2026-11-23 09:00:00",
        "Administrator",
        "Lead unit reassigned",
        "东门步行街改造",
        "东门街道",
        "南湖街道",
    ):
        assert word in words, word


def test_what_a_job_did_is_the_system_s(client: Client) -> None:
    factories.event(actor=None, actor_name="", source="job turn_the_day")
    assert "The system Background job turn_the_day" in text(client.get(PAGE))


def test_values_kept_as_keys_are_shown_by_name(client: Client, east: Unit, south: Unit) -> None:
    factories.event(action="report.move", before={"unit": east.pk}, after={"unit": south.pk})
    words = text(client.get(PAGE))
    assert east.name in words
    assert south.name in words


def test_how_many_rows_were_loaded_is_not_taken_for_a_key(client: Client, east: Unit) -> None:
    factories.event(action="facts.load", after={"unit": east.pk})
    assert east.name not in text(client.get(PAGE))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, True),
        ({"q": "步行街"}, True),
        ({"q": "别的"}, False),
        ({"action": "lead.reassign"}, True),
        ({"action": "report.submit"}, False),
        ({"kind": "tasks.task"}, True),
        ({"kind": "tasks.report"}, False),
        ({"first": "2026-11-23", "last": "2026-11-23"}, True),
        ({"first": "2026-11-24"}, False),
        ({"last": "2026-11-22"}, False),
    ],
)
def test_events_are_found(client: Client, passed_on: Event, query: dict[str, str], found: bool) -> None:
    assert ("机构调整" in text(client.get(PAGE, query))) is found


def test_events_are_found_by_person(
    client: Client, passed_on: Event, administrator: User, leader: User
) -> None:
    assert "机构调整" in text(client.get(PAGE, {"actor": administrator.pk}))
    assert "机构调整" not in text(client.get(PAGE, {"actor": leader.pk}))


def test_the_file_holds_what_the_filters_keep_and_no_formula(
    client: Client, passed_on: Event, administrator: User, east: Unit
) -> None:
    rename_unit(unit=east, name="=cmd|calc", starts_on=TODAY, reason="试", by=administrator)
    factories.event(subject_label="=1+1")
    file = client.get(PAGE, {"export": "csv"})
    assert file["Content-Disposition"] == 'attachment; filename="events-2026-11-23.csv"'
    rows = list(csv.reader(io.StringIO(whole(file))))
    assert len(rows) == 1 + Event.objects.count()
    assert [cell for row in rows for cell in row if cell.startswith("=")] == []
    assert "'=1+1" in {row[5] for row in rows}
    only = whole(client.get(PAGE, {"export": "csv", "action": "lead.reassign"}))
    assert len(only.splitlines()) == 2


def whole(file: Any) -> str:
    """Return the words of a file that is handed out bit by bit."""
    content = b"".join(file.streaming_content)
    assert content.startswith(codecs.BOM_UTF8)
    return content.decode("utf-8-sig")


def test_the_file_is_in_the_language_of_the_page(client: Client, passed_on: Event) -> None:
    client.cookies["django_language"] = "zh-hans"
    assert whole(client.get(PAGE, {"export": "csv"})).startswith("时间")


def many_events(number: int, unit: Unit) -> None:
    """Write so many events, each with a thing or two to tell."""
    rows = [
        factories.unsaved_event(subject_label=f"{n}", before={"unit": unit.pk}, after={"reason": "整改" * 50})
        for n in range(number)
    ]
    Event.objects.bulk_create(rows)


def test_the_file_asks_and_holds_as_much_for_many_events_as_for_few(
    client: Client, south: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.boards.events.CHUNK", 200)

    def handed_out() -> tuple[int, int, int]:
        """Return rows, questions, and the most that was held at a time."""
        tracemalloc.start()
        with CaptureQueriesContext(connection) as asked:
            file: Any = client.get(PAGE, {"export": "csv"})
            rows = sum(part.count(b"\n") for part in file.streaming_content)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return rows - 1, len(asked), most

    many_events(400, south)
    handed_out()
    few, asked, held = handed_out()
    many_events(1200, south)
    many, asked_for_many, held_for_many = handed_out()
    assert many - few == 1200
    assert asked_for_many == asked
    assert held_for_many < 1.2 * held


def test_the_page_asks_as_many_questions_for_one_event_as_for_fifty(client: Client, south: Unit) -> None:
    def more(number: int) -> None:
        for n in range(number):
            unit = factories.unit()
            factories.event(
                subject_label=str(n), before={"unit": south.pk}, after={"unit": unit.pk, "user": 1}
            )

    more(1)
    few = queries(client, PAGE)
    more(49)
    assert queries(client, PAGE) == few


@pytest.mark.parametrize("who", ["reporter", "head", "office", "hq_office", "leader", "stranger"])
def test_only_administrators_read_it(who: str, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(PAGE).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed_there(client: Client, passed_on: Event, method: str) -> None:
    before = list(Event.objects.values())
    answer: Any = getattr(client, method)(reverse("tasks:event_list"))
    assert answer.status_code == 405
    assert list(Event.objects.values()) == before


def test_the_days_of_a_task_are_called_start_and_due(client: Client, task: Task) -> None:
    factories.event(
        action="task.edit", subject_id=task.pk, after={"starts_on": "2026-03-01", "due_on": "2026-10-31"}
    )
    words = text(client.get(PAGE))
    assert "Start 2026-03-01" in words
    assert "Due 2026-10-31" in words
    assert "Effective day" not in words


def test_an_event_of_an_obstacle_is_found_by_its_kind_and_leads_to_it(client: Client, task: Task) -> None:
    obstacle = factories.obstacle(task=task)
    factories.event(action="obstacle.raise", subject_type="tasks.obstacle", subject_id=obstacle.pk)
    page = client.get(PAGE, {"kind": "tasks.obstacle"}).content.decode()
    assert f'href="/obstacles/{obstacle.pk}/"' in page


def test_markup_in_an_event_is_shown_harmless(client: Client) -> None:
    factories.event(subject_label="<script>x</script>", after={"reason": "<b>y</b>"})
    page = client.get(PAGE).content.decode()
    assert "<script>x" not in page
    assert "<b>y" not in page


def test_every_action_that_the_program_records_has_words() -> None:
    import re
    from pathlib import Path

    root = Path(__file__).resolve().parent.parent.parent
    text_of_program = "".join(
        path.read_text() for app in ("commands", "tasks", "luohu") for path in (root / app).rglob("*.py")
    )
    recorded = set(re.findall(r'(?:action=|Entry\(\s*)"([a-z_]+\.[a-z_]+)"', text_of_program))
    assert recorded - set(ACTIONS) == set()


def test_an_unknown_kind_is_shown_as_it_is() -> None:
    assert kind_words("gone.model") == "gone.model"
    assert kind_words("tasks.task") == "task"


def test_what_was_loaded_is_counted_in_words(client: Client) -> None:
    factories.event(
        action="demo.load", source="command load_demo", after={"tasks": 87, "nameplate": 6, "other": 2}
    )
    page = text(client.get(PAGE))
    assert "Command line load_demo" in page
    assert all(words in page for words in ("tasks 87", "nameplates 6", "other 2"))
