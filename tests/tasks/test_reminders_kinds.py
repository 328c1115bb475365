"""Returned reports, obstacles and directives: each kind climbs a ladder of its own, and ends when it is done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine
from django.core import mail
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Addressee, Milestone, Obstacle, Period, Reminder, Report, Task
from tasks.services.directives import close_directive, issue_directive
from tasks.services.obstacles import escalate_obstacles, raise_obstacle, resolve_obstacle
from tasks.services.reminders import plan_reminders
from tasks.services.reports import submit_report
from tasks.services.reviews import return_report
from tasks.services.sending import send_reminders
from tests import factories
from tests.tasks.stories import again, current, typed

TODAY = dt.date(2026, 11, 23)


def work(clock: time_machine.Traveller, day: dt.date, hour: int = 9) -> None:
    """Let the jobs run on a day."""
    clock.move_to(factories.at(day, hour))
    plan_reminders(now=timezone.now())
    send_reminders(now=timezone.now())


def heard(kind: str, channel: str = "email") -> list[tuple[str, str, str]]:
    """Return day, stage and person of what was sent about a kind, in order."""
    rows = Reminder.objects.filter(kind=kind, channel=channel, state="sent").select_related("recipient")
    return [
        (f"{timezone.localtime(row.sent_at):%m-%d}", row.stage, row.person.username)
        for row in rows.order_by("sent_at", "recipient__username")
    ]


def states(**about: Any) -> set[tuple[str, str]]:
    """Return in which states reminders stand, and why."""
    return set(Reminder.objects.filter(**about).values_list("state", "outcome"))


# Returned reports


def test_report_returned_after_its_due_day_has_a_clock_of_its_own(
    task: Task,
    period: Period,
    reporter: User,
    head: User,
    office: User,
    hq_office: User,
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 25)))
    report = factories.report(task=task, period=period)
    submit_report(report=report, content=typed(), version=report.version, by=again(reporter))
    clock.move_to(factories.at(dt.date(2026, 11, 26)))
    return_report(report=current(report), words="请补充", by=again(office))
    for day in (26, 27, 30):
        work(clock, dt.date(2026, 11, day))
    assert heard("returned") == [
        ("11-26", "D0", "reporter"),  # by mail at once; the inbox was told by the return itself
        ("11-30", "D+2", "head"),
        ("11-30", "D+2", "reporter"),
    ]
    assert ("11-26", "D0", "reporter") not in heard("returned", "inbox")
    assert heard("report") == []  # filed in time, and never called late
    assert "was returned and is to be filed again" in mail.outbox[0].subject


def test_filing_again_ends_the_climb_and_a_second_return_begins_another(
    task: Task, period: Period, reporter: User, head: User, office: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 25)))
    report = factories.report(task=task, period=period)
    for day in (26, 27):
        version = current(report).version
        submit_report(report=current(report), content=typed(), version=version, by=again(reporter))
        assert not Reminder.objects.filter(kind="returned", state="planned").exists()
        clock.move_to(factories.at(dt.date(2026, 11, day)))
        return_report(report=current(report), words="请补充", by=again(office))
        work(clock, dt.date(2026, 11, day))
    assert heard("returned") == [("11-26", "D0", "reporter"), ("11-27", "D0", "reporter")]
    assert ("cancelled", "filed") in states(kind="returned", due_on=dt.date(2026, 11, 26))


def test_report_returned_before_its_due_day_goes_on_by_the_ladder_of_reports(
    task: Task, period: Period, reporter: User
) -> None:
    factories.report(task=task, period=period, state="returned", by=reporter)
    plan_reminders(now=timezone.now())
    assert set(Reminder.objects.values_list("kind", flat=True)) == {"report"}


# Due days that move


def test_milestone_put_off_begins_another_climb(
    task: Task, reporter: User, clock: time_machine.Traveller
) -> None:
    factories.milestone(task=task, due_on=dt.date(2026, 11, 24))
    work(clock, TODAY)
    Milestone.objects.update(due_on=dt.date(2026, 12, 4))
    plan_reminders(now=timezone.now())
    assert ("cancelled", "put_off") in states(kind="milestone")
    for day in (dt.date(2026, 11, 27), dt.date(2026, 12, 3)):
        work(clock, day)
    stages = [(day, stage) for day, stage, _person in heard("milestone")]
    assert stages == [("11-23", "D-1"), ("11-27", "D-5"), ("12-03", "D-1")]


# Obstacles


def raised(task: Task, by: User, **fields: Any) -> Obstacle:
    """Raise an obstacle today."""
    wanted_by = dt.date(2026, 12, 31)
    return raise_obstacle(task=task, what="管线未迁", needs="请协调", wanted_by=wanted_by, by=by, **fields)


def test_obstacle_reminds_whoever_has_it_at_each_level(
    task: Task,
    reporter: User,
    head: User,
    hq_office: User,
    office: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    raised(task, reporter)  # five working days with the team, until the 30th
    day = TODAY
    while day < dt.date(2026, 12, 12):
        clock.move_to(factories.at(day))
        escalate_obstacles(now=timezone.now())
        work(clock, day)
        day += dt.timedelta(days=1)
    assert heard("obstacle") == [
        ("11-26", "D-2", "head"),
        ("11-26", "D-2", "reporter"),
        ("11-30", "D0", "head"),
        ("11-30", "D0", "reporter"),
        ("12-04", "D-2", "hq_office"),
        ("12-08", "D0", "hq_office"),
    ]


def test_unit_that_is_needed_is_reminded_at_every_level(
    task: Task, reporter: User, head: User, other_reporter: User, south: Unit
) -> None:
    raised(task, reporter, needed_unit=south)
    plan_reminders(now=timezone.now())
    people = set(Reminder.objects.values_list("recipient__username", flat=True))
    assert people == {"reporter", "head", "other_reporter"}


def test_obstacle_resolved_is_not_chased(task: Task, reporter: User, head: User, office: User) -> None:
    obstacle = raised(task, reporter)
    assert states(kind="obstacle") == {("planned", "")}
    resolve_obstacle(obstacle=obstacle, resolution="已协调", by=office)
    assert states(kind="obstacle") == {("cancelled", "resolved")}


def test_mail_about_an_obstacle_never_says_what_it_is(
    task: Task, reporter: User, head: User, clock: time_machine.Traveller
) -> None:
    obstacle = raised(task, reporter)
    work(clock, dt.date(2026, 11, 26))
    text = "".join(str(message.body) + message.subject for message in mail.outbox)
    assert "管线" not in text
    assert f"/obstacles/{obstacle.pk}/" in text


# Directives


def issued(task: Task, east: Unit, leader: User) -> Addressee:
    """Issue a directive that is to be answered by Friday."""
    friday = dt.date(2026, 11, 27)
    directive = issue_directive(subject=task, text="请抓紧。", units=[east], due_on=friday, by=leader)
    return directive.addressees.get()


def test_directive_climbs_until_it_is_answered(
    task: Task,
    east: Unit,
    reporter: User,
    head: User,
    hq_office: User,
    office: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    addressee = issued(task, east, leader)
    for day in (dt.date(2026, 11, 24), dt.date(2026, 11, 26), dt.date(2026, 11, 30)):
        work(clock, day)
    assert heard("directive") == [
        ("11-24", "D-3", "reporter"),
        ("11-26", "D-1", "head"),
        ("11-26", "D-1", "reporter"),
        ("11-30", "D+1", "head"),
        ("11-30", "D+1", "hq_office"),
        ("11-30", "D+1", "office"),
        ("11-30", "D+1", "reporter"),
    ]
    code = addressee.directive.code
    assert mail.outbox[0].subject == f"{code} on “东门步行街改造”: please answer by 27 November, 18:00"
    assert mail.outbox[-1].subject.startswith(f"Overdue: the answer to {code}")
    assert f"/directives/{addressee.directive_id}/" in str(mail.outbox[0].body)
    assert "请抓紧" not in str(mail.outbox[0].body)


def test_directive_answered_or_closed_is_not_chased(
    task: Task, east: Unit, reporter: User, leader: User
) -> None:
    first, second = issued(task, east, leader), factories.directive(task=task).addressees.get()
    plan_reminders(now=timezone.now())
    factories.answer(first)
    close_directive(directive=second.directive, words="已阅", by=again(second.directive.issued_by))
    plan_reminders(now=timezone.now())
    assert states(directive=first) == {("cancelled", "answered")}
    assert states(directive=second) == {("cancelled", "closed")}


def test_report_still_open_keeps_its_place_beside_all_this(report: Report, reporter: User) -> None:
    raised(report.task, reporter)
    plan_reminders(now=timezone.now())
    send_reminders(now=timezone.now())
    assert heard("report") == [("11-23", "D-3", "reporter")]
