"""What a reassignment moves and what stays, and seeing it before."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, LeadAssignment, Notification, Period, Reminder, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.handovers import Subject, apply_leads
from tasks.services.leads import preview_reassignment, reassign
from tasks.services.reminders import plan_reminders
from tasks.services.reports import save_draft, submit_report
from tasks.services.reviews import accept_report, return_report
from tests import factories
from tests.conftest import signed_in
from tests.tasks.stories import current, refuses, told, typed

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


# What moves, and what stays


@pytest.mark.parametrize("state", ["due", "draft", "submitted", "returned"])
def test_open_report_moves_with_what_was_typed(
    task: Task, period: Period, reporter: User, south: Unit, administrator: User, state: str
) -> None:
    report = factories.report(task=task, period=period, state=state, by=reporter)
    give(task, south, administrator)
    moved = current(report)
    assert (moved.unit, moved.state, moved.content()) == (south, state, report.content())
    assert moved.version == report.version + 1  # a form still open in the old unit is stale
    assert [submission.unit for submission in report.submissions.all()] == [task.lead_unit] * len(
        report.submissions.all()
    )


@pytest.mark.parametrize("state", ["accepted", "missed", "exempt"])
def test_settled_report_stays(
    task: Task, period: Period, reporter: User, east: Unit, south: Unit, administrator: User, state: str
) -> None:
    report = factories.report(task=task, period=period, state=state, by=reporter)
    give(task, south, administrator)
    assert (current(report).unit, current(report).version) == (east, report.version)


def test_reports_of_closed_periods_stay_with_who_led_then(
    task: Task, report: Report, reporter: User, east: Unit, south: Unit, administrator: User
) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    waiting = factories.report(task=task, period=october, state="submitted", by=reporter)
    give(task, south, administrator)
    assert (current(waiting).unit, current(report).unit) == (east, south)


def test_new_unit_files_and_corrects_and_the_old_one_no_longer_can(
    task: Task,
    report: Report,
    reporter: User,
    other_reporter: User,
    office: User,
    south: Unit,
    administrator: User,
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    give(task, south, administrator)
    return_report(report=report, words="请核实数据", by=office)
    version = current(report).version
    with refuses("other_unit"):
        submit_report(report=report, content=typed(progress="旧"), version=version, by=reporter)
    submit_report(report=report, content=typed(progress="新"), version=version, by=other_reporter)
    accept_report(report=report, by=office)
    first, second = report.submissions.order_by("number")
    assert (first.unit, second.unit) == (reporter.duties.posts[0].unit, south)


def test_unsent_reminders_move_and_sent_ones_stay(
    task: Task, report: Report, reporter: User, other_reporter: User, south: Unit, administrator: User
) -> None:
    sent = factories.reminder(report=report, recipient=reporter, stage="D-3", state="sent")
    plan_reminders(now=timezone.now())
    assert chased(report) == {reporter}
    give(task, south, administrator)
    assert chased(report) == {other_reporter}
    gone = Reminder.objects.filter(report=report, recipient=reporter, state="cancelled")
    assert {row.outcome for row in gone} == {"moved"}
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_open_milestones_reminders_move_too(
    task: Task, reporter: User, other_reporter: User, south: Unit, administrator: User
) -> None:
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 11, 27))
    plan_reminders(now=timezone.now())
    assert {row.recipient for row in milestone.reminders.filter(state="planned")} == {reporter}
    give(task, south, administrator)
    assert {row.recipient for row in milestone.reminders.filter(state="planned")} == {other_reporter}


def test_lead_that_comes_back_is_chased_again(
    task: Task, report: Report, reporter: User, south: Unit, east: Unit, administrator: User, clock: Any
) -> None:
    plan_reminders(now=timezone.now())
    give(task, south, administrator)
    clock.shift(dt.timedelta(days=1))
    give(task, east, administrator, starts_on=dt.date(2026, 11, 24))
    assert reporter in chased(report)


def test_change_moves_nothing_of_other_tasks(
    campaign: Campaign, task: Task, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    other = factories.report(task=factories.task(campaign=campaign, lead_unit=east), period=period)
    give(task, south, administrator)
    assert current(other).unit == east


def test_numbers_and_lights_do_not_change_with_the_lead(
    task: Task, report: Report, reporter: User, office: User, south: Unit, administrator: User
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    accept_report(report=report, by=office)
    task.refresh_from_db()
    before = (task.actual_percent, task.scheduled_percent, task.light)
    give(task, south, administrator)
    task.refresh_from_db()
    assert (task.actual_percent, task.scheduled_percent, task.light) == before
    assert before[0] == Decimal("90.0")


# Campaigns


def test_campaign_alone_leaves_its_tasks(
    campaign: Campaign, task: Task, report: Report, east: Unit, south: Unit, administrator: User
) -> None:
    give(campaign, south, administrator)
    campaign.refresh_from_db()
    task.refresh_from_db()
    assert (campaign.lead_unit, task.lead_unit, current(report).unit) == (south, east, east)


def test_flag_stays_with_the_unit_to_which_it_was_presented(
    campaign: Campaign, south: Unit, administrator: User
) -> None:
    give(campaign, south, administrator)
    campaign.refresh_from_db()
    assert campaign.flag_presented_on is None
    assert campaign.leads.get(ends_on=TODAY).flag_presented_on == dt.date(2026, 1, 30)


def test_campaign_takes_its_open_tasks_of_the_same_unit_along(
    campaign: Campaign, task: Task, report: Report, east: Unit, south: Unit, administrator: User
) -> None:
    third = factories.unit()
    others = factories.task(campaign=campaign, lead_unit=third)
    closed = factories.task(campaign=campaign, lead_unit=east, lifecycle="closed", closed_on=TODAY)
    elsewhere = factories.task(campaign=factories.campaign(), lead_unit=east)
    leads = reassign(
        subject=campaign, unit=south, starts_on=TODAY, reason="机构调整", with_tasks=True, by=administrator
    )
    assert [lead.subject for lead in leads] == [campaign, task]
    now_led_by = {row.pk: row.lead_unit for row in Task.objects.select_related("lead_unit")}
    assert now_led_by == {task.pk: south, others.pk: third, closed.pk: east, elsewhere.pk: east}
    assert current(report).unit == south


def test_campaign_with_tasks_goes_all_or_none(
    campaign: Campaign, task: Task, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    late = factories.task(campaign=campaign, lead_unit=east)
    give(late, factories.unit(), administrator, starts_on=dt.date(2026, 12, 1))
    with refuses("too_early", "starts_on"):
        reassign(
            subject=campaign, unit=south, starts_on=TODAY, reason="调整", with_tasks=True, by=administrator
        )
    campaign.refresh_from_db()
    task.refresh_from_db()
    assert (campaign.lead_unit, task.lead_unit) == (east, east)
    assert leads_of(campaign) == [(east, factories.NEW_YEAR, None)]


def test_campaign_without_a_lead_gets_its_first(
    ten_campaigns: list[Campaign], south: Unit, administrator: User
) -> None:
    campaign = ten_campaigns[1]
    give(campaign, south, administrator)
    campaign.refresh_from_db()
    assert campaign.lead_unit == south
    assert leads_of(campaign) == [(south, TODAY, None)]
    assert {note.kind for note in Notification.objects.all()} <= {"lead_given"}


def test_campaign_dated_ahead_takes_its_tasks_on_that_day(
    campaign: Campaign, task: Task, report: Report, south: Unit, administrator: User, clock: Any
) -> None:
    day = dt.date(2026, 12, 1)
    reassign(subject=campaign, unit=south, starts_on=day, reason="调整", with_tasks=True, by=administrator)
    clock.move_to(factories.at(day, 0, 5))
    turn_the_day(now=timezone.now())
    campaign.refresh_from_db()
    task.refresh_from_db()
    assert (campaign.lead_unit, task.lead_unit, current(report).unit) == (south, south, south)


# Seeing it before


def test_preview_tells_what_the_change_then_moves(
    task: Task,
    report: Report,
    reporter: User,
    head: User,
    other_reporter: User,
    east: Unit,
    south: Unit,
    administrator: User,
) -> None:
    factories.milestone(task=task)
    factories.milestone(task=task, completed_on=TODAY)
    plan_reminders(now=timezone.now())
    unsent = Reminder.objects.unsent().count()
    preview = preview_reassignment(subject=task, unit=south, starts_on=TODAY, day=TODAY)
    (move,) = preview.moves
    assert (move.subject, move.old_unit, move.report) == (task, east, report)
    assert (move.reminders, move.milestones) == (unsent, 1)
    assert set(preview.people) == {reporter, head, other_reporter}
    assert not told()

    give(task, south, administrator)
    assert {note.recipient for note in Notification.objects.all()} == set(preview.people)


def test_preview_of_a_campaign_lists_its_tasks(
    campaign: Campaign, task: Task, report: Report, east: Unit, south: Unit
) -> None:
    preview = preview_reassignment(subject=campaign, unit=south, starts_on=TODAY, with_tasks=True, day=TODAY)
    assert [(move.subject, move.report) for move in preview.moves] == [(campaign, None), (task, report)]


def test_preview_refuses_what_the_change_would_refuse(
    campaign: Campaign, task: Task, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    with refuses("same_unit", "unit"):
        preview_reassignment(subject=task, unit=east, starts_on=TODAY, day=TODAY)
    give(task, factories.unit(), administrator, starts_on=dt.date(2026, 12, 1))
    with refuses("too_early", "starts_on"):
        preview_reassignment(subject=campaign, unit=south, starts_on=TODAY, with_tasks=True, day=TODAY)


def test_preview_makes_as_many_queries_for_ten_tasks_as_for_twenty(
    campaign: Campaign, period: Period, east: Unit, south: Unit
) -> None:
    counts = []
    for _round in range(2):
        factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
        with CaptureQueriesContext(connection) as queries:
            preview_reassignment(subject=campaign, unit=south, starts_on=TODAY, with_tasks=True, day=TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_applying_leads_twice_changes_nothing(
    task: Task, report: Report, south: Unit, administrator: User
) -> None:
    give(task, south, administrator)
    events = len(told())
    assert apply_leads(day=TODAY) == 0
    assert len(told()) == events


def test_headquarters_stays_where_it_is(
    campaign: Campaign, south: Unit, headquarters: Headquarters, administrator: User
) -> None:
    give(campaign, south, administrator)
    campaign.refresh_from_db()
    assert campaign.headquarters == headquarters


def test_a_draft_stays_readable_to_the_unit_that_typed_it_and_to_nobody_else(
    report: Report,
    task: Task,
    reporter: User,
    other_reporter: User,
    south: Unit,
    administrator: User,
) -> None:
    supporting = factories.unit()
    task.supporting_units.add(supporting)
    supporter = factories.user_with(RoleCode.REPORTER, unit=supporting)
    save_draft(report=report, content=typed(progress="原单位已放样"), version=1, by=reporter)
    reassign(subject=task, unit=south, starts_on=TODAY, reason="调整", by=administrator)

    def reads(user: User, words: str) -> bool:
        return words in signed_in(user).get(f"/reports/{report.pk}/").content.decode()

    readers = (reporter, other_reporter, supporter, administrator)
    assert [reads(user, "原单位已放样") for user in readers] == [True, True, False, False]
    report.refresh_from_db()
    save_draft(
        report=report, content=typed(progress="新单位已复核"), version=report.version, by=other_reporter
    )
    assert [reads(user, "新单位已复核") for user in readers] == [False, True, False, False]
