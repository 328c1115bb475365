"""The audit trail of the work: every service writes one event of its own, with author, source, before and after."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

import tasks.services
from commands.models import Event, Unit, User
from commands.services.events import SOURCE, record_event
from tasks import jobs
from tasks.models import CalendarDay, Campaign, Period, Report, Task
from tasks.services.calendar_days import clear_calendar_day, set_calendar_day
from tasks.services.exemptions import exempt_report, undo_exemption
from tasks.services.inbox import mark_all_read, mark_read, notify
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.milestones import complete_milestone
from tasks.services.periods import close_period, close_period_now, create_periods, open_period, reopen_period
from tasks.services.reports import autosave_report, keep_typed, save_draft, submit_report
from tasks.services.reviews import accept_report, accept_reports, reopen_report, return_report
from tests import factories
from tests.conftest import signed_in
from tests.tasks.around_channels import AROUND_CHANNELS
from tests.tasks.around_directives import AROUND_DIRECTIVES, PARTS
from tests.tasks.around_reports import AROUND_REPORTS
from tests.tasks.stories import BLANK, TYPED, current, only_event, told, typed
from tests.tasks.told import TOLD_ELSEWHERE

DAY = dt.date(2026, 11, 28)
FAR = dt.date(2026, 12, 16)
"""A day of the calendar that moves no period."""
TODAY = dt.date(2026, 11, 23)
CLOSED = dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC)


class World:
    """What the services act on, and the person who does it."""

    def __init__(self, people: dict[str, User], task: Task, report: Report, south: Unit) -> None:
        self.people, self.task, self.report, self.south = people, task, report, south

    def filed(self) -> Report:
        """Return the report as filed, with no trace in the trail."""
        factories.submission(report=self.report, submitted_by=self.people["reporter"], actual_percent=90)
        now = timezone.now()
        Report.objects.update(
            **TYPED, state="submitted", submitted_at=now, first_submitted_at=now, timeliness="on_time"
        )
        return current(self.report)

    def accepted(self) -> Report:
        """Return the report as accepted, with no trace in the trail."""
        now, office = timezone.now(), self.people["office"]
        self.filed().submissions.update(decision="accepted", decided_at=now, decided_by=office)
        Report.objects.update(state="accepted", accepted_at=now, accepted_by=office)
        return current(self.report)

    def lead(self) -> Any:
        """Return a lead of south that waits to be acknowledged."""
        return factories.lead(campaign=factories.campaign(), unit=self.south, needs_acknowledgement=True)


Act = Callable[[World, User], object]
AS_TYPED = {**TYPED, "actual_percent": "90.0", "metric_value": "12.50"}

SERVICES: dict[str, tuple[str, str, Act, dict[str, Any], dict[str, Any]]] = {
    "save_draft": (
        "report.save",
        "reporter",
        lambda w, by: save_draft(report=w.report, content=typed(), version=1, by=by),
        BLANK,
        AS_TYPED,
    ),
    "submit_report": (
        "report.submit",
        "reporter",
        lambda w, by: submit_report(report=w.report, content=typed(), version=1, by=by),
        {"state": "due"},
        {"state": "submitted", "number": 1, **AS_TYPED},
    ),
    "accept_report": (
        "report.accept",
        "office",
        lambda w, by: accept_report(report=w.filed(), words="很好", by=by),
        {"state": "submitted"},
        {"state": "accepted", "number": 1, "words": "很好", "quality": ""},
    ),
    "return_report": (
        "report.return",
        "office",
        lambda w, by: return_report(report=w.filed(), words="请补充", by=by),
        {"state": "submitted"},
        {"state": "returned", "number": 1, "words": "请补充"},
    ),
    "autosave_report": (
        "report.autosave",
        "reporter",
        lambda w, by: autosave_report(report=w.report, content=typed(), version=1, by=by),
        BLANK,
        AS_TYPED,
    ),
    "keep_typed": (
        "report.keep",
        "reporter",
        lambda w, by: (
            Period.objects.update(closed_at=timezone.now()),
            keep_typed(report=w.report, content=typed(), version=1, by=by),
        ),
        BLANK,
        AS_TYPED,
    ),
    "accept_reports": (
        "report.accept",
        "office",
        lambda w, by: accept_reports(choices=[(w.filed(), 1)], by=by),
        {"state": "submitted"},
        {"state": "accepted", "number": 1, "words": "", "quality": ""},
    ),
    "reopen_report": (
        "report.reopen",
        "office",
        lambda w, by: reopen_report(report=w.accepted(), reason="数据有误", by=by),
        {"state": "accepted"},
        {"state": "returned", "number": 1, "reason": "数据有误"},
    ),
    "complete_milestone": (
        "milestone.complete",
        "reporter",
        lambda w, by: complete_milestone(
            milestone=factories.milestone(task=w.task, title="完成签约"), completed_on=TODAY, by=by
        ),
        {},
        {"milestone": "完成签约", "completed_on": "2026-11-23"},
    ),
    "reassign": (
        "lead.reassign",
        "administrator",
        lambda w, by: reassign(
            subject=w.task, unit=w.south, starts_on=dt.date(2026, 12, 1), reason="机构调整", by=by
        ),
        {"unit": "东门街道", "starts_on": "2026-01-01"},
        {"unit": "南湖街道", "starts_on": "2026-12-01", "reason": "机构调整"},
    ),
    "acknowledge_lead": (
        "lead.acknowledge",
        "other_reporter",
        lambda w, by: acknowledge_lead(lead=w.lead(), by=by),
        {},
        {"unit": "南湖街道"},
    ),
    "create_periods": (
        "period.create",
        "administrator",
        lambda w, by: create_periods(book=w.task.campaign.book, by=by),
        {},
        {"months": [f"2026-{month:02}-01" for month in range(1, 13) if month != 11]},
    ),
    "open_period": (
        "period.open",
        "administrator",
        lambda w, by: open_period(
            period=factories.period(month=dt.date(2026, 12, 1), opened_at=None), now=timezone.now(), by=by
        ),
        {},
        {},
    ),
    "close_period": (
        "period.close",
        "administrator",
        lambda w, by: close_period(period=w.report.period, now=timezone.now(), by=by),
        {},
        {"missed": 1},
    ),
    "close_period_now": (
        "period.close",
        "administrator",
        lambda w, by: close_period_now(period=w.report.period, by=by),
        {},
        {"missed": 1},
    ),
    "reopen_period": (
        "period.reopen",
        "administrator",
        lambda w, by: (
            Report.objects.update(state="missed", timeliness="missed"),
            Period.objects.update(closed_at=CLOSED),
            reopen_period(period=w.report.period, reason="补报", closes_on=DAY, by=by),
        ),
        {"closed_at": "2026-11-23T01:00:00Z", "closes_on": "2026-12-02"},
        {"reason": "补报", "closes_on": "2026-11-28", "reports": 1},
    ),
    "exempt_report": (
        "report.exempt",
        "office",
        lambda w, by: exempt_report(report=w.report, reason="当月停工", by=by),
        {"state": "due"},
        {"state": "exempt", "reason": "当月停工"},
    ),
    "undo_exemption": (
        "report.unexempt",
        "office",
        lambda w, by: (
            Report.objects.update(state="exempt", exempt_reason="当月停工"),
            undo_exemption(report=w.report, by=by),
        ),
        {"state": "exempt", "reason": "当月停工"},
        {"state": "due"},
    ),
    "set_calendar_day": (
        "calendar.set",
        "administrator",
        lambda w, by: (
            factories.calendar_day(FAR, is_workday=False, name="调休"),
            set_calendar_day(day=FAR, is_workday=True, name="上班", by=by),
        ),
        {"is_workday": False, "name": "调休"},
        {"is_workday": True, "name": "上班"},
    ),
    "clear_calendar_day": (
        "calendar.clear",
        "administrator",
        lambda w, by: (
            factories.calendar_day(FAR, is_workday=False, name="调休"),
            clear_calendar_day(day=FAR, by=by),
        ),
        {"is_workday": False, "name": "调休"},
        {},
    ),
    **AROUND_CHANNELS,
    **AROUND_DIRECTIVES,
    **AROUND_REPORTS,
}
"""By service: the action, who does it, how, and what its event says of before and after."""


@pytest.fixture
def world(
    reporter: User,
    other_reporter: User,
    office: User,
    administrator: User,
    task: Task,
    report: Report,
    south: Unit,
) -> World:
    """Everything that one service or another needs."""
    people = {user.username: user for user in (reporter, other_reporter, office, administrator)}
    return World(people, task, report, south)


@pytest.mark.parametrize("name", SERVICES)
def test_service_writes_one_event_with_author_before_and_after(world: World, name: str) -> None:
    action, who, act, before, after = SERVICES[name]
    by = world.people[who]
    source = SOURCE.set("web 10.0.0.7")
    try:
        act(world, by)
    finally:
        SOURCE.reset(source)
    event = only_event()
    assert (event.action, event.actor, event.actor_name) == (action, by, by.display_name)
    assert (event.source, event.at) == ("web 10.0.0.7", timezone.now())
    assert (event.before, event.after) == (before, after)
    assert event.subject_label


@pytest.mark.parametrize("name", SERVICES)
def test_refused_or_failed_service_leaves_no_event(world: World, name: str) -> None:
    """The event is part of the transaction: what is rolled back was never told."""
    with transaction.atomic():
        SERVICES[name][2](world, world.people[SERVICES[name][1]])
        transaction.set_rollback(True)
    assert not told()


def test_every_service_that_somebody_calls_is_listed() -> None:
    """A service added later fails here until it tells what its event says."""
    found = set()
    for module in pkgutil.iter_modules(tasks.services.__path__):
        loaded = importlib.import_module(f"tasks.services.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            of_module = function.__module__ == loaded.__name__ and not name.startswith("_")
            if of_module and "by" in inspect.signature(function).parameters:
                found.add(name)
    assert found - TOLD_ELSEWHERE - set(PARTS) == set(SERVICES)


def test_reassigning_tells_of_every_task_and_of_every_report_that_moved(
    campaign: Campaign, world: World, administrator: User
) -> None:
    reassign(
        subject=campaign, unit=world.south, starts_on=TODAY, reason="调整", with_tasks=True, by=administrator
    )
    assert [(event.action, event.subject_type, event.subject_id) for event in told()] == [
        ("lead.reassign", "tasks.campaign", campaign.pk),
        ("lead.reassign", "tasks.task", world.task.pk),
        ("report.move", "tasks.report", world.report.pk),
    ]


def test_entering_the_same_calendar_day_again_tells_nothing(administrator: User) -> None:
    for _time in range(2):
        set_calendar_day(day=FAR, is_workday=True, name="上班", by=administrator)
        assert only_event().action == "calendar.set"
    clear_calendar_day(day=FAR, by=administrator)
    clear_calendar_day(day=FAR, by=administrator)
    assert [event.action for event in told()] == ["calendar.set", "calendar.clear"]
    assert not CalendarDay.objects.exists()


def test_reading_ones_inbox_is_nobodys_business(reporter: User) -> None:
    notify(recipients=[reporter, reporter], kind="lead_left", values={}, link="/inbox/")
    (note,) = reporter.notifications.all()
    mark_read(notification=note, by=reporter)
    mark_all_read(user=reporter)
    assert not told()


def test_nobody_reads_anothers_inbox(reporter: User, head: User) -> None:
    note = factories.notification(recipient=reporter)
    mark_read(notification=note, by=head)
    note.refresh_from_db()
    assert note.read_at is None
    mark_all_read(user=head)
    note.refresh_from_db()
    assert note.read_at is None


# From where


def test_what_comes_through_a_page_says_from_which_address(report: Report, reporter: User) -> None:
    signed_in(reporter).post(
        reverse("tasks:report_detail", args=[report.pk]),
        {"progress": "完成", "actual_percent": "90", "version": "1", "action": "save"},
        REMOTE_ADDR="10.1.2.3",
    )
    (event,) = told("report.save")
    assert (event.source, event.actor) == ("web 10.1.2.3", reporter)


@pytest.mark.parametrize(
    ("job", "when", "actions"),
    [
        (jobs.turn_the_day, dt.date(2026, 12, 3), {"period.close"}),
        (jobs.plan_reminders, TODAY, set()),
        (jobs.send_reminders, TODAY, set()),
        (jobs.record_beat, TODAY, set()),
    ],
)
def test_what_a_job_does_says_which_job(
    report: Report, reporter: User, clock: Any, job: Any, when: dt.date, actions: set[str]
) -> None:
    clock.move_to(factories.at(when, 9))
    source = SOURCE.set("")
    try:
        job()
    finally:
        SOURCE.reset(source)
    events = told()
    assert {event.action for event in events} == actions
    assert {event.source for event in events} <= {"job turn_the_day"}
    assert {event.actor for event in events} <= {None}


def test_long_titles_and_names_fit_into_the_trail(reporter: User, campaign: Campaign, east: Unit) -> None:
    task = factories.task(campaign=campaign, lead_unit=east, title="长" * 120)
    User.objects.filter(pk=reporter.pk).update(display_name="名" * 60)
    reporter.refresh_from_db()
    record_event(action="report.save", about=factories.report(task=task), by=reporter)
    event = Event.objects.get()
    event.full_clean()
    assert event.subject_label.startswith("长" * 120)
