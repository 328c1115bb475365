"""Which reminders are planned, for whom and for when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Post, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Milestone, Period, Reminder, Report, Task
from tasks.services.calendar_days import set_calendar_day
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.reminders import plan_reminders
from tests import factories

TODAY = dt.date(2026, 11, 23)
DUE_DAY = dt.date(2026, 11, 25)
LADDER = ["D-5", "D-3", "D-1", "D0", "D+1", "D+3"]


def plan(clock: time_machine.Traveller | None = None, moment: dt.datetime | None = None) -> int:
    """Plan now, or travel to ``moment`` first."""
    if clock and moment:
        clock.move_to(moment)
    return plan_reminders(now=timezone.now())


def planned(**about: Any) -> set[tuple[str, str, str]]:
    """Return stage, person and day of what is planned by mail."""
    rows = Reminder.objects.unsent().filter(channel="email", **about).select_related("recipient")
    return {
        (row.stage, row.person.username, f"{timezone.localtime(row.planned_for):%m-%d %H:%M}") for row in rows
    }


# One planning


def test_stage_reached_and_next_one_are_planned(report: Report, reporter: User) -> None:
    plan()
    assert planned() == {("D-3", "reporter", "11-23 09:00"), ("D-1", "reporter", "11-24 08:30")}
    row = Reminder.objects.filter(stage="D-1", channel="inbox").get()
    assert (row.task, row.report, row.due_at) == (report.task, report, report.period.due_at)


def test_planning_twice_changes_nothing(report: Report, reporter: User, head: User) -> None:
    assert plan() == 4
    before = list(Reminder.objects.order_by("pk").values())
    assert plan() == 0
    assert list(Reminder.objects.order_by("pk").values()) == before


def test_stages_that_were_slept_through_are_not_made_up_for(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    plan(clock, factories.at(dt.date(2026, 11, 26), 10))
    assert {stage for stage, _person, _when in planned()} == {"D+1", "D+3"}


def test_later_stage_takes_the_place_of_one_not_sent(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    plan()
    plan(clock, factories.at(dt.date(2026, 11, 24), 0, 0))
    assert planned() == {("D-1", "reporter", "11-24 08:30"), ("D0", "reporter", "11-25 08:30")}
    gone = Reminder.objects.filter(stage="D-3")
    assert {(row.state, row.outcome) for row in gone} == {("cancelled", "superseded")}


@pytest.mark.parametrize(
    ("moment", "goes_out"),
    [
        (factories.at(TODAY, 3), "11-23 08:30"),
        (factories.at(TODAY, 7, 59), "11-23 08:30"),
        (factories.at(TODAY, 8, 0), "11-23 08:00"),
        (factories.at(TODAY, 20, 59), "11-23 20:59"),
        (factories.at(TODAY, 21, 0), "11-24 08:30"),
        (factories.at(dt.date(2026, 11, 21), 12), "11-23 08:30"),  # a Saturday
    ],
)
def test_nothing_is_planned_for_nights_and_days_off(
    report: Report, reporter: User, clock: time_machine.Traveller, moment: dt.datetime, goes_out: str
) -> None:
    plan(clock, moment)
    assert ("D-3", "reporter", goes_out) in planned()


def test_demo_reminds_at_any_hour(
    report: Report, reporter: User, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.REMIND_AT_ANY_TIME = True
    plan(clock, factories.at(dt.date(2026, 11, 21), 23))
    assert ("D-3", "reporter", "11-21 23:00") in planned()


def test_who_hears_of_each_stage(
    report: Report,
    reporter: User,
    head: User,
    other_reporter: User,
    office: User,
    hq_office: User,
    leader: User,
    administrator: User,
    clock: time_machine.Traveller,
) -> None:
    factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters(), username="elsewhere")
    heard: dict[str, set[str]] = {}
    for day in (18, 20, 24, 25, 26, 30):
        plan(clock, factories.at(dt.date(2026, 11, day)))
        for stage, person, when in planned():
            if when.startswith(f"11-{day}"):
                heard.setdefault(stage, set()).add(person)
    unit = {"reporter", "head"}
    assert heard == {
        "D-5": {"reporter"},
        "D-3": {"reporter"},
        "D-1": {"reporter"},
        "D0": {"reporter"},
        "D+1": unit,
        "D+3": unit | {"office", "hq_office", "leader"},
    }


def test_person_of_several_posts_is_reminded_once(report: Report, reporter: User, east: Unit) -> None:
    factories.post(user=reporter, role=RoleCode.HEAD, unit=east)
    factories.post(user=reporter, role=RoleCode.REPORTER, unit=factories.unit())
    plan()
    assert planned() == {("D-3", "reporter", "11-23 09:00"), ("D-1", "reporter", "11-24 08:30")}


def test_only_who_holds_the_post_that_day_is_reminded(report: Report, east: Unit) -> None:
    for name, dates in {
        "former": {"ends_on": TODAY},
        "future": {"starts_on": TODAY + dt.timedelta(days=1)},
        "present": {"starts_on": TODAY},
    }.items():
        factories.post(user=factories.user(username=name), unit=east, **dates)
    factories.post(user=factories.user(username="disabled", is_active=False), unit=east)
    plan()
    assert {person for _stage, person, _when in planned()} == {"present"}


@pytest.mark.parametrize("state", ["submitted", "accepted", "missed", "exempt"])
def test_what_is_done_is_not_chased(task: Task, period: Period, reporter: User, state: str) -> None:
    factories.report(task=task, period=period, state=state, by=reporter)
    assert plan() == 0


@pytest.mark.parametrize("state", ["due", "draft", "returned"])
def test_what_is_not_done_is_chased(task: Task, period: Period, reporter: User, state: str) -> None:
    factories.report(task=task, period=period, state=state, by=reporter)
    assert plan() == 4


def test_closed_period_closed_task_and_unopened_period_are_not_chased(
    campaign: Campaign, reporter: User, east: Unit
) -> None:
    closed = factories.task(campaign=campaign, lead_unit=east, lifecycle="closed", closed_on=TODAY)
    under_way = factories.task(campaign=campaign, lead_unit=east)
    factories.report(task=closed)
    factories.report(task=under_way, period=factories.period(month=dt.date(2026, 10, 1), closed=True))
    factories.report(task=under_way, period=factories.period(month=dt.date(2026, 12, 1), opened_at=None))
    assert plan() == 0


def test_planner_puts_right_what_changed_behind_its_back(report: Report, reporter: User) -> None:
    plan()
    Report.objects.update(state="exempt", exempt_reason="当月暂停")
    plan()
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("cancelled", "closed")}


def test_person_who_left_the_unit_is_no_longer_chased(
    report: Report, reporter: User, east: Unit, clock: time_machine.Traveller
) -> None:
    plan()
    Post.objects.filter(user=reporter).update(ends_on=TODAY)
    successor = factories.user_with(RoleCode.REPORTER, unit=east, username="successor")
    plan()
    assert {person for _stage, person, _when in planned()} == {successor.username}
    assert set(Reminder.objects.filter(recipient=reporter).values_list("state", "outcome")) == {
        ("cancelled", "moved")
    }


def test_last_person_who_left_a_unit_left_and_was_not_overtaken(report: Report, reporter: User) -> None:
    plan()
    Post.objects.filter(user=reporter).update(ends_on=TODAY)
    plan()
    assert set(Reminder.objects.values_list("state", "outcome")) == {("cancelled", "moved")}


def test_person_who_came_back_is_chased_again(report: Report, reporter: User) -> None:
    plan()
    User.objects.update(is_active=False)
    plan()
    assert planned() == set()
    User.objects.update(is_active=True)
    plan()
    assert planned() == {("D-3", "reporter", "11-23 09:00"), ("D-1", "reporter", "11-24 08:30")}


def test_day_off_that_is_entered_later_moves_what_is_planned(
    report: Report, reporter: User, administrator: User
) -> None:
    plan()
    set_calendar_day(day=dt.date(2026, 11, 24), is_workday=False, name="台风停工", by=administrator)
    plan()  # the working day before Wednesday is now today
    assert planned() == {("D-1", "reporter", "11-23 09:00"), ("D0", "reporter", "11-25 08:30")}


def test_milestone_put_off_moves_what_is_planned(task: Task, reporter: User) -> None:
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 11, 27))
    plan()
    assert planned() == {("D-5", "reporter", "11-23 09:00"), ("D-1", "reporter", "11-26 08:30")}
    Milestone.objects.update(due_on=dt.date(2026, 12, 4))
    plan()
    assert planned() == {("D-5", "reporter", "11-27 08:30")}
    assert {row.due_at for row in milestone.reminders.filter(state="planned")} == {
        factories.at(dt.date(2026, 12, 4), 18)
    }


def test_what_waits_for_a_further_attempt_keeps_its_time(report: Report, reporter: User) -> None:
    plan()
    later = timezone.now() + dt.timedelta(minutes=5)
    Reminder.objects.filter(stage="D-3").update(attempts=2, planned_for=later, outcome="retrying: 421")
    plan()
    assert set(Reminder.objects.filter(stage="D-3").values_list("planned_for", "attempts")) == {(later, 2)}


# Milestones and leads


def test_milestones_ladder(
    task: Task,
    reporter: User,
    head: User,
    office: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    factories.milestone(task=task, due_on=dt.date(2026, 11, 30))
    heard: dict[str, set[str]] = {}
    for day in (dt.date(2026, 11, 23), dt.date(2026, 11, 27), dt.date(2026, 12, 1), dt.date(2026, 12, 7)):
        plan(clock, factories.at(day))
        for stage, person, when in planned():
            if when.startswith(f"{day:%m-%d}"):
                heard.setdefault(stage, set()).add(person)
    assert heard == {
        "D-5": {"reporter"},
        "D-1": {"reporter"},
        "D+1": {"reporter", "head"},
        "D+5": {"reporter", "head", "office"},
    }


def test_milestone_reached_is_not_chased(task: Task, reporter: User) -> None:
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 11, 27))
    plan()
    Milestone.objects.update(completed_on=TODAY)
    plan()
    assert set(milestone.reminders.values_list("state", "outcome")) == {("cancelled", "reached")}


def test_lead_to_acknowledge_is_asked_for_by_mail_and_again_after_two_days(
    task: Task, other_reporter: User, south: Unit, administrator: User, clock: time_machine.Traveller
) -> None:
    (lead,) = reassign(subject=task, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    plan()
    assert planned(lead=lead) == {
        ("D0", "other_reporter", "11-23 09:00"),
        ("D+2", "other_reporter", "11-25 08:30"),
    }
    assert set(lead.reminders.filter(channel="inbox").values_list("stage", flat=True)) == {"D+2"}
    clock.move_to(factories.at(dt.date(2026, 11, 24)))
    acknowledge_lead(lead=lead, by=other_reporter)
    plan()
    assert planned(lead=lead) == set()


# Queries


def test_planning_makes_as_many_queries_for_ten_tasks_of_a_person_as_for_a_hundred(
    campaign: Campaign, period: Period, reporter: User, head: User, east: Unit
) -> None:
    counts = []
    for more in (10, 90):
        factories.many_tasks(more, campaign=campaign, unit=east, periods=[period])
        plan()  # SQLite takes the new rows in batches: they are not counted
        with CaptureQueriesContext(connection) as queries:
            assert plan() == 0
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_first_planning_makes_as_many_queries_for_ten_tasks_of_a_person_as_for_a_hundred(
    campaign: Campaign, period: Period, reporter: User, head: User, east: Unit
) -> None:
    counts = []
    for more in (10, 90):
        Reminder.objects.all().delete()
        factories.many_tasks(more, campaign=campaign, unit=east, periods=[period])
        with CaptureQueriesContext(connection) as queries:
            assert plan() > 0
        counts.append(sum(not query["sql"].startswith("INSERT") for query in queries))
        assert connection.vendor == "sqlite" or len(queries) == counts[-1] + 1
    assert counts[0] == counts[1]
