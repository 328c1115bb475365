"""Sending: once each, together for each person, and nothing that is done already."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Notification, Period, Reminder, Report, Task
from tasks.rules.reminders import RETRY_MINUTES
from tasks.services import sending
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.reminders import plan_reminders
from tasks.services.reports import submit_report
from tasks.services.sending import send_reminders
from tests import factories
from tests.tasks.stories import typed

TODAY = dt.date(2026, 11, 23)


def plan() -> int:
    """Plan now."""
    return plan_reminders(now=timezone.now())


def send() -> int:
    """Send what is ready now, as one worker."""
    return send_reminders(now=timezone.now())


def states(**about: Any) -> set[tuple[str, str]]:
    """Return in which states the reminders stand, and why."""
    return set(Reminder.objects.filter(**about).values_list("state", "outcome"))


def mailed() -> list[str]:
    """Return to whom mail went, in order."""
    return [to for message in mail.outbox for to in message.to]


@pytest.fixture
def due(report: Report, reporter: User) -> list[Reminder]:
    """A reminder for the reporter's inbox and one by mail, both ready."""
    return [
        factories.reminder(report=report, recipient=reporter, channel=channel)
        for channel in ("inbox", "email")
    ]


# What goes out


def test_what_is_ready_goes_out_by_both_channels(report: Report, reporter: User, due: list[Reminder]) -> None:
    assert send() == 2
    assert states() == {("sent", "delivered")}
    assert set(Reminder.objects.values_list("sent_at", "attempts")) == {(timezone.now(), 1)}
    assert mailed() == ["reporter@luohu.example"]
    note = Notification.objects.get()
    assert (note.recipient, note.kind, note.link) == (reporter, "reminder_report", f"/reports/{report.pk}/")


def test_second_sending_finds_nothing(due: list[Reminder]) -> None:
    send()
    assert send() == 0
    assert (len(mailed()), Notification.objects.count()) == (1, 1)


def test_what_is_planned_for_later_waits(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    plan()
    clock.move_to(factories.at(dt.date(2026, 11, 24), 8, 29))
    send()
    assert not Reminder.objects.filter(stage="D-1", state="sent").exists()
    clock.move_to(factories.at(dt.date(2026, 11, 24), 8, 30))
    send()
    assert Reminder.objects.filter(stage="D-1", state="sent").count() == 2


def test_worker_whose_clock_is_a_little_behind_sends_at_once(report: Report, reporter: User) -> None:
    plan()
    assert send_reminders(now=timezone.now() - dt.timedelta(seconds=3)) == 2


@pytest.mark.parametrize(
    "moment",
    [
        factories.at(TODAY, 7, 59),
        factories.at(TODAY, 21, 0),
        factories.at(dt.date(2026, 11, 21), 12),  # a Saturday
        factories.at(dt.date(2026, 10, 1), 12),  # National Day
    ],
)
def test_nothing_goes_out_at_night_or_on_a_day_off(
    due: list[Reminder], clock: time_machine.Traveller, moment: dt.datetime
) -> None:
    Reminder.objects.update(planned_for=moment)
    clock.move_to(moment)
    assert send() == 0
    assert states() == {("planned", "")}


def test_adjusted_workday_is_a_day_to_send(due: list[Reminder], clock: time_machine.Traveller) -> None:
    saturday = factories.at(dt.date(2026, 10, 10), 12)
    Reminder.objects.update(planned_for=saturday)
    clock.move_to(saturday)
    assert send() == 2


def test_demo_sends_at_any_hour(due: list[Reminder], clock: time_machine.Traveller, settings: Any) -> None:
    settings.REMIND_AT_ANY_TIME = True
    clock.move_to(factories.at(dt.date(2026, 11, 28), 23))
    assert send() == 2


def test_person_gets_one_mail_however_much_is_due(
    campaign: Campaign, period: Period, reporter: User, east: Unit, south: Unit, other_reporter: User
) -> None:
    for unit in (east, south):
        factories.many_tasks(300, campaign=campaign, unit=unit, periods=[period])
    plan()
    send()
    assert sorted(mailed()) == ["other_reporter@luohu.example", "reporter@luohu.example"]
    assert {str(message.body).count("/reports/") for message in mail.outbox} == {300}
    assert Reminder.objects.filter(state="sent", channel="email").count() == 600


def test_most_urgent_stands_first_and_in_the_subject(task: Task, report: Report, reporter: User) -> None:
    later = factories.milestone(task=task, due_on=dt.date(2026, 11, 27), title="竣工验收")
    factories.reminder(milestone=later, recipient=reporter, due_at=factories.at(dt.date(2026, 11, 27)))
    factories.reminder(report=report, recipient=reporter)
    send()
    (message,) = mail.outbox
    assert "November 2026" in message.subject
    assert "1 more" in message.subject
    body = str(message.body)
    assert body.index("November 2026") < body.index("竣工验收")


def test_more_people_than_one_claim_takes_all_get_theirs(report: Report, east: Unit) -> None:
    for n in range(120):
        factories.user_with(RoleCode.REPORTER, unit=east, username=f"clerk-{n}")
    plan()
    send()
    assert len(mailed()) == len(set(mailed())) == 120


def test_sending_makes_as_many_queries_for_ten_tasks_of_a_person_as_for_a_hundred(
    campaign: Campaign, period: Period, reporter: User, head: User, east: Unit, clock: Any
) -> None:
    counts = []
    for more in (10, 90):
        factories.many_tasks(more, campaign=campaign, unit=east, periods=[period])
        clock.shift(dt.timedelta(days=1))
        plan()
        with CaptureQueriesContext(connection) as queries:
            assert send() > 0
        # SQLite takes the inbox's new rows in batches.
        counts.append(sum(not query["sql"].startswith("INSERT") for query in queries))
        assert connection.vendor == "sqlite" or len(queries) == counts[-1] + 1
    assert counts[0] == counts[1]


# What need not go out after all


def test_report_filed_between_planning_and_sending_is_not_chased(report: Report, reporter: User) -> None:
    plan()
    submit_report(report=report, content=typed(), version=1, by=reporter)
    assert send() == 0
    assert states() == {("cancelled", "filed")}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "exempt", "exempt_reason": "暂停"}, "closed"),
        ({"state": "missed"}, "closed"),
    ],
)
def test_what_was_done_behind_the_planners_back_is_dropped_at_the_last_moment(
    due: list[Reminder], changes: dict[str, Any], reason: str
) -> None:
    Report.objects.update(**changes)
    assert send() == 0
    assert states() == {("cancelled", reason)}
    assert not mail.outbox
    assert not Notification.objects.exists()


def test_closed_period_and_closed_task_are_dropped(due: list[Reminder], task: Task) -> None:
    Period.objects.update(closed_at=timezone.now())
    assert send() == 0
    assert states() == {("cancelled", "closed")}
    Period.objects.update(closed_at=None)
    Task.objects.update(lifecycle="closed", closed_on=TODAY)
    Reminder.objects.update(state="planned")
    assert send() == 0
    assert states() == {("cancelled", "closed")}


def test_milestone_reached_and_lead_acknowledged_are_dropped(task: Task, reporter: User, south: Unit) -> None:
    milestone = factories.milestone(task=task, completed_on=TODAY)
    at, by = timezone.now(), factories.user()
    done = factories.lead(campaign=factories.campaign(), acknowledged_at=at, acknowledged_by=by)
    ended = factories.lead(campaign=factories.campaign(), ends_on=dt.date(2026, 12, 1))
    factories.reminder(milestone=milestone, recipient=reporter)
    factories.reminder(lead=done, recipient=reporter)
    factories.reminder(lead=ended, recipient=reporter)
    assert send() == 0
    assert states() == {("cancelled", "reached"), ("cancelled", "acknowledged"), ("cancelled", "moved")}


def test_task_handed_over_between_planning_and_sending_chases_the_new_unit(
    task: Task,
    report: Report,
    reporter: User,
    other_reporter: User,
    south: Unit,
    administrator: User,
) -> None:
    plan()
    (lead,) = reassign(subject=task, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    acknowledge_lead(lead=lead, by=other_reporter)
    send()
    assert mailed() == ["other_reporter@luohu.example"]
    assert states(recipient=reporter) == {("cancelled", "moved")}


def test_account_disabled_between_planning_and_sending_gets_nothing(due: list[Reminder]) -> None:
    User.objects.update(is_active=False)
    assert send() == 0
    assert states() == {("cancelled", "disabled")}
    assert not mail.outbox


# What cannot be looked at


def test_row_that_cannot_be_looked_at_holds_up_nobody_and_is_given_up_in_the_end(
    due: list[Reminder], report: Report, clock: time_machine.Traveller
) -> None:
    """Its due moment has no counterpart on this side of the date line: every claim that met it failed with it."""
    beyond = dt.datetime(9999, 12, 31, 20, tzinfo=dt.UTC)
    bad = [factories.reminder(report=report, channel=channel).pk for channel in ("inbox", "email")]
    Reminder.objects.filter(pk__in=bad).update(due_at=beyond)
    good = [factories.reminder(report=report, channel=channel) for channel in ("inbox", "email", "email")]
    assert send() == len(due) + len(good)
    assert (Notification.objects.count(), len(mail.outbox)) == (2, 3)
    for attempt in range(1, 7):
        rows = Reminder.objects.filter(pk__in=bad)
        state = "failed" if attempt == 6 else "planned"
        assert set(rows.values_list("state", "attempts")) == {(state, attempt)}
        clock.shift(dt.timedelta(minutes=RETRY_MINUTES[min(attempt, 5) - 1]))
        send()
    assert states(pk__in=bad) == {("failed", "given_up: date value out of range")}


def test_what_the_database_cannot_do_at_the_moment_is_no_rows_fault(
    due: list[Reminder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadlock(_rows: Any) -> Any:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patched:
        patched.setattr(sending, "needless", deadlock)
        with pytest.raises(OperationalError):
            send()
    assert set(Reminder.objects.values_list("state", "attempts")) == {("planned", 0)}
    assert send() == 2
