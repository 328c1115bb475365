"""Carrying over last year's unfinished work, and closing its book."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Event, Unit, User
from tasks.models import Campaign, Period, Report, Task, TaskBook
from tasks.services.carrying import carry_over
from tasks.services.day import turn_the_day
from tests import factories
from tests.conftest import signed_in

NEW_YEAR = dt.date(2027, 1, 1)


@pytest.fixture
def client(administrator: User) -> Client:
    administrator.language = "en"
    administrator.save()
    return signed_in(administrator)


@pytest.fixture
def next_book(book: TaskBook) -> TaskBook:
    return factories.book(year=2027)


def ticks(book: TaskBook, client: Client) -> dict[str, Any]:
    """Return the form as it comes: everything ticked."""
    page = client.get(f"/books/{book.pk}/carry/").content.decode()
    return {name: re.findall(rf'name="{name}" value="(\d+)" checked', page) for name in ("campaign", "task")}


def test_all_that_is_unfinished_comes_ticked_and_comes_over(
    client: Client, next_book: TaskBook, task: Task, east: Unit, south: Unit
) -> None:
    done = factories.task(
        campaign=task.campaign, lead_unit=east, lifecycle="closed", closed_on=dt.date(2026, 6, 1)
    )
    missed = factories.milestone(task=task, due_on=dt.date(2026, 10, 31), is_key=True)
    factories.milestone(task=task, completed_on=dt.date(2026, 5, 1))
    task.supporting_units.add(south)
    form = ticks(next_book, client)
    assert form == {"campaign": [str(task.campaign_id)], "task": [str(task.pk)]}
    assert client.post(f"/books/{next_book.pk}/carry/", form)["Location"] == f"/books/{next_book.pk}/"
    new = Task.objects.get(carried_from=task)
    assert not Task.objects.filter(carried_from=done).exists()
    campaign = new.campaign
    assert (campaign.book, campaign.number, campaign.carried_from) == (next_book, 1, task.campaign)
    assert list(campaign.goals.all()) == list(task.campaign.goals.all())
    assert (campaign.headquarters, campaign.flag_presented_on) == (task.campaign.headquarters, None)
    assert (new.code, new.title, new.lifecycle) == ("2027-1-01", task.title, "planned")
    assert (new.starts_on, new.due_on) == (NEW_YEAR, dt.date(2027, 12, 31))
    assert [(one.title, one.due_on) for one in new.milestones.all()] == [
        (missed.title, dt.date(2027, 10, 31))
    ]
    assert list(new.supporting_units.all()) == [south]
    assert [kept.unit for kept in new.past_support.all()] == [south]
    lead = new.leads.get()
    assert (lead.unit, lead.starts_on, lead.needs_acknowledgement) == (east, NEW_YEAR, False)
    assert campaign.leads.get().unit == east
    points = new.baselines.get().points_by_day()
    assert (len(points), points[dt.date(2027, 12, 31)]) == (12, 100)
    task.refresh_from_db()
    assert task.lifecycle == "active"
    assert task.leads.get().ends_on is None


def test_what_came_over_is_not_offered_twice(client: Client, next_book: TaskBook, task: Task) -> None:
    form = ticks(next_book, client)
    client.post(f"/books/{next_book.pk}/carry/", form)
    assert "nothing left to carry over" in client.get(f"/books/{next_book.pk}/carry/").content.decode()
    again = client.post(f"/books/{next_book.pk}/carry/", form)
    assert again.status_code == 409
    assert Task.objects.filter(carried_from=task).count() == 1


def test_the_new_task_begins_on_new_year_and_owes_its_january_report(
    client: Client, next_book: TaskBook, task: Task, east: Unit
) -> None:
    january = factories.period(book=next_book, month=NEW_YEAR, opened_at=None)
    client.post(f"/books/{next_book.pk}/carry/", ticks(next_book, client))
    new = Task.objects.get(carried_from=task)
    with time_machine.travel(dt.datetime(2026, 12, 31, 17, tzinfo=dt.UTC), tick=False):  # 01:00 in Luohu
        turn_the_day(now=timezone.now())
    new.refresh_from_db()
    assert (new.lifecycle, new.lead_unit, new.lead_since) == ("active", east, NEW_YEAR)
    assert Report.objects.get(task=new).period == january


def test_a_task_is_not_carried_without_its_campaign(client: Client, next_book: TaskBook, task: Task) -> None:
    answer = client.post(f"/books/{next_book.pk}/carry/", {"task": task.pk})
    assert answer.status_code == 409
    assert "Carry over the campaign with its tasks: no. 1." in answer.content.decode()
    assert not next_book.campaigns.exists()


def test_who_works_no_more_leads_nothing_new(
    client: Client, next_book: TaskBook, task: Task, east: Unit
) -> None:
    Unit.objects.filter(pk=east.pk).update(closed_on=dt.date(2026, 12, 31))
    assert "Without a lead unit" in client.get(f"/books/{next_book.pk}/carry/").content.decode()
    client.post(f"/books/{next_book.pk}/carry/", ticks(next_book, client))
    assert not Task.objects.get(carried_from=task).leads.exists()
    assert "No unit leads it." in client.get(f"/books/{next_book.pk}/").content.decode()


@pytest.mark.usefixtures("whole_statements")
def test_five_hundred_tasks_take_few_queries_for_each_hundred(
    campaign: Campaign, next_book: TaskBook, east: Unit, administrator: User
) -> None:
    def needed(number: int) -> int:
        tasks = {task.pk for task in factories.many_tasks(number, campaign=campaign, unit=east)}
        ticked = [] if next_book.campaigns.exists() else [campaign.pk]
        with CaptureQueriesContext(connection) as asked:
            carry_over(book=next_book, campaigns=ticked, tasks=tasks, by=administrator)
        return len(asked)

    hundred, five = needed(100), needed(500)
    assert five - hundred <= 4 * 5
    assert next_book.campaigns.get().tasks.count() == 600


def close(client: Client, book: TaskBook) -> Any:
    return client.post(f"/books/{book.pk}/close/")


def test_a_book_with_open_months_or_tasks_is_not_closed_and_says_which(
    client: Client, task: Task, period: Period
) -> None:
    answer = close(client, period.book)
    assert answer.status_code == 409
    assert "These months are not closed yet: 2026-11." in answer.content.decode()
    Period.objects.update(closed_at=timezone.now())
    assert f"carried over: {task.code}." in close(client, period.book).content.decode()
    assert not Event.objects.exists()


def test_a_book_closes_with_what_was_carried_over(
    client: Client, next_book: TaskBook, task: Task, book: TaskBook
) -> None:
    client.post(f"/books/{next_book.pk}/carry/", ticks(next_book, client))
    assert close(client, book)["Location"] == f"/books/{book.pk}/"
    book.refresh_from_db()
    task.refresh_from_db()
    assert book.closed_at is not None
    assert (task.lifecycle, task.carried_to.lifecycle) == ("carried", "planned")
    assert {event.action for event in Event.objects.about(book)} == {"book.close"}
    assert "goes on as" in client.get(f"/books/{book.pk}/").content.decode()
