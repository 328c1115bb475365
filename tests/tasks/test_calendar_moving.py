"""A single day entered or taken back: periods ahead follow it, and are shown before anything is saved."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from commands.models import Event, User
from tasks.models import CalendarDay, Period, Reminder, Report
from tasks.services.calendar_days import clear_calendar_day, set_calendar_day
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.together import at_once

ClientOf = Callable[[User], Client]
DAY = dt.date(2026, 11, 25)
"""The Wednesday on which the November reports fall due: a storm closes the offices."""
DUE, MOVED = factories.at(DAY, 18), factories.at(dt.date(2026, 11, 24), 18)
STORM = {"action": "set", "day": "2026-11-25", "kind": "off", "name": "台风停工"}


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text_of(response: Any) -> str:
    return " ".join(html.unescape(response.content.decode()).split())


def confirm(client: Client, shown: Any, **more: str) -> Any:
    """Confirm what a page shows."""
    mark = re.search(r'name="fingerprint" value="([^"]+)"', text_of(shown))
    assert mark
    return client.post("/calendar/?year=2026", {**STORM, "fingerprint": mark[1], **more})


def again(period: Period) -> Period:
    return Period.objects.get(pk=period.pk)


def test_periods_that_would_move_are_shown_before_anything_is_saved(client: Client, period: Period) -> None:
    shown = client.post("/calendar/?year=2026", STORM)
    page = text_of(shown)
    assert "Reporting periods that move with it" in page
    assert "<del>2026-11-25 18:00</del> 2026-11-24 18:00" in page
    assert "Nothing has changed yet." in page
    assert not CalendarDay.objects.exists()
    assert again(period).due_at == DUE


def test_confirmed_it_moves_them_with_an_event_and_a_past_page(
    client: Client, period: Period, administrator: User
) -> None:
    answer = confirm(client, client.post("/calendar/?year=2026", STORM))
    assert answer["Location"] == "/calendar/?year=2026"
    assert (again(period).due_at, again(period).past.latest("pk").due_at) == (MOVED, MOVED)
    event = Event.objects.get(action="period.move")
    assert (event.actor, event.subject_label) == (administrator, "2026-11")
    page = text_of(client.get("/events/"))
    assert "Reports due" in page
    assert "2026-11-25 18:00" in page
    assert "2026-11-24 18:00" in page
    assert "closes_on" not in page


def test_taking_it_back_moves_them_back_after_a_preview(client: Client, period: Period) -> None:
    confirm(client, client.post("/calendar/?year=2026", STORM))
    shown = client.post("/calendar/?year=2026", {"action": "clear", "day": STORM["day"]})
    assert "<del>2026-11-24 18:00</del> 2026-11-25 18:00" in text_of(shown)
    assert CalendarDay.objects.exists()
    confirm(client, shown, action="clear")
    assert not CalendarDay.objects.exists()
    assert again(period).due_at == DUE


def test_what_moves_nothing_is_entered_at_once(client: Client, period: Period) -> None:
    client.post("/calendar/?year=2026", {**STORM, "day": "2026-12-16"})
    assert CalendarDay.objects.get().day == dt.date(2026, 12, 16)
    assert not Event.objects.filter(action="period.move").exists()


def test_a_confirmation_of_something_else_shows_what_would_move_now(client: Client, period: Period) -> None:
    shown = client.post("/calendar/?year=2026", STORM)
    Period.objects.update(due_at=factories.at(dt.date(2026, 11, 26), 18), opened_at=None)
    answer = confirm(client, shown)
    assert answer.status_code == 409
    assert "Things have changed since you looked" in text_of(answer)
    assert "<del>2026-11-26 18:00</del> 2026-11-24 18:00" in text_of(answer)
    assert not CalendarDay.objects.exists()


def test_what_was_typed_can_be_changed_before_it_is_confirmed(client: Client, period: Period) -> None:
    shown = client.post("/calendar/?year=2026", STORM)
    page = text_of(confirm(client, shown, action="change"))
    assert 'value="台风停工"' in page
    assert "Enter a day" in page
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("moment", [DUE + dt.timedelta(minutes=1), MOVED + dt.timedelta(minutes=1)])
def test_what_has_fallen_due_or_would_have_stays(
    administrator: User, period: Period, clock: time_machine.Traveller, moment: dt.datetime
) -> None:
    clock.move_to(moment)
    set_calendar_day(day=DAY, is_workday=False, name="台风停工", by=administrator)
    assert again(period).due_at == DUE


def test_an_open_period_that_no_longer_follows_its_rule_stays_as_people_were_told(
    administrator: User, period: Period
) -> None:
    """The rule was changed while the month was open, or it was opened again to another day."""
    told = factories.at(dt.date(2026, 11, 27), 18)
    Period.objects.filter(pk=period.pk).update(due_at=told)
    set_calendar_day(day=DAY, is_workday=False, name="台风停工", by=administrator)
    assert again(period).due_at == told


def test_reminders_follow_at_once(administrator: User, reporter: User, report: Report) -> None:
    plan_reminders(now=timezone.now())
    set_calendar_day(day=DAY, is_workday=False, name="台风停工", by=administrator)
    left = Reminder.objects.filter(report=report).unsent()
    assert set(left.values_list("due_at", flat=True)) == {MOVED}


def test_the_same_day_again_changes_nothing(administrator: User, period: Period) -> None:
    for _time in range(2):
        set_calendar_day(day=DAY, is_workday=False, name="台风停工", by=administrator)
    for _time in range(2):
        clear_calendar_day(day=DAY, by=administrator)
    assert Event.objects.filter(action="period.move").count() == 2
    assert again(period).due_at == DUE


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_days_entered_at_once_both_count(period: Period, administrator: User) -> None:
    days = [DAY, dt.date(2026, 11, 24)]
    acts = [
        lambda day=day: set_calendar_day(day=day, is_workday=False, name="停工", by=administrator)
        for day in days
    ]
    assert at_once(*acts) == {"done": 2}
    assert again(period).due_at == factories.at(dt.date(2026, 11, 23), 18)
