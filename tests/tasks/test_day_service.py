"""The turn of the day: what happens by date, once, and caught up after an outage."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Campaign, Heartbeat, Period, Report, Task, TaskBook
from tasks.services.day import record_beat, turn_the_day
from tasks.services.periods import create_periods
from tests import factories
from tests.tasks.stories import told


def turn(clock: time_machine.Traveller, day: dt.date, hour: int = 0, minute: int = 5) -> None:
    """Travel to a moment and let the hourly job run."""
    clock.move_to(factories.at(day, hour, minute))
    turn_the_day(now=timezone.now())


def test_periods_open_and_close_by_themselves(
    task: Task, book: TaskBook, clock: time_machine.Traveller
) -> None:
    create_periods(book=book, by=None)
    days = {
        day + dt.timedelta(days=n)
        for period in book.periods.all()[:3]
        for day in (period.opens_on, period.closes_on)
        for n in (-1, 0, 1)
    }
    for day in sorted(day for day in days if day < dt.date(2026, 3, 8)):
        turn(clock, day)
    january, february, march, april = book.periods.all()[:4]
    for period in (january, february, march):
        assert timezone.localdate(period.opened_at) == period.month
    for period in (january, february):
        assert timezone.localdate(period.closed_at) == period.closes_on + dt.timedelta(days=1)
    assert (march.closed_at, april.opened_at) == (None, None)
    assert list(Report.objects.order_by("period").values_list("state", flat=True)) == [
        "missed",
        "missed",
        "due",
    ]
    assert task.lights.count() == 2


def test_turning_the_same_day_again_changes_nothing(
    task: Task, book: TaskBook, clock: time_machine.Traveller
) -> None:
    create_periods(book=book, by=None)
    turn(clock, dt.date(2026, 12, 3))
    turn(clock, dt.date(2026, 12, 3), 1)
    before = (list(Report.objects.values()), list(Period.objects.values()), list(Task.objects.values()))
    events = len(told())
    turn(clock, dt.date(2026, 12, 3), 2)
    assert before == (
        list(Report.objects.values()),
        list(Period.objects.values()),
        list(Task.objects.values()),
    )
    assert len(told()) == events


def test_period_stays_open_through_its_last_day(report: Report, clock: time_machine.Traveller) -> None:
    turn(clock, dt.date(2026, 12, 2), 23, 5)
    assert Period.objects.get().is_open
    turn(clock, dt.date(2026, 12, 3), 0, 5)
    assert not Period.objects.get().is_open


def test_missed_midnight_is_caught_up(task: Task, book: TaskBook, clock: time_machine.Traveller) -> None:
    create_periods(book=book, by=None)
    turn(clock, dt.date(2026, 11, 4), 14)
    assert Report.objects.filter(period__month=dt.date(2026, 11, 1)).exists()


def test_lights_turn_when_a_period_falls_due_without_anybodys_hand(
    task: Task, report: Report, clock: time_machine.Traveller
) -> None:
    turn(clock, dt.date(2026, 11, 25), 17)
    task.refresh_from_db()
    assert task.light == "grey"
    turn(clock, dt.date(2026, 11, 25), 18)
    task.refresh_from_db()
    assert (task.light, task.scheduled_percent) == ("red", Decimal("90.3"))


def test_milestone_past_its_day_lights_its_task(
    campaign: Campaign, east: Unit, period: Period, clock: time_machine.Traveller
) -> None:
    task = factories.task(campaign=campaign, lead_unit=east, plan=False)
    factories.milestone(task=task, due_on=dt.date(2026, 11, 23), title="竣工验收")
    turn(clock, dt.date(2026, 11, 23), 23)
    task.refresh_from_db()
    assert task.light == "grey"
    turn(clock, dt.date(2026, 11, 24))
    task.refresh_from_db()
    assert task.light == "yellow"
    assert task.light_reasons == [{"code": "milestone_late", "milestone": "竣工验收", "days": 1}]


def test_task_past_its_day_turns_red_after_the_years_last_period(
    task: Task, book: TaskBook, clock: time_machine.Traveller
) -> None:
    factories.period(book=book, month=dt.date(2026, 12, 1), closed=True)
    turn(clock, dt.date(2027, 1, 6))
    task.refresh_from_db()
    assert task.light == "red"
    assert {"code": "past_due", "days": 6} in task.light_reasons


def test_closed_book_is_left_as_it_is(task: Task, clock: time_machine.Traveller) -> None:
    TaskBook.objects.update(closed_at=timezone.now())
    turn(clock, dt.date(2027, 1, 6))
    task.refresh_from_db()
    assert task.light == "grey"


def test_turning_the_day_makes_as_many_queries_for_ten_tasks_as_for_twenty(
    campaign: Campaign, period: Period, east: Unit
) -> None:
    counts = []
    for _round in range(2):
        factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
        turn_the_day(now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            turn_the_day(now=timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_beat_leaves_one_mark(db: None, clock: time_machine.Traveller) -> None:
    record_beat(now=timezone.now())
    clock.shift(dt.timedelta(minutes=1))
    record_beat(now=timezone.now())
    assert list(Heartbeat.objects.values_list("at", flat=True)) == [timezone.now()]


def test_work_of_the_day_is_nobodys_in_the_audit_trail(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    turn(clock, dt.date(2026, 12, 3))
    assert {(event.actor, event.actor_name) for event in told()} == {(None, "")}
