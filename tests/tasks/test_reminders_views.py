"""The list of reminders: what was sent, to whom, and why or why not."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, Reminder, Report, Task
from tests import factories

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(office: User, client_of: ClientOf) -> Client:
    """The district office's browser."""
    return client_of(office)


def rows(client: Client, **query: Any) -> list[Reminder]:
    """Return the reminders that the page shows."""
    return [row["reminder"] for row in client.get("/reminders/", query).context["rows"]]


def text_of(client: Client, **query: Any) -> str:
    """Return the page's source with entities resolved."""
    return html.unescape(client.get("/reminders/", query).content.decode())


def test_page_says_what_was_asked_of_whom_and_when(client: Client, report: Report, reporter: User) -> None:
    factories.reminder(report=report, recipient=reporter, state="sent", outcome="delivered")
    page = text_of(client)
    assert "东门步行街改造" in page
    assert "File the report for November 2026" in page
    assert "due 2026-11-25 18:00" in page
    assert "1 working day before" in page
    assert f'href="/reports/{report.pk}/"' in page


@pytest.mark.parametrize(
    ("state", "outcome", "words"),
    [
        ("cancelled", "filed", "The report had been filed."),
        ("cancelled", "moved", "Another unit or person is responsible now."),
        ("cancelled", "superseded", "A later stage took its place."),
        ("cancelled", "disabled", "The account is disabled."),
        ("failed", "no_address", "The person has no e-mail address."),
        ("failed", "refused: 550 <nobody>", "The mail server refused it: 550 <nobody>"),
        ("planned", "retrying: timed out", "Will be tried again: timed out"),
        ("failed", "something: new", "something: new"),
    ],
)
def test_why_or_why_not_is_said_in_words(
    client: Client, report: Report, state: str, outcome: str, words: str
) -> None:
    factories.reminder(report=report, state=state, outcome=outcome)
    assert words in text_of(client)
    assert "<nobody>" not in client.get("/reminders/").content.decode()


def test_the_one_case_of_a_double_is_admitted(client: Client, report: Report) -> None:
    factories.reminder(report=report, maybe_duplicate=True, attempts=2)
    page = text_of(client)
    assert "Perhaps sent twice" in page
    assert "2 attempts" in page


def test_reminders_about_milestones_and_leads_are_shown(
    client: Client, task: Task, campaign: Campaign
) -> None:
    factories.reminder(milestone=factories.milestone(task=task, title="主体封顶"))
    lead = campaign.leads.get()
    factories.reminder(lead=lead, stage="D+2", channel="inbox")
    page = text_of(client)
    assert "Reach the milestone “主体封顶”" in page
    assert "Acknowledge the new lead" in page
    assert campaign.name_en in page


def test_list_filters(
    client: Client, report: Report, task: Task, reporter: User, other_reporter: User, east: Unit
) -> None:
    sent = factories.reminder(report=report, recipient=reporter, stage="D-3", state="sent")
    inbox = factories.reminder(report=report, recipient=reporter, stage="D-1", channel="inbox")
    milestone = factories.reminder(milestone=factories.milestone(), recipient=other_reporter, stage="D+5")
    assert rows(client, state="sent") == [sent]
    assert rows(client, stage="D-1") == [inbox]
    assert rows(client, channel="inbox") == [inbox]
    assert rows(client, kind="milestone") == [milestone]
    assert set(rows(client, unit=east.pk)) == {sent, inbox}
    assert set(rows(client, q="步行街")) == {sent, inbox}
    assert rows(client, q="other reporter") == [milestone]
    assert "No reminder matches these filters." in text_of(client, q="nothing like it")


def test_list_begins_with_what_was_to_be_sent_and_shows_what_comes_next_first(
    client: Client, report: Report
) -> None:
    now = timezone.now()
    moments = [(f"D-{days}", now + dt.timedelta(days=shift)) for days, shift in enumerate([-2, -1, 1, 2])]
    past, latest, soon, later = (
        factories.reminder(report=report, stage=stage, planned_for=moment) for stage, moment in moments
    )
    assert rows(client) == rows(client, page=1) == rows(client, when="past") == [latest, past]
    assert rows(client, when="ahead") == [soon, later]
    assert rows(client, when="") == [later, soon, latest, past]


@pytest.mark.parametrize(
    "query",
    [
        "when=x",
        "state=x",
        "stage=D9",
        "channel=fax",
        "kind=report__task",
        "unit=x",
        "page=x",
        "q=" + "x" * 300,
    ],
)
def test_junk_in_the_query_is_no_fault_of_ours(client: Client, report: Report, query: str) -> None:
    factories.reminder(report=report)
    assert client.get(f"/reminders/?{query}").status_code == 200


def test_each_sees_what_concerns_them(
    client_of: ClientOf,
    headquarters: Headquarters,
    report: Report,
    reporter: User,
    head: User,
    other_reporter: User,
    hq_office: User,
    office: User,
    leader: User,
    administrator: User,
    stranger: User,
) -> None:
    mine = factories.reminder(report=report, recipient=reporter)
    elsewhere = factories.reminder(report=factories.report(), recipient=other_reporter)
    for user in (office, leader, administrator):
        assert set(rows(client_of(user))) == {mine, elsewhere}, user
    for user in (reporter, hq_office):
        assert rows(client_of(user)) == [mine], user
    assert rows(client_of(other_reporter)) == [elsewhere]
    for user in (head, stranger):
        assert rows(client_of(user)) == [], user


def test_reporter_cannot_look_at_others_through_a_filter(
    client_of: ClientOf, report: Report, reporter: User, other_reporter: User, south: Unit
) -> None:
    factories.reminder(report=report, recipient=reporter)
    other = factories.reminder(report=factories.report(), recipient=other_reporter)
    theirs = client_of(reporter)
    assert other not in rows(theirs, q="other reporter")
    assert other not in rows(theirs, unit=south.pk)


def test_list_asks_the_same_number_of_queries_for_more_reminders(client: Client, campaign: Campaign) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/reminders/")
        return len(captured)

    for _n in range(5):
        factories.reminder()
        factories.reminder(milestone=factories.milestone())
    queries()
    few = queries()
    for _n in range(5):
        factories.reminder()
        factories.reminder(milestone=factories.milestone())
    assert queries() == few
