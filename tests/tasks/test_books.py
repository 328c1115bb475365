"""Keeping a task book: opening a year's, its filing rule, its campaigns and tasks, and closing it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from commands.models import Event, Headquarters, Unit, User
from tasks.models import Campaign, Milestone, Notification, Period, Report, Task, TaskBook
from tasks.rules.books import carried_code, carried_due, carried_start, carried_step, even_plan
from tasks.services.book_tasks import add_task
from tasks.services.books import create_book
from tasks.services.day import turn_the_day
from tasks.services.past import keep_all
from tests import factories
from tests.access.forms import BOOK, TASK
from tests.conftest import signed_in

NEW_YEAR = dt.date(2027, 1, 1)


@pytest.fixture
def client(administrator: User) -> Client:
    administrator.language = "en"
    administrator.save()
    return signed_in(administrator)


def text(answer: Any) -> str:
    return str(answer.content.decode())


# The book and its filing rule


def test_a_new_book_has_twelve_months_by_its_rule(client: Client, book: TaskBook) -> None:
    data = {**BOOK, "due_day": "28", "roll": "forward", "name": "2027年任务书"}
    answer = client.post("/books/new/", data)
    made = TaskBook.objects.get(year=2027)
    assert answer["Location"] == f"/books/{made.pk}/carry/"
    months = list(made.periods.order_by("month"))
    assert [period.month.month for period in months] == list(range(1, 13))
    assert timezone.localdate(months[1].due_at) == dt.date(2027, 3, 1)  # the 28th is a Sunday
    assert all(period.opened_at is None for period in months)
    assert [event.action for event in Event.objects.order_by("pk")] == ["book.create", "period.create"]


def test_a_new_book_proposes_the_rule_and_name_of_the_last(client: Client, book: TaskBook) -> None:
    TaskBook.objects.update(due_day=28)
    words = text(client.get("/books/new/"))
    assert 'value="2027"' in words
    assert "2027年攻坚行动任务书" in words
    assert 'name="due_day" value="28"' in words


def test_a_year_has_one_book_and_the_form_says_so(client: Client, book: TaskBook) -> None:
    answer = client.post("/books/new/", {**BOOK, "year": "2026"})
    assert answer.status_code == 200
    assert "already exists" in text(answer)
    assert TaskBook.objects.count() == 1


@pytest.mark.parametrize("day", ["0", "32", "x", ""])
def test_a_due_day_that_no_month_has_is_refused_beside_its_field(client: Client, db: None, day: str) -> None:
    answer = client.post("/books/new/", {**BOOK, "due_day": day})
    assert 'id="id_due_day_error"' in text(answer)
    assert not TaskBook.objects.exists()


def test_another_rule_is_shown_first_and_moves_only_months_not_open(client: Client, period: Period) -> None:
    book = period.book
    december = factories.period(book=book, month=dt.date(2026, 12, 1), opened_at=None)
    data = {**BOOK, "due_day": "10", "due_month": "next"}
    shown = client.post(f"/books/{book.pk}/edit/", data)
    assert "1 month moves" in text(shown)
    assert "2027-01-08" in text(shown)  # the 10th is a Sunday: back to Friday
    assert not Event.objects.exists()
    client.post(f"/books/{book.pk}/edit/", {**data, "action": "confirm"})
    before = period.due_at
    period.refresh_from_db()
    december.refresh_from_db()
    assert period.due_at == before
    assert timezone.localdate(december.due_at) == dt.date(2027, 1, 8)
    assert Event.objects.get().after["due_month"] == "next"


# Campaigns and tasks


def test_a_campaign_is_added_with_its_lead_and_edited(
    client: Client, book: TaskBook, headquarters: Headquarters, east: Unit, reporter: User
) -> None:
    values = {"number": "3", "name": "招商引资攻坚行动", "headquarters": headquarters.pk, "lead": east.pk}
    client.post(f"/books/{book.pk}/campaigns/new/", values)
    campaign = Campaign.objects.get()
    assert (campaign.lead_unit, campaign.headquarters) == (east, headquarters)
    assert Notification.objects.get().kind == "lead_first"
    client.post(
        f"/campaigns/{campaign.pk}/edit/", {"number": "4", "name": "招商行动", "supervisor_title": "副区长"}
    )
    campaign.refresh_from_db()
    assert (campaign.number, campaign.name, campaign.headquarters) == (4, "招商行动", None)
    changed = Event.objects.filter(action="campaign.change").get()
    assert changed.before["number"] == 3


def test_two_campaigns_of_a_book_never_bear_one_number(client: Client, campaign: Campaign) -> None:
    answer = client.post(f"/books/{campaign.book_id}/campaigns/new/", {"number": "1", "name": "又一行动"})
    assert answer.status_code == 200
    assert "errors-head" in text(answer)
    assert Campaign.objects.count() == 1


def test_under_another_headquarters_tasks_leave_the_old_teams(
    client: Client, campaign: Campaign, task: Task
) -> None:
    Task.objects.filter(pk=task.pk).update(work_team=factories.team(headquarters=campaign.headquarters))
    other = factories.headquarters()
    client.post(f"/campaigns/{campaign.pk}/edit/", {"number": 1, "name": "新", "headquarters": other.pk})
    task.refresh_from_db()
    assert task.work_team is None
    assert Event.objects.filter(action="task.leave_team", subject_id=task.pk).exists()


def test_a_task_added_is_under_way_with_lead_plan_and_report(
    client: Client, campaign: Campaign, period: Period, south: Unit
) -> None:
    client.post(f"/campaigns/{campaign.pk}/tasks/new/", {**TASK, "starts_on": "2026-11-02", "lead": south.pk})
    made = Task.objects.get(code=TASK["code"])
    assert (made.lead_unit, made.lead_since, made.lifecycle) == (south, dt.date(2026, 11, 2), "active")
    points = made.baselines.get().points_by_day()
    assert points == {dt.date(2026, 11, 30): Decimal("50.0"), dt.date(2026, 12, 31): Decimal("100.0")}
    turn_the_day(now=timezone.now())
    assert Report.objects.get(task=made).unit == south


def test_a_task_that_starts_later_begins_on_its_day_by_itself(
    campaign: Campaign, south: Unit, administrator: User
) -> None:
    starts_on = dt.date(2026, 12, 1)
    made = add_task(
        campaign=campaign,
        lead=south,
        supporting=[],
        code="2026-1-88",
        title="年底专项",
        starts_on=starts_on,
        due_on=dt.date(2026, 12, 31),
        by=administrator,
    )
    assert (made.lead_unit, made.lifecycle) == (None, "planned")
    for day, lifecycle in ((30, "planned"), (1, "active")):
        moment = dt.datetime(2026, 11 if day == 30 else 12, day, 1, tzinfo=dt.UTC)
        with time_machine.travel(moment, tick=False):
            turn_the_day(now=timezone.now())
        made.refresh_from_db()
        assert made.lifecycle == lifecycle
    assert made.lead_unit == south
    assert Event.objects.filter(action="task.begin").count() == 1


def test_a_new_due_day_is_a_new_version_of_the_plan_for_a_reason(client: Client, task: Task) -> None:
    data = {**TASK, "code": task.code, "title": task.title, "due_on": "2027-03-31"}
    assert "Say why." in text(client.post(f"/tasks/{task.pk}/edit/", data))
    assert task.baselines.count() == 1
    client.post(f"/tasks/{task.pk}/edit/", {**data, "reason": "征地延后"})
    task.refresh_from_db()
    second = task.baselines.get(version=2)
    assert task.due_on == dt.date(2027, 3, 31)
    assert (second.starts_on, second.reason) == (dt.date(2026, 11, 23), "征地延后")
    first = task.baselines.get(version=1).points_by_day()
    kept = {day: percent for day, percent in second.points_by_day().items() if day < second.starts_on}
    assert kept.items() <= first.items()


def test_the_start_of_a_task_under_way_stays(client: Client, task: Task) -> None:
    data = {**TASK, "code": task.code, "title": "改名", "starts_on": "2026-05-01"}
    client.post(f"/tasks/{task.pk}/edit/", data)
    task.refresh_from_db()
    assert (task.title, task.starts_on) == ("改名", dt.date(2026, 1, 1))


def test_a_cancelled_task_owes_nothing_more_and_its_unit_is_told(
    client: Client, report: Report, reporter: User
) -> None:
    address = f"/tasks/{report.task_id}/edit/"
    assert "Say why." in text(client.post(address, {"action": "cancel", "reason": " "}))
    client.post(address, {"action": "cancel", "reason": "任务合并"})
    report.refresh_from_db()
    assert (report.state, report.task.lifecycle) == ("exempt", "cancelled")
    assert Notification.objects.get(recipient=reporter).kind == "task_cancelled"
    assert "This task has ended" in text(client.post(address, {"action": "cancel", "reason": "再次"}))


def test_what_waits_for_the_office_is_not_cancelled(client: Client, task: Task) -> None:
    factories.change(task=task)
    answer = client.post(f"/tasks/{task.pk}/edit/", {"action": "cancel", "reason": "任务合并"})
    assert "which decides first" in text(answer)


# Plans and milestones


PLAN = {"plan-2026-11-30": "85", "plan-2026-12-31": "100", "starts_on": "2026-11-25", "reason": "年中调整"}


def test_a_plan_entered_is_a_version_from_its_day_and_never_repaints_the_past(
    client: Client, task: Task
) -> None:
    first = task.baselines.get().points_by_day()
    client.post(f"/tasks/{task.pk}/plan/", PLAN)
    second = task.baselines.get(version=2)
    assert second.starts_on == dt.date(2026, 11, 25)
    points = second.points_by_day()
    assert points.pop(dt.date(2026, 11, 30)) == Decimal(85)
    assert points.items() <= first.items()
    assert task.baselines.get(version=1).points_by_day() == first
    assert Event.objects.get().action == "plan.enter"


def test_a_plan_can_be_drawn_before_it_is_saved(client: Client, task: Task) -> None:
    answer = text(client.post(f"/tasks/{task.pk}/plan/", {**PLAN, "plan-2026-11-30": "20", "action": "draw"}))
    assert 'data-dot="2026-11-30" cx="91.5' in answer
    assert 'cy="80.0%"' in answer
    assert task.baselines.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"plan-2026-11-30": "20"}, "cannot fall"),
        ({"reason": ""}, "Say why."),
        ({"starts_on": "2026-11-22"}, "never changes the past"),
        ({"starts_on": "2027-01-01"}, "due before that day"),
        ({"plan-2026-11-30": "120"}, "from 0 to 100"),
        ({"plan-2026-11-30": ""}, "required"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    client: Client, task: Task, typed: dict[str, str], said: str
) -> None:
    assert said in text(client.post(f"/tasks/{task.pk}/plan/", {**PLAN, **typed}))
    assert task.baselines.count() == 1


def lines(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {f"m-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    return {"m-TOTAL_FORMS": len(rows), "m-INITIAL_FORMS": 0, **data, **more}


def test_milestones_are_added_moved_and_taken_out_in_one_go(client: Client, task: Task) -> None:
    moved, gone = factories.milestone(task=task), factories.milestone(task=task)
    address = f"/tasks/{task.pk}/milestones/"
    rows: tuple[dict[str, Any], ...] = (
        {"key": moved.pk, "title": moved.title, "due_on": "2026-12-10"},
        {"key": gone.pk, "title": gone.title, "due_on": "2026-11-30", "is_gone": "on"},
        {"title": "竣工验收", "due_on": "2026-12-20", "is_key": "on"},
        {},
    )
    assert "Say why." in text(client.post(address, lines(*rows)))
    assert task.milestones.count() == 2
    client.post(address, lines(*rows, reason="工期调整"))
    assert set(task.milestones.values_list("title", "due_on", "is_key")) == {
        (moved.title, dt.date(2026, 12, 10), False),
        ("竣工验收", dt.date(2026, 12, 20), True),
    }
    assert {event.action for event in Event.objects.all()} == {
        "milestone.add",
        "milestone.edit",
        "milestone.remove",
    }


def test_a_milestone_taken_out_still_stands_on_the_pages_of_past_days(
    task: Task, administrator: User, clock: time_machine.Traveller
) -> None:
    gone = factories.milestone(task=task, title="完成清表")
    keep_all(now=timezone.now())
    clock.shift(dt.timedelta(days=2))
    client = signed_in(administrator)
    row = {"key": gone.pk, "title": gone.title, "due_on": gone.due_on, "is_gone": "on"}
    new = {"title": "当日增删", "due_on": "2026-12-20"}
    client.post(f"/tasks/{task.pk}/milestones/", lines(row, new, reason="工期调整"))
    added = task.milestones.get()
    line = {"key": added.pk, **new, "is_gone": "on"}
    client.post(f"/tasks/{task.pk}/milestones/", lines(line, reason="误增"))
    clock.shift(dt.timedelta(days=2))
    client = signed_in(administrator)
    pages = {
        day: text(client.get(f"/tasks/{task.pk}/?as_of={day}"))
        for day in ("2026-11-24", "2026-11-25", "2026-11-26")
    }
    assert [gone.title in page for page in pages.values()] == [True, False, False]
    assert not any(new["title"] in page for page in pages.values())
    assert not task.milestones.exists()


def test_a_milestone_reached_or_told_of_stays(client: Client, task: Task, reporter: User) -> None:
    reached = factories.milestone(task=task, completed_on=dt.date(2026, 11, 1))
    told = factories.milestone(task=task)
    factories.reminder(milestone=told, recipient=reporter, state="sent")
    address = f"/tasks/{task.pk}/milestones/"
    for row, said in ((reached, "Things have changed"), (told, "people were reminded")):
        line = {"key": row.pk, "title": row.title, "due_on": "2026-11-30", "is_gone": "on"}
        assert said in text(client.post(address, lines(line, reason="错误")))
    assert Milestone.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"title": "缺日期"}, "Fill this in."),
        ({"due_on": "2026-12-01"}, "Fill this in."),
        ({"title": "太晚", "due_on": "2027-01-05"}, "must fall between"),
        ({"title": "坏", "due_on": "2026-02-30"}, "Enter a day that exists"),
        ({"key": "999999", "title": "别人的", "due_on": "2026-12-01"}, "Things have changed"),
    ],
)
def test_a_milestone_that_cannot_be_is_refused(
    client: Client, task: Task, row: dict[str, str], said: str
) -> None:
    assert said in text(client.post(f"/tasks/{task.pk}/milestones/", lines(row)))
    assert not Milestone.objects.exists()


# The rules of carrying over


def test_what_a_carried_task_gets() -> None:
    assert carried_start(2027, dt.date(2026, 11, 23)) == NEW_YEAR
    assert carried_start(2027, dt.date(2027, 1, 20)) == dt.date(2027, 1, 20)
    assert carried_due(dt.date(2026, 6, 30), NEW_YEAR) == dt.date(2027, 12, 31)
    assert carried_due(dt.date(2028, 6, 30), NEW_YEAR) == dt.date(2028, 6, 30)
    assert carried_step(dt.date(2024, 2, 29), NEW_YEAR, dt.date(2027, 12, 31)) == dt.date(2027, 2, 28)
    assert carried_step(dt.date(2027, 3, 1), NEW_YEAR, dt.date(2027, 2, 1)) == dt.date(2027, 2, 1)
    assert carried_code("2026-1-01", 2026, 2027, set()) == "2027-1-01"
    assert carried_code("2026-1-01", 2026, 2027, {"2027-1-01", "2027-1-01-2"}) == "2027-1-01-3"
    assert carried_code("T-9", 2026, 2027, set()) == "2027-T-9"
    assert sum(1 for _day in even_plan(NEW_YEAR, dt.date(2027, 12, 31))) == 12
    assert even_plan(dt.date(2027, 12, 31), dt.date(2027, 12, 31)) == {dt.date(2027, 12, 31): Decimal(100)}


def test_a_closed_book_changes_no_more(client: Client, task: Task, administrator: User) -> None:
    TaskBook.objects.update(closed_at=timezone.now())
    create_book(year=2027, name="2027年任务书", by=administrator)
    events = Event.objects.count()
    book = task.campaign.book_id
    for address, data in (
        (f"/books/{book}/edit/", BOOK),
        (f"/books/{book}/campaigns/new/", {"number": "9", "name": "新行动"}),
        (f"/campaigns/{task.campaign_id}/tasks/new/", {**TASK, "lead": task.lead_unit_id}),
        (f"/tasks/{task.pk}/edit/", TASK),
        (f"/tasks/{task.pk}/plan/", PLAN),
        (f"/tasks/{task.pk}/milestones/", lines({"title": "节点", "due_on": "2026-12-01"})),
    ):
        assert "The task book is closed." in text(client.post(address, data)), address
    assert Event.objects.count() == events
