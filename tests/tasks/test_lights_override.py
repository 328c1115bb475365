"""A light set by the office in place of the rules': who may, how long it holds, and that it hides nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from commands.services.refusals import Refused
from tasks.models import LightOverride, Notification, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.overrides import expire_lights, set_light, withdraw_light
from tasks.services.periods import close_period
from tasks.services.reviews import accept_report
from tasks.services.standings import assess, refresh_standings
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import rows_in, text

TODAY = dt.date(2026, 11, 23)
LAST_DAY = dt.date(2026, 11, 30)
WHY = "汛期停工，非牵头单位责任。"


@pytest.fixture
def red(task: Task, report: Report) -> Task:
    """The task past its due date: red by the rules."""
    Task.objects.filter(pk=task.pk).update(due_on=dt.date(2026, 11, 1))
    refresh_standings(tasks=Task.objects.all(), now=timezone.now())
    task.refresh_from_db()
    assert task.light == "red"
    return task


def put(task: Task, by: User, light: str = "yellow", last_day: dt.date = LAST_DAY) -> LightOverride:
    return set_light(task=task, light=light, reason=WHY, last_day=last_day, by=by)


def lights(task: Task) -> tuple[str, str]:
    """Return the light that holds, and that of the rules."""
    task.refresh_from_db()
    return task.light, task.automatic_light


def unrebuilt() -> int:
    return refresh_standings(tasks=Task.objects.all(), now=timezone.now())


def test_it_holds_in_place_of_the_rules_and_hides_nothing(red: Task, office: User, reporter: User) -> None:
    put(red, office)
    assert lights(red) == ("yellow", "red")
    assert [reason["code"] for reason in red.light_reasons] == ["set_by_office", "past_due"]
    assert unrebuilt() == 0
    told = Notification.objects.get(recipient=reporter)
    assert (told.kind, told.values["light"]) == ("light_set", "yellow")
    words = text(signed_in(reporter).get(f"/tasks/{red.pk}/"))
    assert "By the rules Seriously behind Unit's own – Holds Behind set by the office" in words
    assert f"Set by Office on 2026-11-23, holds until 2026-11-30. {WHY}" in words
    assert "22 days past the due date" in words


def test_its_last_day_is_the_last_on_which_it_holds(
    red: Task, office: User, clock: time_machine.Traveller
) -> None:
    put(red, office)
    clock.move_to(factories.at(LAST_DAY, 23, 59))
    turn_the_day(now=timezone.now())
    assert lights(red) == ("yellow", "red")
    clock.move_to(factories.at(LAST_DAY + dt.timedelta(days=1), 0, 5))
    turn_the_day(now=timezone.now())
    assert lights(red) == ("red", "red")
    row = LightOverride.objects.get()
    assert (row.ended_at, row.ended_by) == (timezone.now(), None)
    assert Event.objects.filter(action="light.expire", actor=None).count() == 1
    assert expire_lights(now=timezone.now()) == 0
    assert unrebuilt() == 0


def test_history_knows_when_it_held(red: Task, office: User, clock: time_machine.Traveller) -> None:
    override = put(red, office)
    clock.shift(dt.timedelta(hours=2))
    withdraw_light(override=override, by=office)
    known = {
        hours: assess(Task.objects.all(), timezone.now() + dt.timedelta(hours=hours))[0].light.value
        for hours in (-3, -2, -1, 0)
    }
    assert known == {-3: "red", -2: "yellow", -1: "yellow", 0: "red"}


def test_withdrawn_twice_it_is_withdrawn_once(red: Task, office: User) -> None:
    override = put(red, office)
    for _time in range(2):
        withdraw_light(override=override, by=office)
    assert lights(red) == ("red", "red")
    assert Event.objects.filter(action="light.withdraw").count() == 1


def test_a_new_one_ends_the_one_before_and_the_same_again_is_one(red: Task, office: User) -> None:
    first = put(red, office)
    assert put(red, office) == first
    second = put(red, office, light="green")
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (timezone.now(), office)
    assert lights(red) == ("green", "red")
    assert LightOverride.objects.filter(ended_at=None).get() == second
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.override(task=red)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"light": "blue"}, "invalid", "light"),
        ({"light": ""}, "invalid", "light"),
        ({"reason": " "}, "words_missing", "reason"),
        ({"reason": "字" * 501}, "invalid", "reason"),
        ({"last_day": TODAY - dt.timedelta(days=1)}, "too_early", "last_day"),
        ({"last_day": TODAY + dt.timedelta(days=185)}, "too_far", "last_day"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    values: dict[str, object], code: str, field: str, red: Task, office: User
) -> None:
    asked = {"light": "green", "reason": WHY, "last_day": LAST_DAY, **values}
    with pytest.raises(Refused) as refused:
        set_light(task=red, by=office, **asked)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not LightOverride.objects.exists()


@pytest.mark.parametrize("last_day", [TODAY, TODAY + dt.timedelta(days=184)])
def test_today_and_half_a_year_are_within_bounds(last_day: dt.date, red: Task, office: User) -> None:
    put(red, office, last_day=last_day)
    assert lights(red) == ("yellow", "red")


def test_only_the_headquarters_or_the_district_s_office_sets_it(
    red: Task, hq_office: User, leader: User, administrator: User, reporter: User
) -> None:
    far = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for stranger in (far, leader, administrator, reporter):
        with pytest.raises(Refused, match="Your office does not set the light"):
            put(red, stranger)
    put(red, hq_office)


def test_nobody_sets_the_light_of_their_own_unit(red: Task, office: User, east: Unit) -> None:
    factories.post(user=office, role=RoleCode.REPORTER, unit=east)
    with pytest.raises(Refused, match="Your office does not set the light"):
        put(red, User.objects.get(pk=office.pk))
    assert signed_in(office).get(f"/tasks/{red.pk}/light/").status_code == 403


def test_a_closed_out_task_is_blue_whatever_was_set(red: Task, office: User) -> None:
    put(red, office)
    Task.objects.filter(pk=red.pk).update(lifecycle="closed", closed_on=TODAY)
    assert unrebuilt() == 1
    assert lights(red) == ("blue", "blue")
    with pytest.raises(Refused, match="not under way"):
        put(red, office)


def test_the_close_of_a_month_records_both(red: Task, report: Report, office: User) -> None:
    put(red, office, light="green")
    close_period(period=report.period, now=timezone.now(), by=None)
    light = red.lights.get()
    assert (light.automatic, light.final, light.own) == ("red", "green", "")
    assert [reason["code"] for reason in light.reasons] == ["set_by_office", "behind_plan", "past_due"]


def test_a_month_recorded_anew_keeps_what_held_when_it_closed(
    task: Task, office: User, clock: time_machine.Traveller
) -> None:
    report = factories.report(task=task, state="submitted")
    override = put(task, office)
    close_period(period=report.period, now=timezone.now(), by=None)
    clock.shift(dt.timedelta(hours=1))
    withdraw_light(override=override, by=office)
    accept_report(report=report, by=office)
    light = task.lights.get()
    assert (light.automatic, light.final, light.actual_percent) == ("green", "yellow", Decimal("90.0"))
    assert lights(task) == ("green", "green")


def test_the_page_takes_it_and_keeps_what_was_typed(red: Task, office: User) -> None:
    client, address = signed_in(office), f"/tasks/{red.pk}/light/"
    bad = client.post(address, {"light": "green", "reason": WHY, "last_day": "2030-01-01"})
    assert bad.status_code == 200
    assert "A light is set for half a year at most." in text(bad)
    assert WHY in bad.content.decode()
    assert not LightOverride.objects.exists()
    client.post(address, {"light": "green", "reason": WHY, "last_day": "2026-11-30"})
    assert lights(red) == ("green", "red")
    client.post(f"/lights/{LightOverride.objects.get().pk}/withdraw/")
    assert lights(red) == ("red", "red")


def test_the_ledger_marks_and_finds_where_lights_differ(red: Task, office: User) -> None:
    put(red, office)
    factories.task(campaign=red.campaign, light="yellow", automatic_light="yellow", own_light="green")
    factories.task(campaign=red.campaign, light="green", automatic_light="green", own_light="green")
    client = signed_in(office)
    assert rows_in(client, "/tasks/?rating=office") == 1
    assert rows_in(client, "/tasks/?rating=differs") == 1
    assert "rules Seriously behind" in text(client.get("/tasks/?rating=office"))
    assert "own On track" in text(client.get("/tasks/?rating=differs"))
    dashboard = client.get("/dashboard/")
    assert dashboard.context["board"].tally.differing == 1
    assert "Unit: On track; rules: Behind" in text(dashboard)
