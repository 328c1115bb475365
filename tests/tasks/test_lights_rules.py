"""The numbers of the lights' rules: a new version holds from its day on, is seen first, and repaints nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from commands.models import Event, User
from commands.services.refusals import Refused
from tasks.models import LightRule, Report, Task
from tasks.rules.lights import DEFAULTS, Thresholds
from tasks.services.day import turn_the_day
from tasks.services.light_rules import preview_light_rule, set_light_rule
from tasks.services.periods import close_period
from tasks.services.standings import assess, refresh_standings
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text

TODAY, LATER = dt.date(2026, 11, 23), dt.date(2026, 12, 1)
STRICT = Thresholds(version=0, yellow_below=Decimal(-5), red_below=Decimal(-20))
TYPED = {
    "yellow_points": "5",
    "red_points": "20",
    "key_milestone_days": "30",
    "leader_obstacle_days": "30",
    "starts_on": "2026-11-23",
    "reason": "年底冲刺，从严要求",
}


@pytest.fixture
def behind(task: Task) -> Task:
    """A task 6.2 points behind October's plan: green by the published numbers."""
    october = factories.period(month=dt.date(2026, 10, 1))
    factories.report(task=task, period=october, state="accepted", actual_percent=Decimal("75.0"))
    refresh_standings(tasks=Task.objects.all(), now=timezone.now())
    task.refresh_from_db()
    assert (task.light, task.deviation) == ("green", Decimal("-6.2"))
    return task


def light_of(task: Task) -> str:
    task.refresh_from_db()
    return task.light


def put(by: User, starts_on: dt.date = TODAY, thresholds: Thresholds = STRICT) -> LightRule:
    return set_light_rule(thresholds=thresholds, starts_on=starts_on, reason="从严要求", by=by)


def test_the_published_numbers_are_the_first_version(db: None) -> None:
    rule = LightRule.objects.get()
    assert (rule.version, rule.decided_by) == (1, None)
    assert rule.thresholds == DEFAULTS
    assert LightRule.objects.thresholds_on(dt.date(2001, 1, 1)) == DEFAULTS
    LightRule.objects.all().delete()
    assert LightRule.objects.thresholds_on(TODAY) == DEFAULTS


def test_a_version_of_today_moves_every_light_at_once(behind: Task, administrator: User) -> None:
    rule = put(administrator)
    assert rule.version == 2
    assert light_of(behind) == "yellow"
    assert refresh_standings(tasks=Task.objects.all(), now=timezone.now()) == 0


def test_a_later_version_moves_them_when_its_day_turns(
    behind: Task, administrator: User, clock: time_machine.Traveller
) -> None:
    put(administrator, starts_on=LATER)
    turn_the_day(now=timezone.now())
    assert light_of(behind) == "green"
    Report.objects.filter(task=behind, state="due").delete()
    clock.move_to(factories.at(LATER - dt.timedelta(days=1), 23, 59))
    known = [assess(Task.objects.all(), factories.at(day))[0].rule_version for day in (TODAY, LATER)]
    assert known == [1, 2]
    clock.move_to(factories.at(LATER, 0, 1))
    turn_the_day(now=timezone.now())
    assert light_of(behind) == "yellow"


def test_what_was_recorded_keeps_its_version(behind: Task, administrator: User) -> None:
    period = behind.reports.get().period
    close_period(period=period, now=timezone.now(), by=None)
    assert behind.lights.get().rule_version == 1
    put(administrator)
    light = behind.lights.get()
    assert (light.final, light.rule_version) == ("green", 1)
    later = timezone.now() + dt.timedelta(days=3)
    period.refresh_from_db()
    assert (
        assess(Task.objects.all(), later, period)[0].rule_version == 2
    )  # closed after the decision, that day
    assert assess(Task.objects.all(), timezone.now() - dt.timedelta(hours=1))[0].rule_version == 1


def test_of_two_versions_of_a_day_the_later_holds(behind: Task, administrator: User) -> None:
    put(administrator)
    put(administrator, thresholds=Thresholds(version=0, yellow_below=Decimal(-8)))
    assert light_of(behind) == "green"
    assert LightRule.objects.thresholds_on(TODAY).version == 3


def test_the_same_again_is_the_same_version(administrator: User) -> None:
    assert put(administrator) == put(administrator)
    assert Event.objects.filter(action="rule.set").count() == 1


def test_the_preview_judges_every_task_and_changes_nothing(behind: Task, campaign: Any) -> None:
    factories.task(campaign=campaign, lifecycle="planned")
    (change,) = preview_light_rule(thresholds=STRICT, now=timezone.now())
    assert (change.task, change.before.value, change.after.value) == (behind, "green", "yellow")
    assert [reason.as_json() for reason in change.reasons] == [{"code": "behind_plan", "points": "6.2"}]
    assert light_of(behind) == "green"
    assert LightRule.objects.count() == 1


def test_a_light_set_by_the_office_is_not_changed_by_numbers(behind: Task) -> None:
    factories.override(task=behind, light="green")
    assert preview_light_rule(thresholds=STRICT, now=timezone.now()) == []


def test_it_is_seen_before_it_is_confirmed(behind: Task, administrator: User) -> None:
    client = signed_in(administrator)
    seen = client.post("/lights/rules/", {**TYPED, "action": "preview"})
    words = text(seen)
    assert "1 light would change today" in words
    assert f"{behind.title} {behind.code}" in words
    assert "On track Behind 6.2 percentage points behind plan" in words
    assert light_of(behind) == "green"
    mark = seen.context["fingerprint"]
    answer = client.post("/lights/rules/", {**TYPED, "action": "confirm", "fingerprint": mark})
    assert answer.status_code == 302
    assert light_of(behind) == "yellow"
    page = text(client.get("/lights/rules/"))
    assert "2 in force 2026-11-23 −5.0 −20.0 30 days 30 days 年底冲刺，从严要求 Administrator" in page


def test_what_has_changed_since_the_preview_is_shown_again(behind: Task, administrator: User) -> None:
    client = signed_in(administrator)
    mark = client.post("/lights/rules/", {**TYPED, "action": "preview"}).context["fingerprint"]
    factories.override(task=behind, light="green")
    answer = client.post("/lights/rules/", {**TYPED, "action": "confirm", "fingerprint": mark})
    assert answer.status_code == 409
    assert "Something has changed since you looked" in text(answer)
    assert LightRule.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"yellow_points": "30", "red_points": "10"}, "Red must come later than yellow"),
        ({"yellow_points": "20", "red_points": "20"}, "Red must come later than yellow"),
        ({"yellow_points": "-10"}, "as a number from 0 to 100"),
        ({"red_points": "1e9"}, "as a number from 0 to 100"),
        ({"red_points": "1000000000"}, "as a number from 0 to 100"),
        ({"red_points": ""}, "as a number from 0 to 100"),
        ({"yellow_points": "5.55"}, "at most one decimal place"),
        ({"key_milestone_days": "30.5"}, "a whole number of days from 0 to 366"),
        ({"leader_obstacle_days": "367"}, "a whole number of days from 0 to 366"),
        ({"starts_on": "2026-11-22"}, "This day has passed."),
        ({"starts_on": "2026-02-30"}, "Enter a day that exists"),
        ({"reason": " "}, "Say why."),
        ({"yellow_points": "10", "red_points": "30"}, "hold on that day already"),
    ],
)
def test_bad_numbers_are_told_beside_their_field(
    typed: dict[str, str], words: str, administrator: User
) -> None:
    answer = signed_in(administrator).post("/lights/rules/", {**TYPED, **typed, "action": "preview"})
    assert answer.status_code == 200
    assert words in text(answer)
    assert all(value in answer.content.decode() for value in typed.values() if value.strip())
    assert LightRule.objects.count() == 1


def test_only_administrators_set_them(office: User, leader: User) -> None:
    for person in (office, leader):
        with pytest.raises(Refused, match="Administrators keep the rules"):
            put(person)


@pytest.mark.parametrize(
    "numbers",
    [
        {"yellow_below": Decimal(1)},
        {"yellow_below": Decimal(-30), "red_below": Decimal(-30)},
        {"red_below": Decimal(-101)},
        {"key_milestone_days": 367},
        {"reason": ""},
        {"decided_by": None},
    ],
)
def test_the_database_refuses_numbers_that_make_no_sense(
    numbers: dict[str, Any], administrator: User
) -> None:
    values = {"yellow_below": Decimal(-5), "red_below": Decimal(-20), "key_milestone_days": 30}
    values |= {"leader_obstacle_days": 30, "starts_on": TODAY, "reason": "从严", "decided_at": timezone.now()}
    values |= {"decided_by": administrator, "version": 2, **numbers}
    with pytest.raises(IntegrityError), transaction.atomic():
        LightRule.objects.create(**values)
