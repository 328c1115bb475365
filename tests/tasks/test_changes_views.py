"""Change requests on pages: asked for from the task, decided by the office, visible ever after."""

from __future__ import annotations

import pytest

from commands.models import User
from tasks.models import ChangeRequest, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.reports import shown


def test_from_the_task_to_the_office_and_back(task: Task, reporter: User, office: User) -> None:
    unit, decider = signed_in(reporter), signed_in(office)
    address = f"/tasks/{task.pk}/changes/new/"
    assert address in shown(unit.get(f"/tasks/{task.pk}/"))
    answer = unit.post(f"{address}?kind=due", {"new_day": "2027-03-31", "reason": "征地延后"})
    change = ChangeRequest.objects.get()
    assert answer["Location"] == f"/changes/{change.pk}/"
    assert "征地延后" in shown(unit.get(f"/changes/{change.pk}/"))
    assert f"/changes/{change.pk}/" in shown(decider.get("/reports/"))
    decider.post(f"/changes/{change.pk}/", {"action": "accept", "words": "同意延至三月。"})
    page = shown(unit.get(f"/tasks/{task.pk}/"))
    assert "The due date has moved once." in page
    assert "2027-03-31" in page
    assert "同意延至三月。" in shown(unit.get(f"/changes/{change.pk}/"))
    assert f"/changes/{change.pk}/" not in shown(decider.get("/reports/"))


@pytest.mark.parametrize("kind", ["due", "metric", "milestone", "plan"])
def test_each_kind_has_its_own_fields(task: Task, reporter: User, kind: str) -> None:
    factories.milestone(task=task)
    page = shown(signed_in(reporter).get(f"/tasks/{task.pk}/changes/new/?kind={kind}"))
    assert ('name="new_day"' in page) == (kind in {"due", "milestone"})
    assert ('name="new_value"' in page) == (kind == "metric")
    assert ('name="milestone"' in page) == (kind == "milestone")
    assert ('name="plan-2026-12-31"' in page) == (kind == "plan")


def test_a_new_plan_is_typed_as_people_type(task: Task, reporter: User) -> None:
    client, address = signed_in(reporter), f"/tasks/{task.pk}/changes/new/?kind=plan"
    typed = {"plan-2026-11-30": "８５％", "plan-2026-12-31": "100", "reason": "后移"}
    assert "Use a decimal point" in shown(client.post(address, {**typed, "plan-2026-11-30": "85,5"}))
    assert "cannot fall" in shown(client.post(address, {**typed, "plan-2026-12-31": "80"}))
    assert client.post(address, typed).status_code == 302
    assert ChangeRequest.objects.get().plan == [["2026-11-30", "85"], ["2026-12-31", "100"]]


def test_wrong_days_and_kinds_are_told(task: Task, reporter: User) -> None:
    client, address = signed_in(reporter), f"/tasks/{task.pk}/changes/new/"
    assert client.get(f"{address}?kind=colour").status_code == 400
    page = shown(client.post(address, {"new_day": "2023-2-30", "reason": ""}))
    assert "Enter a day that exists" in page
    assert "Say why." in page
    assert not ChangeRequest.objects.exists()


def test_a_second_decision_comes_too_late_and_the_words_are_given_back(task: Task, office: User) -> None:
    change = factories.change(task=task, decision="refused", words="不同意。")
    answer = signed_in(office).post(f"/changes/{change.pk}/", {"action": "accept", "words": "我看可以"})
    assert answer.status_code == 409
    assert "我看可以" in shown(answer)
