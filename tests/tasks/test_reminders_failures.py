"""Sending where something fails: each failure is told apart, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Notification, Reminder, Report
from tests import factories
from tests.tasks import backends
from tests.tasks.posting import mailed, plan, send, states, use


@pytest.fixture
def due(report: Report, reporter: User) -> list[Reminder]:
    """A reminder for the reporter's inbox and one by mail, both ready."""
    return [
        factories.reminder(report=report, recipient=reporter, channel=channel)
        for channel in ("inbox", "email")
    ]


def test_person_without_address_still_gets_the_inbox(due: list[Reminder], reporter: User) -> None:
    User.objects.update(email="")
    assert send() == 1
    assert states(channel="email") == {("failed", "no_address")}
    assert states(channel="inbox") == {("sent", "delivered")}


def test_server_that_refuses_the_address_is_believed(due: list[Reminder], settings: Any, clock: Any) -> None:
    use(settings, backends.Says)
    backends.Says.code = 550
    send()
    ((state, outcome),) = states(channel="email")
    assert state == "failed"
    assert outcome == "refused: 550 no"
    clock.shift(dt.timedelta(hours=1))
    plan()
    send()
    assert Reminder.objects.get(channel="email", stage="D-1").attempts == 1


def test_server_that_answers_in_strange_bytes_is_understood(
    due: list[Reminder], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, backends.Says)
    backends.Says.code = 550
    monkeypatch.setattr(backends.Says, "words", b"no\0 \xff\xfe")
    send()
    assert states(channel="email") == {("failed", "refused: 550 no \ufffd\ufffd")}


def test_server_that_says_not_now_is_asked_again(due: list[Reminder], settings: Any, clock: Any) -> None:
    use(settings, backends.Says)
    backends.Says.code = 450
    send()
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.outcome[:10]) == ("planned", "retrying: ")
    assert dt.timedelta(seconds=45) < row.planned_for - timezone.now() < dt.timedelta(seconds=75)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.shift(dt.timedelta(minutes=2))
    send()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicate) == ("sent", 2, False)


def test_server_away_is_tried_with_growing_waits_and_given_up(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, backends.Away)
    waits = []
    for attempt in range(1, 7):
        send()
        row = Reminder.objects.get(channel="email")
        assert row.attempts == attempt
        waits.append((row.planned_for - timezone.now()).total_seconds() / 60)
        if row.state == "failed":
            break
        assert row.state == "planned"
        send()  # a worker woken before the time does nothing
        assert Reminder.objects.get(channel="email").attempts == attempt
        clock.move_to(row.planned_for)
    assert [0.8 * n <= wait <= 1.2 * n for wait, n in zip(waits, (1, 5, 15, 60, 240), strict=False)] == [
        True
    ] * 5
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("failed", "given_up: [Errno 111] Connection refused")
    assert not row.maybe_duplicate
    assert Notification.objects.count() == 1  # the inbox never waited


def test_server_away_costs_one_knock_and_not_one_a_person(report: Report, east: Unit, settings: Any) -> None:
    for _n in range(20):
        factories.user_with(RoleCode.REPORTER, unit=east)
    plan()
    use(settings, backends.Away)
    backends.Away.opened = 0
    send()
    assert backends.Away.opened == 1
    waiting = Reminder.objects.filter(channel="email", stage="D-3")
    assert set(waiting.values_list("state", "attempts")) == {("planned", 1)}
    assert waiting.count() == 20


def test_one_bad_address_holds_up_nobody(report: Report, east: Unit) -> None:
    addresses = [
        "before@luohu.example",
        "x@y\nBcc: all@luohu.example",
        "科员@luohu.example",
        "after@luohu.example",
    ]
    for address in addresses:
        person = factories.user_with(RoleCode.REPORTER, unit=east)
        User.objects.filter(pk=person.pk).update(email=address)
    plan()
    send()
    assert set(mailed()) >= {"before@luohu.example", "after@luohu.example"}
    assert not any("Bcc" in str(message.message()) for message in mail.outbox)
    assert Reminder.objects.filter(state="failed", outcome__startswith="refused: ").count() == 1


def test_mail_that_cannot_be_written_is_tried_again_when_it_can(
    due: list[Reminder], settings: Any, clock: Any
) -> None:
    settings.SITE_URL = None  # what a broken setting does
    send()
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.outcome[:10], row.handed_at) == ("planned", "retrying: ", None)
    settings.SITE_URL = "https://luohu.example"
    clock.shift(dt.timedelta(minutes=2))
    assert send() == 1
