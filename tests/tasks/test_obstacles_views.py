"""Obstacles on pages: raised from a task, found on desks and on the dashboard, talked about, cleared."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.models import Unit, User
from tasks.models import Obstacle, Report, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.reports import shown

SENT = {"what": "B2地块权属不清", "needs": "请规划部门确认", "wanted_by": "2026-12-04"}


def test_the_unit_raises_an_obstacle_from_the_task_and_finds_it_there(
    task: Task, report: Report, reporter: User
) -> None:
    client = signed_in(reporter)
    assert f"/tasks/{task.pk}/obstacles/new/" in shown(client.get(f"/tasks/{task.pk}/"))
    form = shown(client.get(f"/reports/{report.pk}/"))
    assert f"/tasks/{task.pk}/obstacles/new/?report={report.pk}" in form
    assert f"/tasks/{task.pk}/changes/new/" in form
    answer = client.post(f"/tasks/{task.pk}/obstacles/new/?report={report.pk}", SENT)
    obstacle = Obstacle.objects.get()
    assert (answer["Location"], obstacle.report) == (f"/obstacles/{obstacle.pk}/", report)
    assert "B2地块权属不清" in shown(client.get(f"/tasks/{task.pk}/"))
    assert "B2地块权属不清" in shown(client.get("/obstacles/"))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("what", "", "Say what stands in the way."),
        ("needs", "", "Say what is needed, and of whom."),
        ("needs", " ", "Please write a few words."),
        ("wanted_by", "2023-2-30", "Enter a day that exists, such as 2026-03-31."),
        ("wanted_by", "2026-11-22", "This day has passed."),
        ("needed_unit", "999999", "This unit no longer exists; choose another."),
        ("what", "长" * 1001, "Write at most 1000 characters"),
    ],
)
def test_what_is_missing_or_wrong_is_told_beside_the_field(
    task: Task, reporter: User, field: str, value: str, words: str
) -> None:
    page = shown(signed_in(reporter).post(f"/tasks/{task.pk}/obstacles/new/", {**SENT, field: value}))
    assert words in page
    assert not Obstacle.objects.exists()


def test_a_leader_sees_what_waits_on_the_dashboard_and_resolves_it(task: Task, leader: User) -> None:
    waiting = factories.obstacle(task=task, level="leader", what="需区领导协调拆迁")
    factories.obstacle(task=task, what="班组内部事项")
    client = signed_in(leader)
    page = shown(client.get("/dashboard/"))
    assert "Obstacles that wait for you" in page
    assert "需区领导协调拆迁" in page
    assert "班组内部事项" not in page
    mine = shown(client.get("/obstacles/?state=mine"))
    assert "需区领导协调拆迁" in mine
    assert "班组内部事项" not in mine
    client.post(f"/obstacles/{waiting.pk}/", {"action": "resolve", "words": "已召开协调会。"})
    page = shown(client.get(f"/obstacles/{waiting.pk}/"))
    assert "已召开协调会。" in page
    assert "需区领导协调拆迁" not in shown(client.get("/dashboard/"))


def test_the_unit_that_is_needed_finds_it_on_its_desk_though_it_cannot_see_the_task(
    task: Task, other_reporter: User, south: Unit
) -> None:
    obstacle = factories.obstacle(task=task, needed_unit=south, what="请南湖配合清场")
    client = signed_in(other_reporter)
    assert "请南湖配合清场" in shown(client.get("/reports/"))
    page = shown(client.get(f"/obstacles/{obstacle.pk}/"))
    assert f'href="/tasks/{task.pk}/"' not in page
    assert client.get(f"/tasks/{task.pk}/").status_code == 404
    assert (
        client.post(f"/obstacles/{obstacle.pk}/", {"action": "comment", "words": "明日清场"}).status_code
        == 302
    )
    assert (
        client.post(f"/obstacles/{obstacle.pk}/", {"action": "resolve", "words": "完了"}).status_code == 403
    )


def test_words_come_back_when_somebody_resolved_it_meanwhile(
    task: Task, reporter: User, office: User
) -> None:
    obstacle = factories.obstacle(task=task)
    signed_in(office).post(f"/obstacles/{obstacle.pk}/", {"action": "resolve", "words": "已确认"})
    answer = signed_in(reporter).post(
        f"/obstacles/{obstacle.pk}/", {"action": "comment", "words": "我补充一点"}
    )
    assert answer.status_code == 409
    assert "This obstacle has been resolved already." in shown(answer)
    assert "我补充一点" in shown(answer)


def test_an_unknown_action_is_not_understood(task: Task, office: User) -> None:
    obstacle = factories.obstacle(task=task)
    client = signed_in(office)
    assert client.post(f"/obstacles/{obstacle.pk}/", {"action": "burn", "words": "x"}).status_code == 400
    assert client.get("/obstacles/?state=burn&level=1&page=x&campaign=a").status_code == 200


def test_what_people_write_is_shown_harmless(task: Task, reporter: User) -> None:
    obstacle = factories.obstacle(task=task, what="<script>alert(1)</script>", needs="<b>x</b>")
    client = signed_in(reporter)
    for address in ("/obstacles/", f"/obstacles/{obstacle.pk}/", f"/tasks/{task.pk}/", "/reports/"):
        assert "<script>alert" not in shown(client.get(address))


@pytest.mark.parametrize("address", ["/obstacles/", "/dashboard/", "/reports/", "/tasks/{task}/"])
def test_pages_ask_as_often_for_many_obstacles_as_for_few(task: Task, leader: User, address: str) -> None:
    client, counts = signed_in(leader), []
    client.get("/obstacles/")  # the first request of a session writes to it
    for _round in range(2):
        for _n in range(4):
            factories.obstacle(task=task, level="leader", wanted_by=dt.date(2026, 12, 1))
        with CaptureQueriesContext(connection) as queries:
            client.get(address.format(task=task.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]
