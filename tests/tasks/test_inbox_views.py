"""The inbox: unread first, opened by a button, and nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import User
from tasks.models import Notification
from tests import factories

ClientOf = Callable[[User], Client]
GIVEN = {
    "task": "东门步行街改造",
    "unit": "东门街道",
    "unit_en": "Dongmen Sub-district",
    "old_unit": "南湖街道",
    "old_unit_en": "Nanhu Sub-district",
    "day": "2026-11-23",
    "reason": "职能调整",
}


@pytest.fixture
def client(reporter: User, client_of: ClientOf) -> Client:
    """The reporter's browser."""
    return client_of(reporter)


def told(to: User, **fields: Any) -> Notification:
    """Tell a person that their unit now leads a task."""
    return factories.notification(recipient=to, **{"kind": "lead_given", "values": GIVEN, **fields})


def shown(client: Client, page: str = "") -> list[Notification]:
    """Return the messages in the order of the page."""
    return [row["notification"] for row in client.get("/inbox/", {"page": page}).context["rows"]]


def test_unread_comes_first_then_the_newest(
    client: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    old = told(reporter)
    clock.shift(dt.timedelta(minutes=5))
    read = told(reporter, read_at=factories.at(dt.date(2026, 11, 23)))
    clock.shift(dt.timedelta(minutes=5))
    new = told(reporter)
    assert shown(client) == [new, old, read]


def test_messages_are_put_into_words(client: Client, reporter: User) -> None:
    told(reporter)
    page = client.get("/inbox/").content.decode()
    assert "The lead of “东门步行街改造” passes to your unit" in page
    assert "taken over from Nanhu Sub-district. Reason: 职能调整" in page
    assert "1 unread message" in page


def test_message_that_lacks_a_value_breaks_no_inbox(client: Client, reporter: User) -> None:
    for kind in ("report_returned", "lead_given", "reminder_report", "reminder_milestone", "from the future"):
        told(reporter, kind=kind, values={})
    assert client.get("/inbox/").status_code == 200


def test_markup_in_a_message_is_shown_harmless(client: Client, reporter: User) -> None:
    told(reporter, values={**GIVEN, "task": "<script>alert(1)</script>"})
    page = client.get("/inbox/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_looking_at_the_inbox_reads_nothing(client: Client, reporter: User) -> None:
    message = told(reporter)
    client.get("/inbox/")
    message.refresh_from_db()
    assert message.read_at is None


def test_opening_marks_as_read_and_leads_to_the_thing(client: Client, reporter: User) -> None:
    message = told(reporter, link="/tasks/7/")
    for _click in range(2):
        assert client.post(f"/inbox/{message.pk}/")["Location"] == "/tasks/7/"
    message.refresh_from_db()
    assert message.read_at is not None


def test_opening_keeps_the_moment_of_the_first_reading(
    client: Client, reporter: User, clock: time_machine.Traveller
) -> None:
    message = told(reporter)
    client.post(f"/inbox/{message.pk}/")
    first = Notification.objects.get().read_at
    clock.shift(dt.timedelta(minutes=5))
    client.post(f"/inbox/{message.pk}/")
    assert Notification.objects.get().read_at == first


@pytest.mark.parametrize(
    "link", ["", "https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_message_without_a_page_of_ours_leads_back(client: Client, reporter: User, link: str) -> None:
    message = told(reporter, link=link)
    assert client.post(f"/inbox/{message.pk}/")["Location"] == "/inbox/"


def test_opening_needs_a_button(client: Client, reporter: User) -> None:
    message = told(reporter)
    assert client.get(f"/inbox/{message.pk}/").status_code == 405
    assert client.get("/inbox/read/").status_code == 405
    assert Notification.objects.get().read_at is None


def test_all_are_marked_as_read_at_once(client: Client, reporter: User, head: User) -> None:
    told(reporter)
    told(reporter)
    other = told(head)
    page = client.post("/inbox/read/", follow=True).content.decode()
    assert "2 messages marked as read." in page
    assert "Everything is read." in page
    other.refresh_from_db()
    assert other.read_at is None


def test_another_persons_message_is_neither_shown_nor_opened(
    client: Client, head: User, administrator: User, client_of: ClientOf
) -> None:
    message = told(head)
    assert shown(client) == []
    for browser in (client, client_of(administrator)):
        assert browser.post(f"/inbox/{message.pk}/").status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


def test_inbox_is_paged(client: Client, reporter: User) -> None:
    for _n in range(35):
        told(reporter)
    assert (len(shown(client)), len(shown(client, "2"))) == (30, 5)


@pytest.mark.parametrize("page", ["0", "-1", "abc", "²", "99999", "9" * 50, "2.5"])
def test_page_that_does_not_exist_is_no_fault_of_ours(client: Client, reporter: User, page: str) -> None:
    told(reporter)
    assert len(shown(client, page)) == 1


def test_empty_inbox_says_so(client: Client) -> None:
    assert "No messages" in client.get("/inbox/").content.decode()


def test_inbox_asks_the_same_number_of_queries_for_more_messages(client: Client, reporter: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/inbox/")
        return len(captured)

    for _n in range(10):
        told(reporter)
    queries()
    few = queries()
    for _n in range(10):
        told(reporter)
    assert queries() == few
