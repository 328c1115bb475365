"""Two at the same moment, in two connections of PostgreSQL: one is served, the other is told; nobody meets an error."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, LeadAssignment, Light, Notification, Period, Reminder, Report, Task
from tasks.services.calendar_days import set_calendar_day
from tasks.services.leads import reassign, reassign_all
from tasks.services.obstacles import comment_obstacle, escalate_obstacles
from tasks.services.periods import close_period, open_period
from tasks.services.reminders import plan_reminders
from tasks.services.reports import save_draft, submit_report
from tasks.services.reviews import accept_report, return_report
from tasks.services.sending import send_reminders
from tasks.services.standings import refresh_standings
from tests import factories
from tests.stack import free_port
from tests.tasks.stories import current, told, typed
from tests.together import at_once, before_commit, while_locked

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

TODAY = dt.date(2026, 11, 23)
CLOSING = factories.at(dt.date(2026, 12, 3), 0, 5)


@pytest.fixture(autouse=True)
def nobody_is_woken(settings: Any) -> None:
    """Leave the queue of REDIS_URL alone: these transactions do commit, and would ask for a worker."""
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"


def plan() -> int:
    """Plan now."""
    return plan_reminders(now=timezone.now())


def send() -> int:
    """Send now."""
    return send_reminders(now=timezone.now())


def file(report: Report, by: User) -> None:
    """File the report as it stands now."""
    submit_report(report=report, content=typed(), version=current(report).version, by=by)


def hand_over(subject: Campaign | Task, unit: Unit, by: User) -> list[LeadAssignment]:
    """Reassign from today, a campaign with its tasks."""
    return reassign(subject=subject, unit=unit, starts_on=TODAY, reason="调整", with_tasks=True, by=by)


# Deciding


def test_two_reviewers_of_one_report(report: Report, reporter: User, office: User, hq_office: User) -> None:
    file(report, reporter)
    outcomes = before_commit(
        lambda: accept_report(report=report, by=office),
        lambda: return_report(report=report, words="请补充", by=hq_office),
    )
    assert outcomes == ("done", "not_submitted")
    assert current(report).state == "accepted"
    assert len(told("report.accept")) + len(told("report.return")) == 1


def test_two_reviewers_who_click_at_once(
    report: Report, reporter: User, office: User, hq_office: User
) -> None:
    file(report, reporter)
    outcomes = at_once(
        lambda: accept_report(report=report, by=office), lambda: accept_report(report=report, by=hq_office)
    )
    assert outcomes == {"done": 1, "not_submitted": 1}
    assert report.submissions.filter(decision="accepted").count() == 1


# Typing and filing


def test_two_people_save_the_same_version(report: Report, reporter: User, head: User) -> None:
    outcomes = before_commit(
        lambda: save_draft(report=report, content=typed(progress="甲"), version=1, by=reporter),
        lambda: save_draft(report=report, content=typed(progress="乙"), version=1, by=head),
    )
    assert outcomes == ("done", "stale")
    assert (current(report).progress, current(report).version) == ("甲", 2)


def test_double_click_on_file_in_two_requests(report: Report, reporter: User) -> None:
    clicks = [lambda: submit_report(report=report, content=typed(), version=1, by=reporter)] * 4
    assert at_once(*clicks) == {"done": 4}
    assert report.submissions.count() == 1
    assert len(told("report.submit")) == 1


def test_filing_meets_the_close_of_the_period(report: Report, reporter: User) -> None:
    """Closing first: the one who files a moment too late is told, and what was typed is not half filed."""
    outcomes = before_commit(
        lambda: close_period(period=report.period, now=CLOSING, by=None), lambda: file(report, reporter)
    )
    assert outcomes == ("done", "closed")
    assert (current(report).state, report.submissions.count()) == ("missed", 0)


def test_the_close_of_the_period_waits_for_who_is_filing(report: Report, reporter: User) -> None:
    outcomes = before_commit(
        lambda: file(report, reporter), lambda: close_period(period=report.period, now=CLOSING, by=None)
    )
    assert outcomes == ("done", "done")
    assert (current(report).state, current(report).timeliness) == ("submitted", "on_time")
    assert not Report.objects.filter(state="missed").exists()


@pytest.mark.parametrize("row", ["report", "period", "task"])
def test_filing_and_closing_never_wait_for_each_other(report: Report, reporter: User, row: str) -> None:
    """Whichever row they meet at: had they locked in different orders, both would wait for ever."""
    held = {"report": report, "period": report.period, "task": report.task}[row]
    filed, closed = while_locked(
        held, lambda: file(report, reporter), lambda: close_period(period=report.period, now=CLOSING, by=None)
    )
    assert (filed, closed) in {("done", "done"), ("closed", "done")}
    assert current(report).state == ("submitted" if filed == "done" else "missed")


@pytest.mark.parametrize("row", ["report", "period", "task"])
def test_closing_and_filing_never_wait_for_each_other(report: Report, reporter: User, row: str) -> None:
    held = {"report": report, "period": report.period, "task": report.task}[row]
    closed, filed = while_locked(
        held, lambda: close_period(period=report.period, now=CLOSING, by=None), lambda: file(report, reporter)
    )
    assert (filed, closed) in {("done", "done"), ("closed", "done")}
    assert current(report).state == ("submitted" if filed == "done" else "missed")


def test_whole_district_files_in_the_last_second(
    campaign: Campaign, period: Period, reporter: User, east: Unit
) -> None:
    factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
    reports = list(Report.objects.all())
    filing = [lambda report=report: file(report, reporter) for report in reports]
    outcomes = at_once(*filing, lambda: close_period(period=period, now=CLOSING, by=None))
    states = Counter(Report.objects.values_list("state", flat=True))
    assert outcomes["done"] - 1 == states["submitted"]
    assert outcomes["closed"] == states["missed"]
    assert sum(outcomes.values()) == 11
    assert Light.objects.count() == 10


# Standings


def test_acceptance_is_not_written_over_by_the_hourly_refresh(
    report: Report, task: Task, reporter: User, office: User
) -> None:
    file(report, reporter)
    outcomes = before_commit(
        lambda: accept_report(report=report, by=office),
        lambda: refresh_standings(tasks=Task.objects.all(), now=timezone.now()),
    )
    assert outcomes == ("done", "done")
    task.refresh_from_db()
    assert (task.actual_percent, task.light) == (Decimal("90.0"), "green")


def test_accepting_and_reassigning_never_wait_for_each_other(
    report: Report, task: Task, reporter: User, office: User, south: Unit, administrator: User
) -> None:
    file(report, reporter)
    outcomes = while_locked(
        report, lambda: accept_report(report=report, by=office), lambda: hand_over(task, south, administrator)
    )
    assert outcomes == ["done", "done"]
    task.refresh_from_db()
    assert (task.lead_unit, task.actual_percent) == (south, Decimal("90.0"))


def test_clock_of_an_obstacle_and_who_speaks_of_it_never_wait_for_each_other(report: Report) -> None:
    """It climbs to the leader, which may turn the task's light."""
    yesterday = TODAY - dt.timedelta(days=1)
    stands = factories.obstacle(task=report.task, level="headquarters", escalates_on=yesterday)
    outcomes = while_locked(
        stands,
        lambda: escalate_obstacles(now=timezone.now()),
        lambda: comment_obstacle(obstacle=stands, words="请尽快协调。", by=stands.raised_by),
    )
    assert outcomes == ["done", "done"]


# Reassigning


def test_two_administrators_reassign_one_task(
    task: Task, report: Report, east: Unit, south: Unit, administrator: User
) -> None:
    third, colleague = factories.unit(), factories.user_with(RoleCode.ADMINISTRATOR)
    outcomes = before_commit(
        lambda: hand_over(task, south, administrator), lambda: hand_over(task, third, colleague)
    )
    assert outcomes == ("done", "too_early")
    task.refresh_from_db()
    assert (task.lead_unit, current(report).unit) == (south, south)
    assert list(task.leads.order_by("starts_on").values_list("unit", "ends_on")) == [
        (east.pk, TODAY),
        (south.pk, None),
    ]
    assert len(told("lead.reassign")) == 1


def test_two_administrators_reassign_one_task_to_the_same_unit(
    task: Task, period: Period, south: Unit, administrator: User
) -> None:
    colleague = factories.user_with(RoleCode.ADMINISTRATOR)
    outcomes = at_once(
        lambda: hand_over(task, south, administrator), lambda: hand_over(task, south, colleague)
    )
    assert outcomes == {"done": 1, "same_unit": 1}


def test_two_administrators_reassign_the_same_many_tasks(
    campaign: Campaign, period: Period, east: Unit, south: Unit, administrator: User
) -> None:
    third, colleague = factories.unit(), factories.user_with(RoleCode.ADMINISTRATOR)
    tasks = factories.many_tasks(30, campaign=campaign, unit=east, periods=[period])

    def move(some: list[Task], unit: Unit, by: User) -> None:
        reassign_all(subjects=some, unit=unit, starts_on=TODAY, reason="调整", by=by)

    outcomes = before_commit(
        lambda: move(tasks[:20], south, administrator), lambda: move(tasks[10:][::-1], third, colleague)
    )
    assert outcomes == ("done", "too_early")
    found = Task.objects.filter(pk__in=[task.pk for task in tasks])
    led = {task.pk: task.lead_unit_id for task in found}
    assert [led[task.pk] for task in tasks] == [south.pk] * 20 + [east.pk] * 10
    assert len(told("lead.reassign")) == 20


@pytest.mark.parametrize("campaign_first", [True, False])
def test_task_reassigned_alone_and_with_its_campaign(
    campaign: Campaign, task: Task, period: Period, south: Unit, administrator: User, campaign_first: bool
) -> None:
    third, colleague = factories.unit(), factories.user_with(RoleCode.ADMINISTRATOR)
    whole = lambda: hand_over(campaign, south, administrator)  # noqa: E731  both orders use both
    alone = lambda: hand_over(task, third, colleague)  # noqa: E731
    first, second = before_commit(whole, alone) if campaign_first else before_commit(alone, whole)
    assert first == "done"
    # The task alone is refused; the campaign finds that the task no longer goes along, or is refused whole.
    assert second in ({"too_early"} if campaign_first else {"done", "too_early"})
    task.refresh_from_db()
    assert task.lead_unit == (south if campaign_first else third)
    assert LeadAssignment.objects.on(TODAY).filter(task=task).count() == 1


def test_filing_meets_a_reassignment(
    report: Report, task: Task, reporter: User, south: Unit, administrator: User
) -> None:
    outcomes = before_commit(lambda: hand_over(task, south, administrator), lambda: file(report, reporter))
    assert outcomes == ("done", "other_unit")
    assert (current(report).unit, current(report).state) == (south, "due")


def test_period_opens_while_a_task_is_handed_over(
    task: Task, book: Any, south: Unit, administrator: User
) -> None:
    period = factories.period(book=book, opened_at=None)
    outcomes = before_commit(
        lambda: hand_over(task, south, administrator),
        lambda: open_period(period=period, now=timezone.now(), by=None),
    )
    assert outcomes == ("done", "done")
    assert Report.objects.get().unit == south


# Periods


def test_period_opened_twice_at_once(campaign: Campaign, book: Any, east: Unit) -> None:
    period = factories.period(book=book, opened_at=None)
    factories.many_tasks(20, campaign=campaign, unit=east)
    opening = [lambda: open_period(period=period, now=timezone.now(), by=None)] * 3
    assert at_once(*opening) == {"done": 3}
    assert Report.objects.count() == 20
    assert len(told("period.open")) == 1


def test_period_closed_twice_at_once(report: Report) -> None:
    closing = [lambda: close_period(period=report.period, now=CLOSING, by=None)] * 3
    assert at_once(*closing) == {"done": 3}
    assert len(told("period.close")) == 1


def test_calendar_day_entered_twice_at_once(administrator: User) -> None:
    day = dt.date(2026, 11, 28)
    entering = [lambda: set_calendar_day(day=day, is_workday=True, name="上班", by=administrator)] * 3
    assert at_once(*entering) == {"done": 3}
    assert len(told("calendar.set")) == 1


# Reminders


@pytest.fixture
def much_to_say(
    campaign: Campaign,
    period: Period,
    reporter: User,
    head: User,
    other_reporter: User,
    east: Unit,
    south: Unit,
) -> None:
    """Forty tasks of two units, and a unit of ten people."""
    for unit in (east, south):
        factories.many_tasks(20, campaign=campaign, unit=unit, periods=[period])
    for _n in range(10):
        factories.user_with(RoleCode.REPORTER, unit=east)


def test_two_planners_at_once(much_to_say: None) -> None:
    assert at_once(plan, plan, plan) == {"done": 3}
    planned = Counter(Reminder.objects.values_list("report", "stage", "recipient", "channel"))
    assert set(planned.values()) == {1}
    assert len(planned) == (20 * 11 + 20) * 2 * 2  # people, stages, channels
    assert plan() == 0


def test_two_senders_at_once(much_to_say: None) -> None:
    plan()
    assert at_once(send, send, send) == {"done": 3}
    send()
    mailed = Counter(to for message in mail.outbox for to in message.to)
    assert set(mailed.values()) == {1}
    assert len(mailed) == 12
    told_in_inbox = Counter(Notification.objects.values_list("recipient", "link"))
    assert set(told_in_inbox.values()) == {1}
    assert set(Reminder.objects.filter(stage="D-3").values_list("state", "attempts")) == {("sent", 1)}


def test_planners_and_senders_and_people_at_once(
    much_to_say: None, reporter: User, task: Task, south: Unit, administrator: User
) -> None:
    plan()
    reports = list(Report.objects.filter(unit=reporter.duties.posts[0].unit)[:6])
    people = [lambda report=report: file(report, reporter) for report in reports]
    moving = [
        lambda task=report.task: hand_over(task, south, administrator)
        for report in Report.objects.filter(unit=reporter.duties.posts[0].unit)[10:13]
    ]
    assert at_once(plan, send, *people, *moving, plan, send) == {"done": 4 + 6 + 3}
    send()
    sent = Reminder.objects.filter(channel="email", state="sent", report__isnull=False)
    recorded = Counter((row.person.email, row.link) for row in sent.select_related("recipient"))
    mailed = Counter(
        (to, link)
        for message in mail.outbox
        for to in message.to
        for link in re.findall(r"/reports/\d+/", str(message.body))
    )
    assert mailed == recorded
    for report in reports:
        assert not report.reminders.filter(state="planned").exists()
    for report in Report.objects.filter(task__lead_unit=south):
        assert report.unit == south


@pytest.mark.parametrize("row", ["report", "task"])
def test_planning_and_filing_never_wait_for_each_other(report: Report, reporter: User, row: str) -> None:
    """A report and a milestone of one task have come to a stage: the planner needs the report and the task."""
    factories.milestone(task=report.task, due_on=TODAY)
    held = {"report": report, "task": report.task}[row]
    assert while_locked(held, plan, lambda: file(report, reporter)) == ["done", "done"]
    assert Reminder.objects.unsent().filter(milestone__isnull=False).exists()


def test_planner_that_read_a_report_before_it_moved_plans_for_the_new_unit(
    report: Report, task: Task, reporter: User, other_reporter: User, south: Unit, administrator: User
) -> None:
    plan()
    outcomes = before_commit(lambda: hand_over(task, south, administrator), plan)
    assert outcomes == ("done", "done")
    chased = Reminder.objects.unsent().filter(report=report).values_list("recipient__username", flat=True)
    assert set(chased) == {"other_reporter"}
