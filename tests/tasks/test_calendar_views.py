"""The working calendar: a year at a glance, and the days that administrators enter."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Event, User
from tasks.models import CalendarDay
from tasks.services.calendar import working_calendar
from tests import factories

ClientOf = Callable[[User], Client]
NATIONAL_DAY = dt.date(2026, 10, 1)
OFF = {"action": "set", "day": "2027-01-01", "kind": "off", "name": "元旦"}


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text_of(response: Any) -> str:
    """Return a page's source with entities resolved."""
    return html.unescape(response.content.decode())


def cells(response: Any) -> dict[dt.date, Any]:
    """Return the days of the year that a page shows."""
    return {
        cell.day: cell
        for month in response.context["months"]
        for week in month.weeks
        for cell in week
        if cell
    }


def test_year_shows_holidays_and_adjusted_workdays(client: Client) -> None:
    response = client.get("/calendar/")
    year = cells(response)
    assert len(year) == 365
    assert year[NATIONAL_DAY].is_off
    assert year[NATIONAL_DAY].occasion == "National Day"
    adjusted = year[dt.date(2026, 10, 10)]
    assert (adjusted.is_adjusted, adjusted.is_workday) == (True, True)
    weekend = year[dt.date(2026, 11, 21)]
    assert not weekend.is_workday
    assert not weekend.is_off
    assert year[dt.date(2026, 11, 23)].is_today
    page = text_of(response)
    assert "Working calendar 2026" in page
    assert "Provisional" not in page
    assert re.search(r"Spring Festival.*?02-15 Sun – 02-23 Mon", page, re.S)


def test_months_begin_on_monday_and_count_their_workdays(client: Client) -> None:
    october = client.get("/calendar/?year=2026").context["months"][9]
    assert [cell and cell.day.day for cell in october.weeks[0]] == [None, None, None, 1, 2, 3, 4]
    assert october.workdays == 18


def test_a_year_without_a_notice_is_called_provisional_even_where_one_day_was_entered(client: Client) -> None:
    assert "Provisional: no holidays are published here for 2027" in text_of(
        client.get("/calendar/?year=2027")
    )
    client.post("/calendar/?year=2027", OFF)
    assert "Provisional" in text_of(client.get("/calendar/?year=2027"))


def test_entered_day_goes_before_what_is_published(client: Client) -> None:
    data = {"action": "set", "day": "2026-10-01", "kind": "worked", "name": "<b>防汛</b> 😀"}
    response = client.post("/calendar/", data)
    assert response["Location"] == "/calendar/?year=2026"
    assert working_calendar().is_workday(NATIONAL_DAY)
    page = client.get("/calendar/?year=2026")
    cell = cells(page)[NATIONAL_DAY]
    assert (cell.is_edited, cell.is_adjusted, cell.occasion) == (True, True, "<b>防汛</b> 😀")
    assert "<b>防汛" not in page.content.decode()
    assert "2026-10-01 is a working day now." in text_of(page)


def test_entered_day_can_be_changed_and_taken_back(client: Client) -> None:
    client.post("/calendar/", OFF)
    client.post("/calendar/", {**OFF, "kind": "worked"})
    row = CalendarDay.objects.get()
    assert (row.is_workday, row.name) == (True, "元旦")
    page = text_of(client.post("/calendar/", {"action": "clear", "day": "2027-01-01"}, follow=True))
    assert "For 2027-01-01 the published calendar holds again." in page
    assert not CalendarDay.objects.exists()
    actions = list(Event.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["calendar.set", "calendar.set", "calendar.clear"]


def test_double_click_enters_and_clears_once(client: Client) -> None:
    for _click in range(2):
        assert client.post("/calendar/", OFF).status_code == 302
    for _click in range(2):
        assert client.post("/calendar/", {"action": "clear", "day": OFF["day"]}).status_code == 302
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"day": ""}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "New Year"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"kind": ""}, "kind"),
        ({"kind": "half"}, "kind"),
        ({"name": "名" * 61}, "name"),
        ({"name": "名" * 20_000}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_wrong_values_are_refused_beside_their_field(
    client: Client, changed: dict[str, str], field: str
) -> None:
    response = client.post("/calendar/?year=2027", {**OFF, **changed})
    assert list(response.context["form"].errors) == [field]
    page = text_of(response)
    assert f'id="id_{field}_error"' in page
    kept = {"day": "元旦", "kind": "2027-01-01", "name": "2027-01-01"}[field]
    assert f'value="{kept}"' in page
    assert response.context["year"] == 2027
    assert not CalendarDay.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "data", [{}, {"action": "erase"}, {"action": "clear"}, {"action": "clear", "day": "soon"}]
)
def test_what_no_page_sends_is_a_bad_request(client: Client, data: dict[str, str]) -> None:
    assert client.post("/calendar/", data).status_code == 400


@pytest.mark.parametrize(
    "year", ["", "abc", "0", "-2026", "1999", "2101", "²⁰²⁶", "٢٠٢٦", "9" * 40, "2026.5"]
)
def test_year_that_makes_no_sense_is_this_year(client: Client, year: str) -> None:
    assert client.get("/calendar/", {"year": year}).context["year"] == 2026


@pytest.mark.parametrize("year", ["2004", "2100"])
def test_first_and_last_year_can_be_opened(client: Client, year: str) -> None:
    assert client.get("/calendar/", {"year": year}).context["year"] == int(year)


def test_everybody_reads_and_only_administrators_edit(
    client_of: ClientOf, reporter: User, office: User, leader: User, stranger: User
) -> None:
    factories.calendar_day(dt.date(2026, 12, 24), is_workday=False)
    for user in (reporter, office, leader, stranger):
        theirs = client_of(user)
        page = text_of(theirs.get("/calendar/"))
        assert "2026-12-24" in page
        assert "Enter a day" not in page
        assert "Take back" not in page
        assert theirs.post("/calendar/", OFF).status_code == 403
        assert theirs.post("/calendar/", {"action": "clear", "day": "2026-12-24"}).status_code == 403
    assert CalendarDay.objects.count() == 1


def test_year_asks_the_same_number_of_queries_for_more_edited_days(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/calendar/")
        return len(captured)

    factories.calendar_day(dt.date(2026, 3, 1), is_workday=True)
    queries()
    few = queries()
    for day in range(2, 20):
        factories.calendar_day(dt.date(2026, 3, day), is_workday=True)
    assert queries() == few
