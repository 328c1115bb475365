"""Reassigning lead units: from which day, what moves, what stays, and who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, LeadAssignment, Notification, Period, Reminder, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.handovers import Subject
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.tasks.stories import current, refuses, told

TODAY = dt.date(2026, 11, 23)
OPENED = dt.date(2026, 11, 1)


def give(subject: Subject, unit: Unit, by: User, **fields: Any) -> LeadAssignment:
    """Reassign from today for a reason, unless told otherwise; return the subject's own new lead."""
    values = {"starts_on": TODAY, "reason": "机构职能调整", **fields}
    return reassign(subject=subject, unit=unit, by=by, **values)[0]


def leads_of(subject: Subject) -> list[tuple[Unit, dt.date, dt.date | None]]:
    """Return who led a campaign or task, from when, and until when, oldest first."""
    return [(lead.unit, lead.starts_on, lead.ends_on) for lead in subject.leads.order_by("starts_on")]


def chased(report: Report) -> set[User]:
    """Return the people for whom a reminder about the report is planned."""
    return {row.person for row in Reminder.objects.unsent().filter(report=report)}


# From which day


def test_change_from_today_takes_effect_at_once(
    task: Task, report: Report, east: Unit, south: Unit, administrator: User
) -> None:
    lead = give(task, south, administrator, document_number="罗府办〔2026〕8号", handover_note="资料已移交")
    assert leads_of(task) == [(east, factories.NEW_YEAR, TODAY), (south, TODAY, None)]
    assert (lead.reason, lead.document_number, lead.handover_note) == (
        "机构职能调整",
        "罗府办〔2026〕8号",
        "资料已移交",
    )
    assert (lead.decided_by, lead.decided_at) == (administrator, timezone.now())
    assert lead.needs_acknowledgement
    assert lead.acknowledged_at is None
    task.refresh_from_db()
    assert (task.lead_unit, task.lead_since) == (south, TODAY)
    assert current(report).unit == south


def test_change_dated_ahead_waits_for_its_day(
    task: Task,
    report: Report,
    reporter: User,
    other_reporter: User,
    south: Unit,
    east: Unit,
    administrator: User,
    clock: time_machine.Traveller,
) -> None:
    plan_reminders(now=timezone.now())
    give(task, south, administrator, starts_on=dt.date(2026, 11, 25))
    assert leads_of(task)[-1] == (south, dt.date(2026, 11, 25), None)
    task.refresh_from_db()
    assert (task.lead_unit, current(report).unit, chased(report)) == (east, east, {reporter})

    clock.move_to(factories.at(dt.date(2026, 11, 24), 23, 5))
    turn_the_day(now=timezone.now())
    assert current(report).unit == east
    clock.move_to(factories.at(dt.date(2026, 11, 25), 0, 5))
    turn_the_day(now=timezone.now())
    task.refresh_from_db()
    assert (task.lead_unit, task.lead_since) == (south, dt.date(2026, 11, 25))
    assert (current(report).unit, chased(report)) == (south, {other_reporter})
    assert [event.action for event in told("report.move")] == ["report.move"]


def test_change_dated_ahead_is_caught_up_after_missed_days(
    task: Task, report: Report, south: Unit, administrator: User, clock: time_machine.Traveller
) -> None:
    give(task, south, administrator, starts_on=dt.date(2026, 11, 25))
    clock.move_to(factories.at(dt.date(2026, 11, 29), 14))
    turn_the_day(now=timezone.now())
    task.refresh_from_db()
    assert (task.lead_unit, task.lead_since) == (south, dt.date(2026, 11, 25))


def test_change_may_go_back_to_the_start_of_the_open_period(
    task: Task, report: Report, east: Unit, south: Unit, administrator: User
) -> None:
    give(task, south, administrator, starts_on=OPENED)
    assert leads_of(task) == [(east, factories.NEW_YEAR, OPENED), (south, OPENED, None)]
    assert current(report).unit == south


def test_settled_months_stay_settled(task: Task, period: Period, south: Unit, administrator: User) -> None:
    with refuses("too_early", "starts_on"):
        give(task, south, administrator, starts_on=OPENED - dt.timedelta(days=1))


def test_with_no_period_open_the_past_is_settled(task: Task, south: Unit, administrator: User) -> None:
    with refuses("too_early", "starts_on"):
        give(task, south, administrator, starts_on=TODAY - dt.timedelta(days=1))
    give(task, south, administrator, starts_on=TODAY)


def test_with_two_periods_open_the_older_one_is_still_open(
    task: Task, book: object, period: Period, south: Unit, administrator: User
) -> None:
    october = factories.period(month=dt.date(2026, 10, 1))
    moved = [factories.report(task=task, period=october), factories.report(task=task, period=period)]
    give(task, south, administrator, starts_on=dt.date(2026, 10, 9))
    assert [current(report).unit for report in moved] == [south, south]


def test_open_periods_of_another_book_open_nothing(task: Task, south: Unit, administrator: User) -> None:
    old = factories.book(year=2025)
    factories.period(book=old, month=dt.date(2025, 12, 1))
    with refuses("too_early", "starts_on"):
        give(task, south, administrator, starts_on=dt.date(2026, 11, 20))


@pytest.mark.parametrize("day", [dt.date(2026, 11, 10), dt.date(2026, 11, 9)])
def test_change_comes_after_the_present_lead_began(
    campaign: Campaign, period: Period, south: Unit, east: Unit, administrator: User, day: dt.date
) -> None:
    task = factories.task(campaign=campaign, lead_unit=east, led_since=dt.date(2026, 11, 10))
    with refuses("too_early", "starts_on"):
        give(task, south, administrator, starts_on=day)
    give(task, south, administrator, starts_on=dt.date(2026, 11, 11))


def test_second_change_on_the_same_day_is_refused(
    task: Task, period: Period, south: Unit, administrator: User
) -> None:
    give(task, south, administrator)
    with refuses("too_early", "starts_on"):
        give(task, factories.unit(), administrator)
    give(task, factories.unit(), administrator, starts_on=TODAY + dt.timedelta(days=1))


def test_change_comes_after_one_already_planned(
    task: Task, period: Period, south: Unit, administrator: User
) -> None:
    give(task, south, administrator, starts_on=dt.date(2026, 12, 1))
    for day in (TODAY, dt.date(2026, 12, 1)):
        with refuses("too_early", "starts_on"):
            give(task, factories.unit(), administrator, starts_on=day)
    third = factories.unit()
    give(task, third, administrator, starts_on=dt.date(2026, 12, 8))
    assert [unit for unit, _from, _until in leads_of(task)] == [task.lead_unit, south, third]


def test_unit_that_leads_that_day_already_is_refused(
    task: Task, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    with refuses("same_unit", "unit"):
        give(task, east, administrator)
    give(task, south, administrator, starts_on=dt.date(2026, 12, 1))
    with refuses("same_unit", "unit"):
        give(task, south, administrator, starts_on=dt.date(2026, 12, 8))
    give(task, east, administrator, starts_on=dt.date(2026, 12, 8))  # by then it has handed over


def test_unit_that_no_longer_exists_is_refused(task: Task, period: Period, administrator: User) -> None:
    with refuses("unit_inactive", "unit"):
        give(task, factories.unit(active=False), administrator)


@pytest.mark.parametrize("lifecycle", ["closed", "cancelled"])
def test_closed_task_keeps_its_lead(
    task: Task, period: Period, south: Unit, administrator: User, lifecycle: str
) -> None:
    closed_on = TODAY if lifecycle == "closed" else None
    Task.objects.filter(pk=task.pk).update(lifecycle=lifecycle, closed_on=closed_on)
    with refuses("not_open"):
        give(task, south, administrator)  # the administrator's page was opened before it closed


@pytest.mark.parametrize("lifecycle", ["planned", "closing"])
def test_planned_and_closing_tasks_may_be_given(
    task: Task, south: Unit, administrator: User, lifecycle: str
) -> None:
    Task.objects.filter(pk=task.pk).update(lifecycle=lifecycle)
    give(task, south, administrator)
    task.refresh_from_db()
    assert task.lead_unit == south


@pytest.mark.parametrize("reason", ["", " \n\u3000"])
def test_change_needs_a_reason(task: Task, south: Unit, administrator: User, reason: str) -> None:
    with refuses("reason_missing", "reason"):
        give(task, south, administrator, reason=reason)


# Who is told


def test_both_units_are_told_in_their_inboxes(
    task: Task,
    reporter: User,
    head: User,
    other_reporter: User,
    office: User,
    south: Unit,
    administrator: User,
) -> None:
    give(task, south, administrator)
    notes = {(note.recipient, note.kind) for note in Notification.objects.all()}
    assert notes == {(reporter, "lead_left"), (head, "lead_left"), (other_reporter, "lead_given")}
    assert {note.link for note in Notification.objects.all()} == {f"/tasks/{task.pk}/"}


def test_person_of_several_posts_is_told_once(
    task: Task, other_reporter: User, south: Unit, administrator: User
) -> None:
    factories.post(user=other_reporter, role=RoleCode.HEAD, unit=south)
    give(task, south, administrator)
    assert Notification.objects.filter(recipient=other_reporter).count() == 1


def test_people_who_left_are_not_told(
    task: Task, reporter: User, head: User, south: Unit, administrator: User
) -> None:
    head.posts.update(ends_on=TODAY)
    User.objects.filter(pk=reporter.pk).update(is_active=False)
    give(task, south, administrator)
    assert not Notification.objects.filter(kind="lead_left").exists()


def test_new_unit_is_asked_to_acknowledge(
    task: Task, other_reporter: User, south: Unit, administrator: User
) -> None:
    lead = give(task, south, administrator)
    planned = Reminder.objects.unsent().filter(lead=lead)
    assert {(row.recipient, row.stage, row.channel) for row in planned} == {
        (other_reporter, "D0", "email"),
        (other_reporter, "D+2", "email"),
        (other_reporter, "D+2", "inbox"),
    }


def test_unit_that_hands_on_before_acknowledging_is_not_asked_any_more(
    task: Task, period: Period, other_reporter: User, south: Unit, administrator: User, clock: Any
) -> None:
    lead = give(task, south, administrator)
    clock.shift(dt.timedelta(days=1))
    third = factories.unit()
    give(task, third, administrator, starts_on=dt.date(2026, 11, 24))
    assert not Reminder.objects.unsent().filter(lead=lead).exists()
    assert set(lead.reminders.values_list("state", flat=True)) == {"cancelled"}


def test_change_dated_ahead_asks_for_acknowledgement_on_its_day(
    task: Task, other_reporter: User, south: Unit, administrator: User
) -> None:
    lead = give(task, south, administrator, starts_on=dt.date(2026, 12, 1))
    plan_reminders(now=timezone.now())
    planned = Reminder.objects.unsent().filter(lead=lead)
    assert {timezone.localdate(row.planned_for) for row in planned} == {dt.date(2026, 12, 1)}


def test_the_unit_acknowledges_and_is_asked_no_more(
    task: Task, other_reporter: User, south: Unit, administrator: User
) -> None:
    lead = give(task, south, administrator)
    lead = acknowledge_lead(lead=lead, by=other_reporter)
    assert (lead.acknowledged_at, lead.acknowledged_by) == (timezone.now(), other_reporter)
    assert {(row.state, row.outcome) for row in lead.reminders.all()} == {("cancelled", "acknowledged")}
    assert told()[-1].action == "lead.acknowledge"


def test_second_acknowledgement_changes_nothing(
    task: Task, other_reporter: User, south: Unit, administrator: User, clock: Any
) -> None:
    lead = acknowledge_lead(lead=give(task, south, administrator), by=other_reporter)
    first = lead.acknowledged_at
    colleague = factories.user_with(RoleCode.HEAD, unit=south)
    clock.shift(dt.timedelta(hours=1))
    lead = acknowledge_lead(lead=lead, by=colleague)
    assert (lead.acknowledged_at, lead.acknowledged_by) == (first, other_reporter)
    assert len(told("lead.acknowledge")) == 1


def test_nobody_else_acknowledges(
    task: Task,
    reporter: User,
    head: User,
    office: User,
    leader: User,
    stranger: User,
    south: Unit,
    administrator: User,
) -> None:
    lead = give(task, south, administrator)
    for person in (reporter, head, office, leader, administrator, stranger):
        with refuses("other_unit"):
            acknowledge_lead(lead=lead, by=person)
