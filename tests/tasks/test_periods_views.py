"""The district's office and the administrators close, reopen and exempt by hand."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from commands.models import User
from tasks.models import Period, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.exemptions import exempt_report, undo_exemption
from tasks.services.periods import close_period_now, reopen_period
from tasks.services.reports import submit_report
from tests import factories
from tests.tasks.reports import ClientOf, shown
from tests.tasks.stories import current, refuses, typed

UNTIL = "2026-11-27"


def page_of(period: Period) -> str:
    return f"/periods/{period.pk}/"


def test_the_list_counts_what_stands_where(client_of: ClientOf, office: User, report: Report) -> None:
    factories.report(task=factories.task(), period=report.period, state="accepted")
    (line,) = client_of(office).get("/periods/").context["lines"]
    assert (line.unfiled, line.filed, line.counts["accepted"]) == (1, 1, 1)


def test_a_period_is_closed_by_hand(client_of: ClientOf, administrator: User, report: Report) -> None:
    client = client_of(administrator)
    assert "1 report that was never filed is marked missed" in shown(client.get(page_of(report.period)))
    response = client.post(page_of(report.period), {"action": "close"}, follow=True)
    assert "Closed; 1 report missed." in shown(response)
    assert (current(report).state, current(report).period.is_open) == ("missed", False)
    response = client.post(page_of(report.period), {"action": "close"}, follow=True)
    assert "This period is not open." in shown(response)


def test_a_closed_period_opens_again_until_a_day_and_what_was_missed_can_be_filed(
    client_of: ClientOf, office: User, reporter: User, report: Report, clock: Any
) -> None:
    close_period_now(period=report.period, by=office)
    client = client_of(office)
    data = {"action": "reopen", "closes_on": UNTIL, "reason": "系统故障"}
    response = client.post(page_of(report.period), data, follow=True)
    assert "Opened again; 1 report can be filed." in shown(response)
    assert "系统故障" in shown(response)
    again = current(report)
    assert (again.state, again.timeliness, again.period.is_open) == ("due", "", True)
    turn_the_day(now=timezone.now())  # the hourly job leaves it open until that day has passed
    assert current(report).period.is_open
    submit_report(report=report, content=typed(), version=again.version, by=reporter)
    clock.move_to(factories.at(dt.date(2026, 11, 28)))
    turn_the_day(now=timezone.now())
    assert (current(report).state, current(report).period.is_open) == ("submitted", False)


def test_a_missed_draft_comes_back_as_a_draft(office: User, task: Task, period: Period) -> None:
    draft = factories.report(task=task, period=period, state="draft")
    close_period_now(period=period, by=office)
    reopen_period(period=period, reason="补报", closes_on=dt.date(2026, 11, 27), by=office)
    assert (current(draft).state, current(draft).progress) == ("draft", factories.CONTENT["progress"])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"closes_on": "2026-11-22"}, "closes_on"),
        ({"closes_on": "2023-2-30"}, "closes_on"),
        ({"closes_on": ""}, "closes_on"),
        ({"reason": ""}, "reason"),
        ({"reason": " \r\n"}, "reason"),
        ({"reason": "字" * 1001}, "reason"),
    ],
)
def test_reopening_needs_a_day_to_come_and_a_reason(
    client_of: ClientOf, office: User, report: Report, fields: dict[str, str], wrong: str
) -> None:
    close_period_now(period=report.period, by=office)
    data = {"action": "reopen", "closes_on": UNTIL, "reason": "系统故障", **fields}
    response = client_of(office).post(page_of(report.period), data)
    assert response.status_code == 200
    assert list(response.context["reopen"].errors) == [wrong]
    assert not current(report).period.is_open


def test_a_task_is_exempted_with_a_reason_and_asked_again(
    client_of: ClientOf, office: User, reporter: User, report: Report
) -> None:
    client = client_of(office)
    data = {"action": "exempt", "report": str(report.pk), "reason": "当月停工"}
    pages = (f"/reports/{report.pk}/", f"/tasks/{report.task_id}/")
    page = shown(client.post(page_of(report.period), data, follow=True))
    said = f"exempted by {office} on 2026-11-23 09:00"
    for seen in (page, *(shown(client_of(reporter).get(where)) for where in pages)):
        assert "当月停工" in seen
        assert said in seen
    response = client.post(page_of(report.period), {"action": "undo", "report": str(report.pk)}, follow=True)
    assert "The report is asked for again." in shown(response)
    again = current(report)
    assert (again.state, again.exempt_reason, again.exempted_at, again.exempted_by) == ("due", "", None, None)


def test_exempting_takes_a_missed_report_out_of_the_standing(office: User, report: Report) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    missed = factories.report(task=report.task, period=october, state="missed")
    exempt_report(report=missed, reason="补记停工", by=office)
    assert (current(missed).state, current(missed).timeliness) == ("exempt", "")
    undo_exemption(report=missed, by=office)
    assert (current(missed).state, current(missed).timeliness) == ("missed", "missed")


@pytest.mark.parametrize("state", ["submitted", "returned", "accepted"])
def test_what_was_filed_is_not_exempted(office: User, task: Task, period: Period, state: str) -> None:
    filed = factories.report(task=task, period=period, state=state)
    with refuses("filed"):
        exempt_report(report=filed, reason="停工", by=office)


def test_only_keepers_keep_the_periods(hq_office: User, reporter: User, leader: User, report: Report) -> None:
    for person in (hq_office, reporter, leader):
        with refuses("not_keeper"):
            close_period_now(period=report.period, by=person)
        with refuses("not_keeper"):
            exempt_report(report=report, reason="停工", by=person)


def test_requests_that_no_page_sends(client_of: ClientOf, office: User, report: Report) -> None:
    client = client_of(office)
    assert client.post(page_of(report.period), {}).status_code == 400
    assert client.post(page_of(report.period), {"action": "burn"}).status_code == 400
    assert client.post(page_of(report.period), {"action": "undo", "report": "x"}).status_code == 400
    assert client.get("/periods/?year=x").status_code == 200
    assert client.get("/periods/?year=999999").status_code == 200
