"""A new lead unit for many tasks at once: picked from the ledger, seen task by task, all or nothing."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Event, Unit, User
from tasks.models import Campaign, LeadAssignment, Notification, Period, Report, Task
from tasks.services.leads import reassign, reassign_all, reassign_in_steps
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text

TODAY = dt.date(2026, 11, 23)
PAGE = "/reassignments/many/"
WHY = {"reason": "机构调整", "starts_on": "2026-11-23"}


@pytest.fixture
def client(administrator: User) -> Client:
    return signed_in(administrator)


@pytest.fixture
def many(campaign: Campaign, period: Period, east: Unit, reporter: User) -> list[Task]:
    """Ten tasks of east with a due report each."""
    return factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])


def confirm(client: Client, data: dict[str, Any]) -> Any:
    """See the preview and confirm it."""
    preview = client.post(PAGE, {**data, "action": "preview"})
    found = re.search(r'name="fingerprint" value="([0-9a-f]+)"', preview.content.decode())
    assert found, text(preview)
    return client.post(PAGE, {**data, "action": "confirm", "fingerprint": found[1]})


def led_by(unit: Unit) -> set[int]:
    return set(Task.objects.filter(lead_unit=unit).values_list("pk", flat=True))


def test_administrators_tick_tasks_in_the_ledger_and_others_do_not(
    client: Client, many: list[Task], leader: User
) -> None:
    assert client.get("/tasks/").content.decode().count('type="checkbox" name="task"') == 10
    assert 'name="task"' not in signed_in(leader).get("/tasks/").content.decode()


def test_the_ticked_tasks_pass_on_with_their_reports(
    client: Client, many: list[Task], south: Unit, other_reporter: User
) -> None:
    chosen = [task.pk for task in many[:3]]
    data = {"task": chosen, "scope": "chosen", "unit": south.pk, **WHY}
    words = text(client.post(PAGE, {**data, "action": "preview"}))
    assert all(task.title in words for task in many[:3])
    assert many[3].title not in words
    assert confirm(client, data).status_code == 302
    assert led_by(south) == set(chosen)
    assert set(Report.objects.filter(unit=south).values_list("task", flat=True)) == set(chosen)


def test_all_that_the_filter_keeps_passes_on_and_what_is_closed_stays(
    client: Client, many: list[Task], south: Unit
) -> None:
    Task.objects.filter(pk=many[0].pk).update(lifecycle="closed", closed_on=TODAY)
    data = {"scope": "all", "filter": "state=&unit=" + str(many[0].lead_unit_id)}
    assert "1 task is closed" in text(client.post(PAGE, data))
    confirm(client, {**data, "unit": south.pk, **WHY})
    assert led_by(south) == {task.pk for task in many[1:]}


def test_one_that_cannot_move_stops_all_and_is_named(
    client: Client, many: list[Task], south: Unit, administrator: User
) -> None:
    reassign(subject=many[4], unit=south, starts_on=dt.date(2026, 12, 1), reason="已定", by=administrator)
    events = Event.objects.count()
    data = {"task": [task.pk for task in many], "unit": south.pk, **WHY, "action": "preview"}
    words = text(client.post(PAGE, data))
    assert many[4].title in words
    assert "Another change is already planned" in words
    assert led_by(south) == set()
    assert Event.objects.count() == events


def test_a_stale_preview_is_refused_and_redrawn(
    client: Client, many: list[Task], south: Unit, administrator: User
) -> None:
    data = {"task": [task.pk for task in many], "unit": south.pk, **WHY}
    mark = re.search(
        r'"fingerprint" value="([0-9a-f]+)"',
        client.post(PAGE, {**data, "action": "preview"}).content.decode(),
    )
    assert mark
    reassign(
        subject=many[0],
        unit=factories.unit(),
        starts_on=dt.date(2026, 11, 5),
        reason="先行",
        by=administrator,
    )
    late = client.post(PAGE, {**data, "action": "confirm", "fingerprint": mark[1]})
    assert late.status_code == 409
    assert led_by(south) == set()


@pytest.mark.parametrize("data", [{}, {"task": "999999"}, {"scope": "all", "filter": "q=没有这样的任务"}])
def test_with_nothing_chosen_it_says_what_to_do(
    client: Client, many: list[Task], data: dict[str, str]
) -> None:
    assert client.post(PAGE, data)["Location"] == "/tasks/"


@pytest.mark.parametrize("key", ["x", "-1", "1" * 30, "١"])
def test_what_is_no_task_is_a_bad_request(client: Client, many: list[Task], key: str) -> None:
    assert client.post(PAGE, {"task": key}).status_code == 400


def test_a_unit_given_many_tasks_is_told_once(
    many: list[Task], south: Unit, administrator: User, reporter: User, other_reporter: User
) -> None:
    reassign_all(subjects=many, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    told = {(note.recipient, note.kind, note.values["count"]) for note in Notification.objects.all()}
    assert told == {(reporter, "leads_left", 10), (other_reporter, "leads_given", 10)}
    inbox = text(signed_in(other_reporter).get("/inbox/"))
    assert "Your unit now leads 10 further campaigns and tasks" in inbox
    events = Event.objects.filter(action="lead.reassign")
    assert {event.actor for event in events} == {administrator}
    assert events.count() == 10


@pytest.mark.usefixtures("whole_statements")
def test_five_hundred_tasks_take_few_queries_for_each_hundred(
    campaign: Campaign, period: Period, east: Unit, south: Unit, administrator: User, other_reporter: User
) -> None:
    def needed(number: int, batch: int) -> int:
        tasks = factories.many_tasks(number, campaign=campaign, unit=east, periods=[period])
        how: dict[str, Any] = {"unit": south, "starts_on": TODAY, "reason": "调整", "by": administrator}
        with CaptureQueriesContext(connection) as asked:
            steps = list(reassign_in_steps(subjects=tasks, batch=batch, **how))
        assert len(steps) == number / batch
        assert led_by(south) >= {task.pk for task in tasks}
        return len(asked)

    hundred = needed(100, 100)
    assert needed(500, 500) - hundred <= 4 * 5  # at once: what is written in pieces of two hundred
    assert needed(500, 100) - hundred <= 4 * 44  # step by step: each hundred asks for itself
    assert LeadAssignment.objects.filter(unit=south).count() == 1100


def test_a_large_move_tells_its_progress_in_one_transaction(
    client: Client, campaign: Campaign, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    tasks = factories.many_tasks(250, campaign=campaign, unit=east, periods=[period])
    answer: Any = confirm(client, {"task": [task.pk for task in tasks], "unit": south.pk, **WHY})
    assert answer.streaming
    page = b"".join(answer.streaming_content).decode()
    steps = [page.index(f"{done} of 250 moved") for done in (100, 200, 250)]
    assert steps == sorted(steps)
    assert page.index("Done: 250 tasks were reassigned") > steps[-1]
    assert page.rstrip().endswith("</html>")
    assert led_by(south) == {task.pk for task in tasks}
    events = Event.objects.filter(action="lead.reassign")
    assert {(event.actor, event.source.split()[0]) for event in events} == {(administrator, "web")}


def test_a_large_move_left_before_its_end_has_moved_nothing(
    campaign: Campaign, east: Unit, south: Unit, administrator: User
) -> None:
    tasks = factories.many_tasks(120, campaign=campaign, unit=east)
    steps = reassign_in_steps(
        subjects=tasks, batch=50, unit=south, starts_on=TODAY, reason="调整", by=administrator
    )
    assert [next(steps), next(steps)] == [50, 100]
    steps.close()
    assert led_by(south) == set()
    assert not Event.objects.filter(action="lead.reassign").exists()
