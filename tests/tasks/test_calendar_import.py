"""Entering a year of the working calendar, and telling administrators that one is missing."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from commands.models import Event, User
from tasks.models import CalendarDay, Notification, Period, Reminder, TaskBook
from tasks.services.calendar import working_calendar
from tasks.services.day import turn_the_day
from tasks.services.periods import create_periods
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.conftest import signed_in

ClientOf = Callable[[User], Client]
TEXT = "一、元旦：1月1日至3日放假，共3天。\n二、春节：2月5日至11日放假调休，共7天。2月14日上班。\n三、国庆节：10月1日至7日放假，共7天。"


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def paste(client: Client, action: str = "preview", text: str = TEXT, year: str = "2027") -> Any:
    """Send the form."""
    return client.post("/calendar/import/", {"year": year, "text": text, "action": action})


def text_of(response: Any) -> str:
    return " ".join(html.unescape(response.content.decode()).split())


def test_pasted_notice_is_shown_before_anything_is_saved(client: Client) -> None:
    page = text_of(paste(client))
    assert "18 days were understood" in page
    assert "2027-02-14 Sun" in page
    assert "Enter these days" in page
    assert not CalendarDay.objects.exists()


def test_entered_year_is_published_and_followed(client: Client) -> None:
    assert working_calendar().is_provisional(dt.date(2027, 6, 1))
    assert paste(client, "save")["Location"] == "/calendar/?year=2027"
    calendar = working_calendar()
    assert not calendar.is_provisional(dt.date(2027, 6, 1))
    assert not calendar.is_workday(dt.date(2027, 2, 5))
    assert calendar.is_workday(dt.date(2027, 2, 14))
    assert calendar.is_workday(dt.date(2027, 5, 3))
    assert "Provisional" not in text_of(client.get("/calendar/?year=2027"))
    event = Event.objects.get(action="calendar.import")
    assert event.after == {"year": 2027, "off": 17, "count": 18}
    paste(client, "save")
    assert Event.objects.count() == 1


def test_notice_goes_before_what_was_entered_by_hand(client: Client) -> None:
    factories.calendar_day(dt.date(2027, 1, 1), is_workday=True)
    factories.calendar_day(dt.date(2027, 3, 3), is_workday=False)
    paste(client, "save")
    assert not working_calendar().is_workday(dt.date(2027, 1, 1))
    assert not working_calendar().is_workday(dt.date(2027, 3, 3))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"text": "元旦：1月1日至3日放假，共4天。"},
            "Line 1: The days said and the days counted differ: 4/3.",
        ),
        ({"text": ""}, "Paste the notice."),
        ({"year": "1900"}, "greater than or equal to 2004"),
        ({"year": "next"}, "Enter a whole number"),
        ({"text": "\x00"}, 'id="id_text_error"'),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_kept(
    client: Client, data: dict[str, str], said: str
) -> None:
    response = paste(client, "save", **data)
    assert response.status_code == 200
    assert said in text_of(response)
    assert not CalendarDay.objects.exists()


def test_administrators_are_told_once_from_november_on(
    client: Client, administrator: User, office: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(dt.date(2026, 10, 31)))
    turn_the_day(now=timezone.now())
    assert not Notification.objects.exists()
    for day in (1, 2, 20):
        clock.move_to(factories.at(dt.date(2026, 11, day)))
        turn_the_day(now=timezone.now())
    row = Notification.objects.get()
    assert (row.recipient, row.link) == (administrator, "/calendar/import/?year=2027")
    page = text_of(signed_in(administrator).get("/inbox/"))
    assert "The working calendar of 2027 is still missing" in page
    assert "The working calendar of 2027 is still missing" in text_of(
        signed_in(administrator).get("/calendar/")
    )


def test_nobody_is_told_where_the_year_is_there(client: Client) -> None:
    paste(client, "save")
    turn_the_day(now=timezone.now())
    assert not Notification.objects.exists()
    assert "still missing" not in text_of(client.get("/calendar/"))


def test_new_year_is_no_working_day_before_the_notice_is_there(book: Any) -> None:
    """December's last day for late filing is counted into a year that is not published yet."""
    create_periods(book=book, by=None)
    december = Period.objects.get(month=dt.date(2026, 12, 1))
    assert december.due_at.date() == dt.date(2026, 12, 25)
    assert december.closes_on == dt.date(
        2027, 1, 4
    )  # five working days later; New Year's Day is none of them
    page = working_calendar()
    assert not page.is_workday(dt.date(2027, 1, 1))
    assert page.is_provisional(dt.date(2027, 1, 1))
    assert not page.is_workday(dt.date(2030, 10, 2))


# What moves with it

AUTUMN = f"{TEXT}\n四、中秋节：9月23日至25日放假，共3天。"
"""The 25th is a Saturday: the reports on September were due on Friday the 24th, which is off now as the day before."""
DUE = factories.at(dt.date(2027, 9, 24), 18)
MOVED = factories.at(dt.date(2027, 9, 22), 18)


@pytest.fixture
def next_year(db: None) -> TaskBook:
    """The book of 2027, whose periods were written before its notice was there."""
    book = factories.book(year=2027)
    create_periods(book=book, by=None)
    return book


def september(book: TaskBook) -> Period:
    """Return the period as the database has it now."""
    return Period.objects.get(book=book, month=dt.date(2027, 9, 1))


def test_periods_that_would_move_are_shown_before_anything_is_saved(
    client: Client, next_year: TaskBook
) -> None:
    page = text_of(paste(client, text=AUTUMN))
    assert "Reporting periods that move with it" in page
    assert "<del>2027-09-24 18:00</del> 2027-09-22 18:00" in page
    assert "<del>2027-05" not in page
    assert september(next_year).due_at == DUE


def test_periods_ahead_move_with_the_notice_and_tell_of_it(
    client: Client, administrator: User, next_year: TaskBook
) -> None:
    assert next_year.periods.filter(is_provisional=True).count() == 12
    paste(client, "save", text=AUTUMN)
    assert (september(next_year).due_at, september(next_year).past.get().due_at) == (MOVED, MOVED)
    assert not next_year.periods.filter(is_provisional=True).exists()
    moved = Event.objects.filter(action="period.move")
    assert "2027-09" in {event.subject_label for event in moved}
    event = moved.get(subject_label="2027-09")
    assert (event.actor, event.before["is_provisional"], event.after["is_provisional"]) == (
        administrator,
        True,
        False,
    )
    assert (event.before["closes_on"], event.after["closes_on"]) == ("2027-10-04", "2027-10-08")
    before = list(Period.objects.values())
    paste(client, "save", text=AUTUMN)
    assert list(Period.objects.values()) == before


@pytest.mark.parametrize("moment", [DUE + dt.timedelta(minutes=1), MOVED + dt.timedelta(minutes=1)])
def test_what_has_fallen_due_or_would_have_stays_as_it_was(
    client: Client, next_year: TaskBook, clock: time_machine.Traveller, moment: dt.datetime
) -> None:
    clock.move_to(moment)
    client.force_login(User.objects.get(username="administrator"))
    paste(client, "save", text=AUTUMN)
    assert september(next_year).due_at == DUE


def test_reminders_about_what_moves_follow_at_once(
    client: Client, next_year: TaskBook, clock: time_machine.Traveller
) -> None:
    campaign = factories.campaign(book=next_year)
    task = factories.task(campaign=campaign, starts_on=dt.date(2027, 1, 1), due_on=dt.date(2027, 12, 31))
    factories.user_with("reporter", unit=task.lead_unit)
    Period.objects.filter(month=dt.date(2027, 9, 1)).update(opened_at=factories.at(dt.date(2027, 9, 1)))
    report = factories.report(task=task, period=september(next_year))
    clock.move_to(factories.at(dt.date(2027, 9, 15)))
    client.force_login(User.objects.get(username="administrator"))
    plan_reminders(now=timezone.now())
    paste(client, "save", text=AUTUMN)
    left = Reminder.objects.filter(report=report)
    assert set(left.filter(state="planned").values_list("due_at", flat=True)) == {MOVED}
    assert set(left.exclude(state="planned").values_list("state", "outcome")) == {("cancelled", "put_off")}
