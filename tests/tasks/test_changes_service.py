"""Change requests as stories of services: asked for in time, decided in writing, never repainting the past."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from commands.models import User
from tasks.models import ChangeRequest, Period, Task
from tasks.rules.changes import falls, month_ends, stretched
from tasks.services.changes import accept_change, ask_change, refuse_change
from tasks.services.plans import current_points
from tasks.services.standings import assess
from tests import factories
from tests.refused import copy_of, refused
from tests.tasks.stories import refuses

MARCH, TODAY, OCTOBER = dt.date(2027, 3, 31), dt.date(2026, 11, 23), dt.date(2026, 10, 1)


def asked(task: Task, by: User) -> ChangeRequest:
    return ask_change(task=task, kind="due", new_day=MARCH, reason="征地延后", by=by)


def test_an_accepted_due_date_moves_and_the_plan_goes_on_in_a_new_version(
    task: Task, reporter: User, office: User
) -> None:
    old = current_points(task, TODAY)
    change = asked(task, reporter)
    assert (change.old_day, change.unit) == (dt.date(2026, 12, 31), task.lead_unit)
    accept_change(change=change, words="同意延期。", by=office)
    task.refresh_from_db()
    assert task.due_on == MARCH
    first, second = task.baselines.order_by("version")
    assert (second.version, second.starts_on, second.reason, second.approved_by) == (
        2,
        TODAY,
        "征地延后",
        office,
    )
    assert first.points_by_day() == old
    new = second.points_by_day()
    assert new[dt.date(2026, 10, 31)] == old[dt.date(2026, 10, 31)]
    assert new[MARCH] == 100
    assert new[dt.date(2026, 12, 31)] < 100
    assert [note.kind for note in reporter.notifications.all()] == ["change_accepted"]


def test_what_was_measured_before_stays_what_it_was(
    task: Task, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    october: Period = factories.period(month=OCTOBER, closed=True)
    before = assess(Task.objects.filter(pk=task.pk), timezone.now(), october)[0].standing()
    accept_change(change=asked(task, reporter), words="同意。", by=office)
    assert assess(Task.objects.filter(pk=task.pk), timezone.now(), october)[0].standing() == before


def test_moves_are_counted_one_after_another(task: Task, reporter: User, office: User) -> None:
    for day in (MARCH, dt.date(2027, 6, 30), dt.date(2027, 9, 30)):
        change = ask_change(task=task, kind="due", new_day=day, reason="再延", by=reporter)
        accept_change(change=change, words="同意。", by=office)
    assert ChangeRequest.objects.moves().filter(task=task).count() == 3
    assert task.baselines.count() == 4


def test_target_milestone_and_plan_change_only_themselves(task: Task, reporter: User, office: User) -> None:
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 12, 10))
    metric = ask_change(task=task, kind="metric", new_value=Decimal(80), reason="口径调整", by=reporter)
    accept_change(change=metric, words="同意。", by=office)
    step = ask_change(
        task=task, kind="milestone", milestone=milestone, new_day=MARCH, reason="审批延后", by=reporter
    )
    accept_change(change=step, words="同意。", by=office)
    points = {dt.date(2026, 11, 30): Decimal(85), dt.date(2026, 12, 31): Decimal(100)}
    plan = ask_change(task=task, kind="plan", plan=points, reason="后移", by=reporter)
    accept_change(change=plan, words="同意。", by=office)
    task.refresh_from_db()
    milestone.refresh_from_db()
    assert (task.metric_target, milestone.due_on, task.due_on) == (Decimal(80), MARCH, dt.date(2026, 12, 31))
    assert task.baselines.count() == 2
    held = current_points(task, TODAY)
    assert (held[dt.date(2026, 11, 30)], held[dt.date(2026, 12, 31)]) == (Decimal(85), Decimal(100))
    assert dt.date(2026, 10, 31) in held


def test_refusing_changes_nothing_and_says_why(task: Task, reporter: User, office: User) -> None:
    refuse_change(change=asked(task, reporter), words="年内必须完成。", by=office)
    task.refresh_from_db()
    assert task.due_on == dt.date(2026, 12, 31)
    assert task.baselines.count() == 1
    assert [note.kind for note in reporter.notifications.all()] == ["change_refused"]


def test_it_must_be_asked_for_before_the_due_day(
    task: Task, reporter: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(dt.date(2026, 12, 31)))
    with refuses("too_late"):
        asked(task, reporter)
    clock.move_to(factories.at(dt.date(2026, 12, 30)))
    asked(task, reporter)


@pytest.mark.parametrize(
    ("what", "code", "field"),
    [
        ({"kind": "due", "new_day": dt.date(2026, 12, 31)}, "no_change", "new_day"),
        ({"kind": "due", "new_day": TODAY}, "too_early", "new_day"),
        ({"kind": "metric", "new_value": None}, "no_change", "new_value"),
        ({"kind": "milestone", "new_day": MARCH}, "milestone", "milestone"),
        ({"kind": "plan", "plan": {}}, "falls", None),
        ({"kind": "plan", "plan": {MARCH: Decimal(5), TODAY: Decimal(6)}}, "falls", None),
        ({"kind": "due", "new_day": MARCH, "reason": " "}, "reason_missing", "reason"),
    ],
)
def test_what_makes_no_sense_is_refused(
    task: Task, reporter: User, what: dict[str, object], code: str, field: str | None
) -> None:
    with refuses(code, field):
        ask_change(task=task, by=reporter, **{"reason": "调整", **what})  # type: ignore[arg-type]


def test_only_the_lead_unit_asks_and_only_one_request_waits(
    task: Task, reporter: User, other_reporter: User, office: User
) -> None:
    for person in (other_reporter, office):
        with refuses("other_unit"):
            asked(task, person)
    change = asked(task, reporter)
    with refuses("waiting"):
        asked(task, reporter)
    with refused("change_one_undecided_a_task"):
        ChangeRequest.objects.bulk_create([copy_of(change)])


def test_the_office_decides_once_in_writing_and_never_on_its_own(
    task: Task, reporter: User, office: User, leader: User
) -> None:
    change = asked(task, reporter)
    for person in (reporter, leader):
        with refuses("not_reviewer"):
            accept_change(change=change, words="同意。", by=person)
    with refuses("words_missing", "words"):
        accept_change(change=change, words=" ", by=office)
    factories.post(user=office, role="reporter", unit=task.lead_unit)
    with refuses("own_request"):
        accept_change(change=change, words="同意。", by=User.objects.get(pk=office.pk))
    refuse_change(change=change, words="不同意。", by=factories.user_with("office"))
    with refuses("decided"):
        accept_change(change=change, words="同意。", by=factories.user_with("office"))


def test_the_database_itself_lets_nobody_decide_their_own(db: None) -> None:
    change = factories.change(decision="accepted", words="同意。")
    with refused("change_not_decided_by_author"):
        ChangeRequest.objects.filter(pk=change.pk).update(decided_by=change.asked_by)


# The rules


def test_months_end_with_the_due_day() -> None:
    assert month_ends(dt.date(2026, 11, 23), dt.date(2027, 1, 15)) == [
        dt.date(2026, 11, 30),
        dt.date(2026, 12, 31),
        dt.date(2027, 1, 15),
    ]
    assert month_ends(dt.date(2026, 11, 30), dt.date(2026, 12, 1)) == [dt.date(2026, 12, 1)]
    assert month_ends(dt.date(2026, 11, 2), dt.date(2026, 11, 20)) == [dt.date(2026, 11, 20)]


def test_a_stretched_plan_keeps_its_past_and_never_falls() -> None:
    points = {dt.date(2026, 6, 30): Decimal(50), dt.date(2026, 12, 31): Decimal(100)}
    new = stretched(points, TODAY, MARCH)
    assert new[dt.date(2026, 6, 30)] == 50
    assert new[MARCH] == 100
    assert not falls(new)
    assert falls({dt.date(2026, 6, 30): Decimal(50), dt.date(2026, 7, 31): Decimal(49)})
