"""The list of changes of lead: who sees which, and how the new unit acknowledges."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Event, Headquarters, Unit, User
from tasks.models import Campaign, LeadAssignment, Task
from tests import factories

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text_of(response: Any) -> str:
    """Return a page's source with entities resolved."""
    return html.unescape(response.content.decode())


def moved(subject: Task | Campaign, unit: Unit, **fields: Any) -> LeadAssignment:
    """Let ``subject`` have passed to ``unit`` on 1 June, or from ``starts_on`` on."""
    day = fields.setdefault("starts_on", dt.date(2026, 6, 1))
    subject.leads.filter(ends_on=None).update(ends_on=day)
    about = {"task": subject} if isinstance(subject, Task) else {"campaign": subject}
    return factories.lead(**about, unit=unit, needs_acknowledgement=True, **fields)


def rows(client: Client, **query: Any) -> list[LeadAssignment]:
    """Return the changes that the list shows."""
    return [row["lead"] for row in client.get("/reassignments/", query).context["changes"]]


def test_list_is_newest_first_and_leaves_out_first_assignments(
    client: Client, task: Task, campaign: Campaign, south: Unit
) -> None:
    older = moved(campaign, south)
    newer = moved(task, south, starts_on=dt.date(2026, 9, 1), reason="机构改革")
    assert rows(client) == [newer, older]
    page = text_of(client.get("/reassignments/"))
    assert "机构改革" in page
    assert "Dongmen Sub-district" in page


def test_list_filters(
    client: Client, task: Task, campaign: Campaign, south: Unit, east: Unit, head: User
) -> None:
    done = moved(campaign, south, acknowledged_by=head, acknowledged_at=factories.at(dt.date(2026, 6, 2)))
    waiting = moved(task, south, starts_on=dt.date(2026, 9, 1), document_number="罗府9号")
    other = factories.task()
    planned = moved(other, factories.unit(), starts_on=dt.date(2026, 12, 1))
    assert rows(client, unit=south.pk) == [waiting, done]
    assert rows(client, unit=east.pk) == [waiting, done]
    assert rows(client, campaign=campaign.pk) == [waiting, done]
    assert rows(client, first="2026-07-01", last="2026-10-01") == [waiting]
    assert rows(client, state="planned") == [planned]
    assert rows(client, state="waiting") == [planned, waiting]
    assert rows(client, state="acknowledged") == [done]
    assert rows(client, q="罗府9") == [waiting]


@pytest.mark.parametrize(
    "query",
    [
        "unit=x",
        "campaign=" + "9" * 30,
        "first=1",
        "last=2026-99-99",
        "state=x",
        "page=0",
        "page=x",
        "q=" + "y" * 900,
    ],
)
def test_junk_in_the_query_is_no_fault_of_ours(client: Client, task: Task, south: Unit, query: str) -> None:
    moved(task, south)
    assert client.get(f"/reassignments/?{query}").status_code == 200


def test_units_see_the_changes_to_and_from_them(
    client_of: ClientOf,
    task: Task,
    south: Unit,
    reporter: User,
    other_reporter: User,
    hq_office: User,
    office: User,
    leader: User,
    stranger: User,
) -> None:
    change = moved(task, south)
    elsewhere = moved(factories.task(), factories.unit())
    for user in (reporter, other_reporter, hq_office):
        assert rows(client_of(user)) == [change], user
    for user in (office, leader):
        assert set(rows(client_of(user))) == {change, elsewhere}, user
    assert rows(client_of(stranger)) == []


def test_list_asks_the_same_number_of_queries_for_more_changes(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/reassignments/")
        return len(captured)

    for _n in range(5):
        moved(factories.task(), factories.unit(), decided_by=factories.user())
    queries()
    few = queries()
    for _n in range(5):
        moved(factories.task(), factories.unit(), decided_by=factories.user())
    assert queries() == few


# Acknowledging


def test_new_unit_acknowledges_from_the_list(
    client_of: ClientOf, task: Task, south: Unit, other_reporter: User
) -> None:
    change = moved(task, south)
    theirs = client_of(other_reporter)
    assert f"/reassignments/{change.pk}/acknowledge/" in text_of(theirs.get("/reassignments/"))
    data = {"next": "/reassignments/?state=waiting"}
    for _click in range(2):
        response = theirs.post(f"/reassignments/{change.pk}/acknowledge/", data)
        assert response["Location"] == data["next"]
    change.refresh_from_db()
    assert change.acknowledged_by == other_reporter
    assert Event.objects.filter(action="lead.acknowledge").count() == 1


@pytest.mark.parametrize(
    "back", ["", "https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_acknowledging_never_leads_off_the_site(
    client_of: ClientOf, task: Task, south: Unit, other_reporter: User, back: str
) -> None:
    change = moved(task, south)
    response = client_of(other_reporter).post(f"/reassignments/{change.pk}/acknowledge/", {"next": back})
    assert response["Location"] == f"/tasks/{task.pk}/"


def test_nobody_else_acknowledges(
    client_of: ClientOf,
    task: Task,
    south: Unit,
    headquarters: Headquarters,
    reporter: User,
    office: User,
    administrator: User,
    stranger: User,
) -> None:
    change = moved(task, south)
    expected = {reporter: 403, office: 403, administrator: 403, stranger: 404}
    for user, status in expected.items():
        assert client_of(user).post(f"/reassignments/{change.pk}/acknowledge/").status_code == status, user
    change.refresh_from_db()
    assert change.acknowledged_at is None
