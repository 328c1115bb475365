"""Opening and closing reporting periods."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Campaign, Period, Reminder, Report, Task, TaskBook
from tasks.services.periods import close_period, create_periods, open_period
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.tasks.stories import current, only_event, told

CLOSING = factories.at(dt.date(2026, 12, 3), 0, 5)


def november(book: TaskBook) -> Period:
    """Return November's period, not yet opened."""
    return factories.period(book=book, opened_at=None)


def open_now(period: Period) -> int:
    """Open the period now, as the turn of the day does."""
    return open_period(period=period, now=timezone.now(), by=None)


def close(period: Period) -> int:
    """Close the period on the morning after its last day."""
    return close_period(period=period, now=CLOSING, by=None)


# A year of periods


def test_year_has_twelve_periods_by_the_books_rule(book: TaskBook, administrator: User) -> None:
    periods = create_periods(book=book, by=administrator)
    assert [period.month.month for period in periods] == list(range(1, 13))
    dues = {period.month.month: timezone.localtime(period.due_at) for period in book.periods.all()}
    assert dues[11] == factories.at(dt.date(2026, 11, 25), 18)
    assert dues[10] == factories.at(dt.date(2026, 10, 23), 18)  # the 25th is a Sunday: back to Friday
    assert dues[2] == factories.at(dt.date(2026, 2, 25), 18)  # the first days after Spring Festival
    assert not book.periods.filter(opened_at__isnull=False).exists()


def test_months_that_have_a_period_keep_it(book: TaskBook, administrator: User) -> None:
    kept = factories.period(book=book, due_at=factories.at(dt.date(2026, 11, 27), 12))
    assert len(create_periods(book=book, by=administrator)) == 11
    kept.refresh_from_db()
    assert timezone.localtime(kept.due_at) == factories.at(dt.date(2026, 11, 27), 12)
    assert create_periods(book=book, by=administrator) == []
    assert only_event().action == "period.create"


def test_edited_calendar_moves_the_due_day(book: TaskBook, administrator: User) -> None:
    factories.calendar_day(dt.date(2026, 11, 25), is_workday=False)
    create_periods(book=book, by=administrator)
    due_at = book.periods.get(month=dt.date(2026, 11, 1)).due_at
    assert timezone.localtime(due_at) == factories.at(dt.date(2026, 11, 24), 18)


def test_periods_of_a_year_without_published_calendar_are_provisional(administrator: User) -> None:
    create_periods(book=factories.book(year=2027), by=administrator)
    assert set(Period.objects.values_list("is_provisional", flat=True)) == {True}


# Opening


def test_opening_gives_every_open_task_its_report(task: Task, book: TaskBook, east: Unit) -> None:
    period = november(book)
    assert open_now(period) == 1
    report = Report.objects.get()
    assert (report.task, report.period, report.unit, report.state) == (task, period, east, "due")
    period.refresh_from_db()
    assert period.opened_at == timezone.now()


def test_opening_twice_adds_nothing(task: Task, book: TaskBook) -> None:
    period = november(book)
    open_now(period)
    opened = Period.objects.get().opened_at
    assert open_now(period) == 0
    assert (Report.objects.count(), Period.objects.get().opened_at) == (1, opened)
    assert only_event().action == "period.open"


@pytest.mark.parametrize("lifecycle", ["planned", "closed", "cancelled"])
def test_task_that_is_not_under_way_owes_no_report(
    campaign: Campaign, book: TaskBook, east: Unit, lifecycle: str
) -> None:
    closed_on = dt.date(2026, 11, 2) if lifecycle == "closed" else None
    factories.task(campaign=campaign, lead_unit=east, lifecycle=lifecycle, closed_on=closed_on)
    assert open_now(november(book)) == 0


def test_task_that_nobody_leads_owes_no_report(task: Task, book: TaskBook) -> None:
    Task.objects.update(lead_unit=None)
    assert open_now(november(book)) == 0


def test_task_of_another_book_owes_no_report(book: TaskBook, east: Unit) -> None:
    old = factories.campaign(book=factories.book(year=2025))
    factories.task(campaign=old, lead_unit=east)
    assert open_now(november(book)) == 0


@pytest.mark.parametrize(
    ("starts_on", "owes"),
    [
        (dt.date(2026, 11, 25), 1),
        (dt.date(2026, 11, 26), 0),  # begins after the reports are due: it would be late before it began
        (dt.date(2026, 12, 1), 0),
    ],
)
def test_task_owes_a_report_from_the_due_day_it_has_begun_by(
    campaign: Campaign, book: TaskBook, east: Unit, starts_on: dt.date, owes: int
) -> None:
    factories.task(campaign=campaign, lead_unit=east, starts_on=starts_on)
    assert open_now(november(book)) == owes


def test_where_reports_fall_due_in_the_next_month_a_task_of_that_month_owes_none(
    campaign: Campaign, book: TaskBook, east: Unit
) -> None:
    TaskBook.objects.update(due_month="next", due_day=5, roll="forward")
    book.refresh_from_db()
    factories.task(campaign=campaign, lead_unit=east, starts_on=dt.date(2026, 11, 30))
    factories.task(campaign=campaign, lead_unit=east, starts_on=dt.date(2026, 12, 1))
    assert open_now(november(book)) == 1


def test_task_begun_later_gets_its_report(task: Task, campaign: Campaign, book: TaskBook, east: Unit) -> None:
    period = november(book)
    open_now(period)
    later = factories.task(campaign=campaign, lead_unit=east, starts_on=dt.date(2026, 11, 20))
    assert open_now(period) == 1
    assert later.reports.get().period == period


def test_closed_period_does_not_open_again(task: Task, book: TaskBook) -> None:
    period = factories.period(book=book, closed=True)
    assert open_now(period) == 0
    assert not told()


# Closing


def test_closing_marks_what_was_never_filed_as_missed(task: Task, period: Period, campaign: Campaign) -> None:
    made = {
        state: factories.report(task=factories.task(campaign=campaign), period=period, state=state)
        for state in ("due", "draft", "submitted", "returned", "accepted", "exempt")
    }
    assert close(period) == 2
    after = {state: (current(report).state, current(report).timeliness) for state, report in made.items()}
    assert after == {
        "due": ("missed", "missed"),
        "draft": ("missed", "missed"),
        "submitted": ("submitted", "on_time"),
        "returned": ("returned", "on_time"),  # counts by its first filing
        "accepted": ("accepted", "on_time"),
        "exempt": ("exempt", ""),
    }
    assert current(made["draft"]).progress  # what was typed is not lost
    period.refresh_from_db()
    assert period.closed_at == CLOSING


def test_closing_records_every_tasks_light(task: Task, period: Period, office: User, reporter: User) -> None:
    factories.report(
        task=task,
        period=period,
        state="accepted",
        by=reporter,
        reviewer=office,
        actual_percent=Decimal(70),
        own_light="green",
    )
    close(period)
    light = task.lights.get()
    assert (light.period, light.automatic, light.final, light.own) == (period, "yellow", "yellow", "green")
    assert (light.actual_percent, light.scheduled_percent) == (Decimal("70.0"), Decimal("90.3"))
    assert light.reasons == [{"code": "behind_plan", "points": "20.3"}]
    assert (light.rule_version, light.recorded_at) == (1, CLOSING)


def test_closing_moves_the_standing_of_who_missed(report: Report, task: Task) -> None:
    close(report.period)
    task.refresh_from_db()
    assert task.light == "red"
    assert task.light_reasons == [{"code": "behind_plan", "points": "90.3"}]


def test_missed_report_alone_is_yellow(task: Task, period: Period, reporter: User, office: User) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.report(
        task=task, period=october, state="accepted", by=reporter, reviewer=office, actual_percent=Decimal(92)
    )
    factories.report(task=task, period=period)
    close(period)
    task.refresh_from_db()
    assert (task.light, task.light_reasons) == ("yellow", [{"code": "report_missed"}])


def test_two_yellow_periods_running_are_red(task: Task, period: Period, reporter: User, office: User) -> None:
    october = factories.period(month=dt.date(2026, 10, 1))
    for month, percent in ((october, 70), (period, 75)):
        factories.report(
            task=task,
            period=month,
            state="accepted",
            by=reporter,
            reviewer=office,
            actual_percent=Decimal(percent),
            accepted_at=month.due_at,
        )
    close_period(period=october, now=factories.at(dt.date(2026, 11, 2), 0, 5), by=None)
    close(period)
    first, second = task.lights.all()
    assert (first.automatic, first.unescalated) == ("yellow", "yellow")
    assert (second.automatic, second.unescalated) == ("red", "yellow")
    assert {reason["code"] for reason in second.reasons} == {"behind_plan", "yellow_twice"}
    task.refresh_from_db()
    assert task.light == "red"


def test_a_period_back_on_plan_breaks_the_row_of_yellows(
    task: Task, period: Period, reporter: User, office: User
) -> None:
    september = factories.period(month=dt.date(2026, 9, 1), closed=True)
    factories.light(task=task, period=september, automatic="yellow")
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.light(task=task, period=october, automatic="green")
    factories.report(
        task=task, period=period, state="accepted", by=reporter, reviewer=office, actual_percent=Decimal(75)
    )
    close(period)
    assert task.lights.get(period=period).automatic == "yellow"


def test_closing_ends_the_chase(report: Report, reporter: User) -> None:
    plan_reminders(now=timezone.now())
    close(report.period)
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("cancelled", "closed")}


def test_closing_twice_closes_nothing(report: Report) -> None:
    assert close(report.period) == 1
    closed = Period.objects.get().closed_at
    lights = list(report.task.lights.values())
    assert close_period(period=report.period, now=CLOSING + dt.timedelta(hours=1), by=None) == 0
    assert (Period.objects.get().closed_at, list(report.task.lights.values())) == (closed, lights)
    assert only_event().action == "period.close"


def test_period_that_never_opened_does_not_close(book: TaskBook) -> None:
    assert close(november(book)) == 0
    assert Period.objects.get().closed_at is None
    assert not told()
