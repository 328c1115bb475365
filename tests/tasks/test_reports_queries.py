"""The pages of reports make as many queries for many rows as for few."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Unit, User
from tasks.models import Campaign, LeadAssignment, Period, Report, TaskBook
from tests import factories

ClientOf = Callable[[User], Client]
N = 8


@pytest.fixture
def november(book: TaskBook) -> Period:
    return factories.period(book=book)


@pytest.fixture
def october(book: TaskBook) -> Period:
    return factories.period(book=book, month=dt.date(2026, 10, 1), closed=True)


def filed(november: Period, by: User) -> dict[str, Any]:
    """Return the fields of a report that waits for the office."""
    now = factories.at(dt.date(2026, 11, 20))
    return {
        **factories.CONTENT,
        "state": "submitted",
        "timeliness": "on_time",
        "saved_at": now,
        "saved_by": by,
        "first_submitted_at": now,
        "submitted_at": now,
    }


def count(client: Client, address: str) -> int:
    """Return how many queries the page takes once the session is warm."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def add_everything(
    n: int, campaign: Campaign, east: Unit, south: Unit, november: Period, october: Period, by: User
) -> list[Report]:
    """Add ``n`` of every sort of report, and ``n`` handovers; return those to be filed."""
    tasks = factories.many_tasks(n, campaign=campaign, unit=east)
    for task in tasks:
        factories.report(task=task, period=october, state="accepted", by=by)
    made = factories.many_reports(tasks, period=november)
    for state in ("draft", "returned"):
        for task in factories.many_tasks(n, campaign=campaign, unit=east):
            factories.report(task=task, period=november, state=state, by=by)
    waiting = factories.many_tasks(n, campaign=campaign, unit=east)
    factories.many_reports(waiting, period=november, **filed(november, by))
    factories.many_reports(
        factories.many_tasks(n, campaign=campaign, unit=east),
        period=october,
        state="missed",
        timeliness="missed",
    )
    for task in factories.many_tasks(n, campaign=campaign, unit=south):
        task.leads.update(ends_on=dt.date(2026, 11, 20))
        LeadAssignment.objects.create(
            task=task, unit=east, starts_on=dt.date(2026, 11, 20), needs_acknowledgement=True
        )
    return made


@pytest.mark.parametrize("role", ["reporter", "office", "leader"])
def test_the_list_page(
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    campaign: Campaign,
    east: Unit,
    south: Unit,
    november: Period,
    october: Period,
    reporter: User,
    role: str,
) -> None:
    rows = (campaign, east, south, november, october, reporter)
    client = client_of(request.getfixturevalue(role))
    add_everything(N, *rows)
    few = count(client, "/reports/?period=")
    add_everything(N, *rows)
    assert count(client, "/reports/?period=") == few
    assert few <= 30


def test_the_desk_at_a_hundred_tasks_and_at_a_thousand(
    client_of: ClientOf, campaign: Campaign, east: Unit, november: Period, reporter: User
) -> None:
    client = client_of(reporter)
    factories.many_tasks(100, campaign=campaign, unit=east, periods=[november])
    few = count(client, "/reports/")
    factories.many_tasks(900, campaign=campaign, unit=east, periods=[november])
    assert count(client, "/reports/") == few
    page = client.get("/reports/").content.decode()
    assert "You have 1000 things to do" in page
    assert "Show all 1000 reports to be filed" in page


def test_the_form_and_the_review(
    client_of: ClientOf,
    campaign: Campaign,
    east: Unit,
    south: Unit,
    november: Period,
    october: Period,
    reporter: User,
    office: User,
) -> None:
    rows = (campaign, east, south, november, october, reporter)
    report = add_everything(N, *rows)[0]
    task = factories.task(campaign=campaign, lead_unit=east)
    waiting = factories.report(task=task, period=november, state="submitted", by=reporter)
    pages = ((reporter, f"/reports/{report.pk}/"), (office, f"/reports/{waiting.pk}/review/"))
    few = [count(client_of(person), address) for person, address in pages]
    add_everything(N, *rows)
    assert [count(client_of(person), address) for person, address in pages] == few
    assert max(few) <= 30


def test_the_reading_page_with_many_filings(
    client_of: ClientOf, reporter: User, office: User, leader: User, report: Report
) -> None:
    def file_and_return(times: int) -> None:
        for _ in range(times):
            factories.submission(
                report=report, submitted_by=reporter, decision="returned", decided_by=office, words="请改"
            )

    Report.objects.update(actual_percent=Decimal(50), state="exempt", exempt_reason="停")
    client = client_of(leader)
    file_and_return(N)
    few = count(client, f"/reports/{report.pk}/")
    file_and_return(N)
    assert count(client, f"/reports/{report.pk}/") == few
