"""Putting a message off: it leaves the inbox, and comes back by itself on a working day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from commands.models import User
from tasks.models import Notification
from tests import factories
from tests.conftest import signed_in

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(reporter: User, client_of: ClientOf) -> Client:
    """The reporter's browser."""
    return client_of(reporter)


def shown(client: Client, **asked: str) -> list[Notification]:
    """Return the messages of the page."""
    return [row["notification"] for row in client.get("/inbox/", asked).context["rows"]]


def test_message_leaves_and_comes_back_unread_by_itself(
    client: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    message = factories.notification(recipient=reporter, read_at=timezone.now())
    page = client.post(f"/inbox/{message.pk}/snooze/", {"until": "2026-11-28"}, follow=True)
    assert "back in your inbox on 2026-11-30" in page.content.decode()  # a Saturday: the Monday after
    assert shown(client) == []
    assert shown(client, snoozed="1") == [message]
    assert "1 put off" in page.content.decode()
    assert not Notification.objects.unread_for(reporter).exists()
    clock.move_to(factories.at(dt.date(2026, 11, 29), 23))
    assert shown(client_again(reporter)) == []
    clock.move_to(factories.at(dt.date(2026, 11, 30), 0))
    assert shown(client_again(reporter)) == [message]
    assert Notification.objects.unread_for(reporter).count() == 1


def client_again(user: User) -> Client:
    """Return a browser of a later day, signed in anew."""
    return signed_in(user)


def test_offered_days_are_working_days(client: Client, reporter: User, clock: time_machine.Traveller) -> None:
    factories.notification(recipient=reporter)
    assert client.get("/inbox/").context["days"] == [
        dt.date(2026, 11, 24),
        dt.date(2026, 11, 26),
        dt.date(2026, 11, 30),
    ]


def test_message_is_taken_back_before_its_day(client: Client, reporter: User) -> None:
    message = factories.notification(recipient=reporter, snoozed_until=dt.date(2026, 11, 30))
    client.post(f"/inbox/{message.pk}/snooze/", {"until": ""})
    assert shown(client) == [message]


@pytest.mark.parametrize(
    "until", ["2026-11-23", "2026-11-22", "2026-12-31", "2026-02-30", "soon", "9999-12-31"]
)
def test_day_that_makes_no_sense_changes_nothing(client: Client, reporter: User, until: str) -> None:
    message = factories.notification(recipient=reporter)
    assert client.post(f"/inbox/{message.pk}/snooze/", {"until": until}).status_code == 302
    assert shown(client) == [message]


def test_another_persons_message_is_not_put_off(client: Client, head: User) -> None:
    message = factories.notification(recipient=head)
    assert client.post(f"/inbox/{message.pk}/snooze/", {"until": "2026-11-24"}).status_code == 404
    message.refresh_from_db()
    assert message.snoozed_until is None
