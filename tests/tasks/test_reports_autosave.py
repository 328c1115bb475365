"""What is typed reaches the server by itself, a moment after the typing stops; the page is told in JSON."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from commands.models import Event, User
from tasks.models import Report
from tasks.services.periods import close_period
from tests import factories
from tests.tasks.reports import ClientOf, page_of, shown, typed

JSON = "application/json"


def autosave(client: Client, report: Report, **fields: str) -> Any:
    return client.post(page_of(report), typed(report, "autosave", **fields), headers={"accept": JSON})


def test_what_is_typed_is_saved_and_the_time_told(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    response = autosave(client, report, progress="刚写的", own_light="", actual_percent="")
    assert response.json() == {"version": 2, "complete": True, "message": "Saved 09:00"}
    report.refresh_from_db()
    assert (report.state, report.progress, report.saved_by) == ("draft", "刚写的", reporter)
    assert "刚写的" in shown(client.get(page_of(report)))
    response = autosave(client, report, version="2", progress="刚写的，又写")
    assert response.json()["version"] == 3


def test_what_cannot_be_read_yet_stays_as_it_was_and_the_rest_is_saved(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    autosave(client, report, actual_percent="60")
    response = autosave(client, report, version="2", actual_percent="60,", progress="其余照存")
    assert response.status_code == 200
    answer = response.json()
    assert answer["complete"] is False
    assert "not saved – Cumulative progress: Use a decimal point" in answer["message"]
    report.refresh_from_db()
    assert (report.actual_percent, report.progress) == (Decimal(60), "其余照存")


def test_saving_the_same_again_changes_nothing(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    assert [autosave(client, report).json()["version"] for _time in range(3)] == [2, 2, 2]
    assert Event.objects.count() == 1


def test_an_hour_of_typing_is_told_three_times(
    client_of: ClientOf, reporter: User, report: Report, clock: time_machine.Traveller
) -> None:
    client = client_of(reporter)
    for minute in range(61):
        assert (
            autosave(client, report, version=str(minute + 1), progress=f"第{minute}分钟").status_code == 200
        )
        clock.shift(dt.timedelta(minutes=1))
    assert Event.objects.filter(action="report.autosave").count() == 3
    report.refresh_from_db()
    assert report.progress == "第60分钟"


def test_a_colleagues_typing_in_between_is_told_apart(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    for n, person in enumerate((reporter, reporter, head, reporter)):
        autosave(client_of(person), report, version=str(n + 1), progress=f"第{n}稿")
    events = Event.objects.order_by("pk")
    assert [event.actor for event in events] == [reporter, head, reporter]


def test_a_saving_by_hand_is_always_told(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    autosave(client, report, progress="一")
    client.post(page_of(report), typed(report, "save", version="2", progress="二"))
    assert list(Event.objects.order_by("pk").values_list("action", flat=True)) == [
        "report.autosave",
        "report.save",
    ]


def test_a_conflict_is_told_and_the_button_shows_both(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    client_of(head).post(page_of(report), typed(report, "save", progress="科长写的"))
    client = client_of(reporter)
    response = autosave(client, report, progress="填报人写的")
    assert response.status_code == 409
    assert response.json()["code"] == "stale"
    response = client.post(page_of(report), typed(report, "save", progress="填报人写的"))
    assert response.status_code == 409
    assert "填报人写的" in shown(response)
    assert "科长写的" in shown(response)


def test_filing_what_an_autosave_has_just_saved_is_no_conflict(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    autosave(client, report)
    assert client.post(page_of(report), typed(report)).status_code == 302
    report.refresh_from_db()
    assert report.state == "submitted"


def test_an_expired_session_is_told_in_words(report: Report) -> None:
    response = autosave(Client(), report)
    assert response.status_code == 401
    assert response.json()["code"] == "signed_out"
    report.refresh_from_db()
    assert report.state == "due"


def test_a_closed_period_keeps_the_text_and_says_so(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    close_period(period=report.period, now=factories.at(dt.date(2026, 12, 3), 0), by=None)
    response = autosave(client_of(reporter), report, progress="晚了一步")
    assert response.status_code == 409
    assert (response.json()["code"], response.json()["kept"]) == ("closed", True)
    report.refresh_from_db()
    assert (report.state, report.progress) == ("missed", "晚了一步")


def test_an_accepted_report_is_not_typed_over(
    client_of: ClientOf, reporter: User, task: Any, period: Any
) -> None:
    accepted = factories.report(task=task, period=period, state="accepted")
    response = autosave(client_of(reporter), accepted, progress="想改")
    assert (response.status_code, response.json()["kept"]) == (409, False)
    accepted.refresh_from_db()
    assert accepted.progress == factories.CONTENT["progress"]


@pytest.mark.parametrize("role", ["office", "leader", "administrator"])
def test_others_save_nothing(
    request: pytest.FixtureRequest, client_of: ClientOf, role: str, report: Report
) -> None:
    response = autosave(client_of(request.getfixturevalue(role)), report)
    assert (response.status_code, response.json()["code"]) == (403, "other_unit")
    assert not Event.objects.exists()


def test_a_stranger_knows_nothing_of_it(client_of: ClientOf, stranger: User, report: Report) -> None:
    assert autosave(client_of(stranger), report).status_code == 404


def test_text_too_long_is_named_and_the_rest_saved(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    answer = autosave(client_of(reporter), report, progress="字" * 2001, next_steps="照存").json()
    assert answer["complete"] is False
    assert "Write at most 2000 characters; there are 2001 now." in answer["message"]
    report.refresh_from_db()
    assert (report.progress, report.next_steps) == ("", "照存")
