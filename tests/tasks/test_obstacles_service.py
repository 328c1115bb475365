"""Obstacles as stories of services: raised, lifted by hand and by the clock, cleared, felt by the light."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Obstacle, Task
from tasks.services.day import turn_the_day
from tasks.services.obstacles import (
    comment_obstacle,
    escalate_obstacle,
    escalate_obstacles,
    raise_obstacle,
    resolve_obstacle,
)
from tasks.services.standings import assess
from tests import factories
from tests.tasks.stories import refuses, told

FRIDAY = dt.date(2026, 12, 4)
SAID = {"what": "B2地块权属不清", "needs": "请规划部门确认", "wanted_by": FRIDAY}


def raised(task: Task, by: User, **more: Any) -> Obstacle:
    return raise_obstacle(task=task, by=by, **{**SAID, **more})


def now(obstacle: Obstacle) -> Obstacle:
    return Obstacle.objects.get(pk=obstacle.pk)


def heard(user: User) -> list[str]:
    return [note.kind for note in user.notifications.order_by("pk")]


def test_the_unit_raises_and_its_people_and_the_unit_needed_are_told(
    task: Task, reporter: User, head: User, other_reporter: User, south: Unit, office: User
) -> None:
    obstacle = raised(task, reporter, needed_unit=south)
    assert (obstacle.level, obstacle.level_since) == ("team", dt.date(2026, 11, 23))
    assert obstacle.escalates_on == dt.date(2026, 11, 30)  # five working days after Monday the 23rd
    assert heard(head) == heard(other_reporter) == ["obstacle_raised"]
    assert heard(reporter) == heard(office) == []
    assert raised(task, reporter, needed_unit=south) == obstacle  # a second click


@pytest.mark.parametrize("who", ["office", "hq_office", "leader"])
def test_offices_and_leaders_may_raise_one_too(task: Task, who: str, request: pytest.FixtureRequest) -> None:
    assert raised(task, request.getfixturevalue(who)).level == "team"


@pytest.mark.parametrize("who", ["other_reporter", "administrator", "stranger"])
def test_others_may_not(task: Task, who: str, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(who)
    with refuses("not_allowed"):
        raised(task, person)


def test_a_supporting_unit_may(task: Task, other_reporter: User, south: Unit) -> None:
    task.supporting_units.add(south)
    assert raised(task, other_reporter).raised_by == other_reporter


def test_nothing_is_raised_for_a_day_gone_by_or_on_a_closed_task(task: Task, reporter: User) -> None:
    with refuses("too_early", "wanted_by"):
        raised(task, reporter, wanted_by=dt.date(2026, 11, 22))
    Task.objects.update(lifecycle="closed", closed_on=dt.date(2026, 11, 1))
    with refuses("not_open"):
        raised(task, reporter)


# The climb


def test_an_obstacle_climbs_by_the_clock_one_level_at_a_time(
    task: Task, reporter: User, office: User, hq_office: User, leader: User, clock: time_machine.Traveller
) -> None:
    obstacle = raised(task, reporter)
    days = [
        (dt.date(2026, 11, 30), "team"),
        (dt.date(2026, 12, 1), "office"),
        (dt.date(2026, 12, 8), "office"),
    ]
    days += [(dt.date(2026, 12, 9), "headquarters"), (dt.date(2026, 12, 17), "leader")]
    for day, level in days:
        clock.move_to(factories.at(day))
        turn_the_day(now=timezone.now())
        assert now(obstacle).level == level, day
    obstacle.refresh_from_db()
    assert (obstacle.leader_since, obstacle.escalates_on) == (dt.date(2026, 12, 17), None)
    # The headquarters' own office is asked first, the district's one level up.
    assert heard(hq_office) == ["obstacle_escalated"] * 2
    assert heard(office) == ["obstacle_escalated"]
    assert heard(leader) == ["obstacle_escalated"]
    assert [step.kind for step in obstacle.steps.all()] == ["raised", *["escalated"] * 3]
    assert [step.by for step in obstacle.steps.all()] == [reporter, None, None, None]


def test_after_an_outage_it_climbs_one_level_only_and_the_job_may_run_twice(
    task: Task, reporter: User, clock: time_machine.Traveller
) -> None:
    obstacle = raised(task, reporter)
    clock.move_to(factories.at(dt.date(2026, 12, 30)))
    assert escalate_obstacles(now=timezone.now()) == 1
    assert escalate_obstacles(now=timezone.now()) == 0
    assert (now(obstacle).level, now(obstacle).level_since) == ("office", dt.date(2026, 12, 30))


def test_weekends_and_holidays_do_not_run_the_clock(task: Task, reporter: User) -> None:
    factories.calendar_day(dt.date(2026, 11, 24), is_workday=False)
    factories.calendar_day(dt.date(2026, 11, 28), is_workday=True)
    assert raised(task, reporter).escalates_on == dt.date(2026, 11, 30)


def test_each_level_has_its_own_clock(task: Task, reporter: User, settings: Any) -> None:
    settings.OBSTACLE_WORKDAYS = {"team": 1, "office": 10, "headquarters": 5}
    obstacle = raised(task, reporter)
    assert obstacle.escalates_on == dt.date(2026, 11, 24)
    escalate_obstacle(obstacle=obstacle, words="急", by=reporter)
    assert now(obstacle).escalates_on == dt.date(2026, 12, 7)


def test_it_is_lifted_by_hand_with_a_reason_up_to_the_leader(task: Task, reporter: User) -> None:
    obstacle = raised(task, reporter)
    with refuses("words_missing", "words"):
        escalate_obstacle(obstacle=obstacle, words="  ", by=reporter)
    for level in ("office", "headquarters", "leader"):
        escalate_obstacle(obstacle=obstacle, words="影响签约", by=reporter)
        assert now(obstacle).level == level
    with refuses("highest"):
        escalate_obstacle(obstacle=obstacle, words="影响签约", by=reporter)


# Words and resolution


def test_the_unit_that_is_needed_speaks_but_does_not_lift(
    task: Task, reporter: User, other_reporter: User, south: Unit
) -> None:
    obstacle = raised(task, reporter, needed_unit=south)
    comment_obstacle(obstacle=obstacle, words="已派人核实。", by=other_reporter)
    assert obstacle.steps.last().words == "已派人核实。"  # type: ignore[union-attr]
    assert "obstacle_comment" in heard(reporter)
    with refuses("not_allowed"):
        escalate_obstacle(obstacle=obstacle, words="急", by=other_reporter)


@pytest.mark.parametrize("who", ["office", "hq_office", "leader"])
def test_office_or_leader_resolves_with_words_and_it_takes_no_more(
    task: Task, reporter: User, who: str, request: pytest.FixtureRequest
) -> None:
    obstacle, person = raised(task, reporter), request.getfixturevalue(who)
    with refuses("words_missing", "words"):
        resolve_obstacle(obstacle=obstacle, resolution="", by=person)
    resolve_obstacle(obstacle=obstacle, resolution="权属已确认。", by=person)
    assert (now(obstacle).resolved_by, now(obstacle).resolution) == (person, "权属已确认。")
    assert heard(reporter) == ["obstacle_resolved"]
    for again in (
        lambda: resolve_obstacle(obstacle=obstacle, resolution="再次", by=person),
        lambda: comment_obstacle(obstacle=obstacle, words="再说", by=person),
        lambda: escalate_obstacle(obstacle=obstacle, words="再提", by=person),
    ):
        with refuses("resolved"):
            again()


def test_the_unit_does_not_resolve_its_own_obstacle_nor_does_a_far_office(task: Task, reporter: User) -> None:
    obstacle = raised(task, reporter)
    far = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for person in (reporter, far):
        with refuses("not_allowed"):
            resolve_obstacle(obstacle=obstacle, resolution="已解决", by=person)


def test_a_resolved_obstacle_climbs_no_more(
    task: Task, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    obstacle = raised(task, reporter)
    resolve_obstacle(obstacle=obstacle, resolution="已确认。", by=office)
    clock.move_to(factories.at(dt.date(2026, 12, 30)))
    assert escalate_obstacles(now=timezone.now()) == 0
    assert now(obstacle).level == "team"


@pytest.mark.parametrize("lifecycle", ["closed", "cancelled"])
def test_an_obstacle_of_a_task_that_is_over_climbs_no_more(
    task: Task, reporter: User, clock: time_machine.Traveller, lifecycle: str
) -> None:
    obstacle = raised(task, reporter)
    closed_on = dt.date(2026, 11, 24) if lifecycle == "closed" else None
    Task.objects.filter(pk=task.pk).update(lifecycle=lifecycle, closed_on=closed_on)
    clock.move_to(factories.at(dt.date(2026, 12, 30)))
    assert escalate_obstacles(now=timezone.now()) == 0
    assert now(obstacle).level == "team"


# The light


def light_of(task: Task) -> tuple[str, list[str]]:
    task.refresh_from_db()
    return task.light, [reason["code"] for reason in task.light_reasons]


def test_over_thirty_days_before_the_leader_turns_the_light_until_it_is_resolved(
    task: Task, period: Any, leader: User, clock: time_machine.Traveller
) -> None:
    factories.report(task=task, period=period, state="accepted", actual_percent=100)
    obstacle = factories.obstacle(task=task, level="leader")
    clock.shift(dt.timedelta(days=30))
    turn_the_day(now=timezone.now())
    assert light_of(task)[0] == "green"
    clock.shift(dt.timedelta(days=1))
    turn_the_day(now=timezone.now())
    assert light_of(task) == ("yellow", ["obstacle_waiting"])
    assert task.light_reasons[0]["days"] == 31
    moment = timezone.now()
    clock.shift(dt.timedelta(hours=1))
    resolve_obstacle(obstacle=obstacle, resolution="已协调。", by=leader)
    assert light_of(task)[0] == "green"
    # What was known before stays what it was.
    (then,) = assess(Task.objects.filter(pk=task.pk), moment)
    assert then.verdict.light == "yellow"


def test_history_asks_as_often_with_obstacles_as_without(task: Task) -> None:
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            assess(Task.objects.all(), timezone.now())
        counts.append(len(queries))
        for _n in range(5):
            factories.obstacle(task=task, level="leader")
    assert counts[0] == counts[1]


def test_the_trail_tells_of_every_step(task: Task, reporter: User, office: User) -> None:
    obstacle = raised(task, reporter)
    comment_obstacle(obstacle=obstacle, words="在办", by=office)
    escalate_obstacle(obstacle=obstacle, words="急", by=office)
    resolve_obstacle(obstacle=obstacle, resolution="已办", by=office)
    assert [event.action for event in told()] == [
        "obstacle.raise",
        "obstacle.comment",
        "obstacle.escalate",
        "obstacle.resolve",
    ]


def test_a_headquarters_without_an_office_is_answered_for_by_the_districts(
    task: Task, reporter: User, office: User, headquarters: Headquarters
) -> None:
    obstacle = raised(task, reporter)
    escalate_obstacle(obstacle=obstacle, words="急", by=reporter)
    assert heard(office) == ["obstacle_escalated"]
    assert list(Obstacle.objects.waiting_for(office)) == [obstacle]
