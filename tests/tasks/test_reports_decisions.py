"""Deciding on reports: who may, what is refused, and what a decision moves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Notification, Period, Reminder, Report, Task
from tasks.services.periods import close_period
from tasks.services.reminders import plan_reminders
from tasks.services.reports import save_draft, submit_report
from tasks.services.reviews import accept_report, return_report
from tests import factories
from tests.tasks.stories import again, current, refuses, typed


def file(report: Report, by: User, **changes: object) -> None:
    """File the report as it stands now."""
    submit_report(report=report, content=typed(**changes), version=current(report).version, by=by)


def test_returned_report_is_corrected_filed_and_accepted(
    report: Report, reporter: User, head: User, other_reporter: User, office: User
) -> None:
    file(report, reporter)
    return_report(report=report, words="请写明面积", by=office)
    returned = current(report)
    assert (returned.state, returned.return_words) == ("returned", "请写明面积")
    assert {note.recipient for note in Notification.objects.filter(kind="report_returned")} == {
        reporter,
        head,
    }

    save_draft(report=report, content=typed(progress="面积"), version=returned.version, by=head)
    assert current(report).state == "returned"  # a draft of a correction is still a correction
    file(report, head, progress="面积 1200 平方米")
    assert current(report).return_words == ""
    accept_report(report=report, words="很好", by=office)

    first, second = report.submissions.order_by("number")
    assert (first.number, first.decision, first.words, first.decided_by) == (
        1,
        "returned",
        "请写明面积",
        office,
    )
    assert (second.number, second.decision, second.words, second.decided_by) == (
        2,
        "accepted",
        "很好",
        office,
    )
    assert first.progress == typed()["progress"]  # what was filed first stays as it was filed
    stored = current(report)
    assert (stored.state, stored.accepted_by, stored.accepted_at) == ("accepted", office, timezone.now())


def test_office_of_the_commanding_headquarters_decides(
    report: Report, reporter: User, hq_office: User
) -> None:
    file(report, reporter)
    assert accept_report(report=report, by=hq_office).decided_by == hq_office


def test_office_of_another_headquarters_does_not_decide(
    report: Report, reporter: User, headquarters: Headquarters
) -> None:
    elsewhere = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    file(report, reporter)
    with refuses("not_reviewer"):
        accept_report(report=report, by=elsewhere)
    with refuses("not_reviewer"):
        return_report(report=report, words="请补充", by=elsewhere)


def test_headquarters_office_does_not_decide_where_no_headquarters_commands(
    book: object, hq_office: User, office: User, reporter: User, east: Unit
) -> None:
    free = factories.task(campaign=factories.campaign(headquarters=None), lead_unit=east)
    report = factories.report(task=free, state="submitted", by=reporter)
    with refuses("not_reviewer"):
        accept_report(report=report, by=hq_office)
    accept_report(report=report, by=office)


def test_nobody_else_decides(
    report: Report, reporter: User, head: User, leader: User, administrator: User, stranger: User
) -> None:
    file(report, reporter)
    for person in (reporter, head, leader, administrator, stranger):
        with refuses("not_reviewer"):
            accept_report(report=report, by=person)
        with refuses("not_reviewer"):
            return_report(report=report, words="请补充", by=person)


def test_nobody_decides_on_a_report_of_their_own(report: Report, reporter: User, east: Unit) -> None:
    factories.post(user=reporter, role=RoleCode.OFFICE, unit=None)
    file(report, reporter)
    with refuses("own_report"):
        accept_report(report=report, by=again(reporter))
    with refuses("own_report"):
        return_report(report=report, words="请补充", by=again(reporter))


def test_nobody_decides_on_a_report_of_their_own_unit(
    report: Report, reporter: User, head: User, east: Unit
) -> None:
    factories.post(user=head, role=RoleCode.OFFICE, unit=None)
    file(report, reporter)
    with refuses("own_report"):
        accept_report(report=report, by=again(head))


def test_nobody_decides_on_what_they_filed_in_a_former_post(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    file(report, reporter)
    reporter.posts.update(ends_on=dt.date(2026, 11, 24))
    factories.post(user=reporter, role=RoleCode.OFFICE, unit=None, starts_on=dt.date(2026, 11, 24))
    clock.move_to(factories.at(dt.date(2026, 11, 24)))
    with refuses("own_report"):
        accept_report(report=report, by=again(reporter))


@pytest.mark.parametrize("words", ["", "  ", "\n\u3000"])
def test_returning_needs_words(report: Report, reporter: User, office: User, words: str) -> None:
    file(report, reporter)
    with refuses("words_missing", "words"):
        return_report(report=report, words=words, by=office)


@pytest.mark.parametrize("words", ["字" * 1001, "a\x00b"])
def test_words_that_a_row_cannot_hold_are_refused_beside_them(
    report: Report, reporter: User, office: User, words: str
) -> None:
    file(report, reporter)
    with refuses("invalid", "words"):
        return_report(report=report, words=words, by=office)
    with refuses("invalid", "words"):
        accept_report(report=report, words=words, by=office)


@pytest.mark.parametrize("state", ["due", "draft", "returned", "accepted", "missed", "exempt"])
def test_what_was_not_filed_is_not_decided(task: Task, period: Period, office: User, state: str) -> None:
    report = factories.report(task=task, period=period, state=state)
    with refuses("not_submitted"):
        accept_report(report=report, by=office)
    with refuses("not_submitted"):
        return_report(report=report, words="请补充", by=office)


def test_second_reviewer_is_told_that_it_is_decided(
    report: Report, reporter: User, office: User, hq_office: User
) -> None:
    file(report, reporter)
    accept_report(report=report, by=office)
    with refuses("not_submitted"):
        return_report(report=report, words="请补充", by=hq_office)


def test_after_the_close_a_report_is_accepted_but_not_returned(
    report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    file(report, reporter)
    clock.move_to(factories.at(dt.date(2026, 12, 3), 0, 5))
    close_period(period=report.period, now=timezone.now(), by=None)
    with refuses("closed"):
        return_report(report=report, words="请补充", by=office)
    accept_report(report=report, by=office)
    assert current(report).state == "accepted"
    assert report.task.lights.get().actual_percent == Decimal("90.0")  # the light shows what was accepted


# What a decision moves


def test_accepting_moves_the_tasks_numbers(task: Task, report: Report, reporter: User, office: User) -> None:
    file(report, reporter, actual_percent=Decimal("88.8"))
    task.refresh_from_db()
    assert (task.actual_percent, task.last_period) == (None, None)  # not before the office says so
    accept_report(report=report, by=office)
    task.refresh_from_db()
    assert (task.actual_percent, task.scheduled_percent) == (Decimal("88.8"), Decimal("90.3"))
    assert (task.light, task.last_period) == ("green", report.period)
    assert task.light_reasons == [{"code": "on_schedule", "points": "-1.5"}]


def test_accepting_moves_no_other_task(
    campaign: Campaign, period: Period, report: Report, reporter: User, office: User, east: Unit
) -> None:
    other = factories.task(campaign=campaign, lead_unit=east)
    factories.report(task=other, period=period)
    file(report, reporter)
    accept_report(report=report, by=office)
    other.refresh_from_db()
    assert (other.actual_percent, other.light) == (None, "grey")


def test_filing_ends_the_chase_and_returning_takes_it_up(
    report: Report, reporter: User, office: User
) -> None:
    plan_reminders(now=timezone.now())
    assert Reminder.objects.unsent().exists()
    file(report, reporter)
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("cancelled", "filed")}
    return_report(report=report, words="请补充", by=office)
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("planned", "")}
    file(report, reporter)
    accept_report(report=report, by=office)
    assert not Reminder.objects.unsent().exists()
