"""Robots' addresses lie sealed in the database: with another key nothing breaks, and nothing is lost."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import TextField, Value
from django.test import Client

from commands.models import Event, Unit, User
from luohu.checks import check_robots_can_be_read
from tasks.channels.carrier import Fault
from tasks.channels.robots import say
from tasks.models import Reminder, Report, Robot
from tests import factories
from tests.tasks.test_channels_sending import run

ClientOf = Callable[[User], Client]
ADDRESS, SECRET = "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789", "SEC-topsecret"
OLD, NEW = "an-old-key-that-was-long-and-random-once", "a-new-key-that-is-long-and-random-now"
UNREADABLE = "Its address cannot be read"


@pytest.fixture
def robot(settings: Any, east: Unit) -> Robot:
    """A robot of east's group that was sealed with the old key."""
    settings.SEALING_KEYS = [OLD]
    return factories.robot(kind="dingtalk", name="东门群", unit=east, address=ADDRESS, secret=SECRET)


def held() -> str:
    """Return what the database holds of robots."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, secret FROM tasks_robot")
        return str(cursor.fetchall())


def again(robot: Robot) -> Robot:
    return Robot.objects.get(pk=robot.pk)


def test_the_database_holds_neither_address_nor_secret(robot: Robot) -> None:
    assert "dingtalk" not in held()
    assert "abcdef0123456789" not in held()
    assert "topsecret" not in held()
    assert (again(robot).address, again(robot).secret) == (ADDRESS, SECRET)


def test_the_same_address_never_reads_the_same(robot: Robot) -> None:
    before = held()
    robot.save()
    assert held() != before


def test_nothing_is_sealed_where_there_is_nothing(db: None) -> None:
    factories.robot()
    assert held() == "[('', '')]"


def test_after_a_change_of_key_the_old_one_still_opens(robot: Robot, settings: Any) -> None:
    settings.SEALING_KEYS = [NEW, OLD]
    assert again(robot).address == ADDRESS
    out = StringIO()
    call_command("seal_anew", stdout=out)
    assert "1 sealed with the first key." in out.getvalue()
    settings.SEALING_KEYS = [NEW]
    assert (again(robot).address, again(robot).secret) == (ADDRESS, SECRET)


def test_sealing_anew_says_what_it_cannot_read_and_keeps_it(robot: Robot, settings: Any) -> None:
    before = held()
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(CommandError, match="1 cannot be read"):
        call_command("seal_anew", stdout=StringIO())
    assert held() == before
    settings.SEALING_KEYS = [OLD]
    assert again(robot).address == ADDRESS


def test_with_the_wrong_key_the_page_says_so_and_works(
    robot: Robot, administrator: User, client_of: ClientOf, settings: Any
) -> None:
    settings.SEALING_KEYS = [NEW]
    keeper = client_of(administrator)
    answer = keeper.get("/channels/")
    assert answer.status_code == 200
    assert UNREADABLE in answer.content.decode()
    tried = keeper.post(f"/channels/{robot.pk}/", {"action": "try"}, follow=True).content.decode()
    assert "its address cannot be read with this system’s key" in tried
    keeper.post(f"/channels/{robot.pk}/", {"action": "disable"})
    assert not again(robot).is_active
    settings.SEALING_KEYS = [OLD]
    assert again(robot).address == ADDRESS
    assert UNREADABLE not in keeper.get("/channels/").content.decode()


def test_ones_own_page_says_it_as_well(reporter: User, client_of: ClientOf, settings: Any) -> None:
    factories.robot(kind="webhook", owner=reporter, address="https://x.example/topsecret")
    settings.SEALING_KEYS = [NEW]
    assert UNREADABLE in client_of(reporter).get("/account/channels/").content.decode()


def test_with_the_wrong_key_messages_wait_and_everybody_elses_go_out(
    robot: Robot, report: Report, reporter: User, settings: Any
) -> None:
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(Fault, match="unreadable"):
        say(again(robot), None)  # type: ignore[arg-type]  # it does not come to the message
    run()
    of_group = Reminder.objects.get(channel="group", stage="D-3")
    assert (of_group.state, of_group.outcome) == ("planned", "retrying: unreadable")
    assert Reminder.objects.get(channel="email", stage="D-3").state == "sent"


def test_neither_the_trail_nor_a_page_shows_what_is_sealed(
    robot: Robot, administrator: User, client_of: ClientOf
) -> None:
    keeper = client_of(administrator)
    keeper.post(f"/channels/{robot.pk}/", {"action": "disable"})
    shown = keeper.get("/channels/").content.decode() + keeper.get("/events/").content.decode()
    shown += str(list(Event.objects.values()))
    for secret in ("abcdef0123456789", "topsecret", "gAAAA"):
        assert secret not in shown


def test_what_was_there_before_is_sealed_and_can_be_unsealed(robot: Robot) -> None:
    migration = importlib.import_module("tasks.migrations.0030_seal_addresses")
    log = factories.robot()
    plain = {"address": Value(ADDRESS, TextField()), "secret": Value(SECRET, TextField())}
    Robot.objects.filter(pk=robot.pk).update(**plain)
    assert SECRET in held()
    migration.seal(apps, None)
    assert SECRET not in held()
    assert (again(robot).address, again(robot).secret) == (ADDRESS, SECRET)
    assert (again(log).address, again(log).secret) == ("", "")
    migration.unseal(apps, None)
    assert f"('{ADDRESS}', '{SECRET}')" in held()


def test_the_deployment_check_names_what_cannot_be_read(robot: Robot, settings: Any) -> None:
    assert check_robots_can_be_read(databases=["default"]) == []
    settings.SEALING_KEYS = [NEW]
    (said,) = check_robots_can_be_read(databases=["default"])
    assert said.id == "luohu.W010"
    assert "东门群" in said.msg
    assert "abcdef" not in str(said)
