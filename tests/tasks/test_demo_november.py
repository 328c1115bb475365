"""The demo as it looks on 23 November 2026: lights, people, reminders, words."""

from __future__ import annotations

import datetime as dt
import itertools
import string
from collections import Counter
from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from commands.models import Event, Headquarters, Post, Unit, User
from tasks.demo.load import load_demo
from tasks.demo.people import ACCOUNTS, PASSWORD
from tasks.demo.reminding import LEFT
from tasks.demo.script import campaigns, read
from tasks.models import (
    Baseline,
    Campaign,
    Ladder,
    LeadAssignment,
    Light,
    Notification,
    Period,
    Reminder,
    Report,
    Robot,
    Submission,
    Task,
    TaskBook,
    Vacancy,
)
from tasks.rules.reminders import Kind
from tasks.services.facts import load_facts
from tasks.services.reminders import plan_reminders
from tasks.services.standings import refresh_standings
from tests.conftest import FROZEN

TODAY = FROZEN.date()


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo as loaded on the frozen day, once for all tests that only look at it."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True),
        time_machine.travel(FROZEN, tick=False),
        transaction.atomic(),
    ):
        load_demo(now=timezone.now())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def november(loaded: None, db: None) -> TaskBook:
    """The demo's book, on 23 November 2026."""
    return TaskBook.objects.get(is_demo=True)


# The picture on the frozen day


def test_the_lights_are_mostly_green_and_some_are_not(november: TaskBook) -> None:
    lights = Counter(Task.objects.in_book(november.pk).values_list("light", flat=True))
    assert sum(lights.values()) == 87
    assert 50 <= lights["green"] <= 60
    assert 10 <= lights["yellow"] <= 14
    assert 3 <= lights["red"] <= 5
    assert 14 <= lights["blue"] <= 18


def test_lights_come_from_different_reasons(november: TaskBook) -> None:
    reasons = Task.objects.filter(light__in=["yellow", "red"]).values_list("light_reasons", flat=True)
    codes = {reason["code"] for row in reasons for reason in row}
    assert codes >= {"behind_plan", "key_milestone_late", "milestone_late", "report_missed", "yellow_twice"}


def test_standings_are_what_the_rules_say(november: TaskBook) -> None:
    assert refresh_standings(tasks=Task.objects.in_book(november.pk), now=timezone.now()) == 0


def test_every_running_task_has_a_trend_of_six_months(november: TaskBook) -> None:
    months = Counter(Light.objects.values_list("task", flat=True))
    running = Task.objects.in_book(november.pk).open().values_list("pk", flat=True)
    assert all(months[pk] >= 6 for pk in running)


def test_a_unit_may_see_itself_better_than_the_rules_do(november: TaskBook) -> None:
    assert Light.objects.filter(own="green", final="yellow").exists()


def test_the_settled_months_hold_late_missed_and_returned_reports(november: TaskBook) -> None:
    settled = Report.objects.filter(period__closed_at__isnull=False)
    timeliness = Counter(settled.values_list("timeliness", flat=True))
    assert timeliness["on_time"] > 0.9 * settled.count()
    assert timeliness["late"] > 10
    assert 3 <= timeliness["missed"] <= 8
    assert Submission.objects.filter(decision="returned", report__in=settled).count() > 10


def test_the_open_month_is_partly_filed(november: TaskBook) -> None:
    month = Report.objects.filter(period__month=dt.date(2026, 11, 1))
    states = Counter(month.values_list("state", flat=True))
    assert all(states[state] for state in ("due", "draft", "submitted", "returned", "accepted"))
    assert 0.6 < 1 - (states["due"] + states["draft"]) / sum(states.values()) < 0.9


def test_the_desk_shows_the_report_returned_for_a_fallen_figure(november: TaskBook) -> None:
    report = Report.objects.get(state="returned", unit__code="urban-renewal")
    before = Report.objects.get(task=report.task, period__month=dt.date(2026, 10, 1))
    assert report.return_words == "累计完成率低于上月，请说明更正原因。"
    assert report.actual_percent is not None
    assert before.actual_percent is not None
    assert report.actual_percent < before.actual_percent


def test_some_tasks_changed_hands_and_one_waits_to_be_acknowledged(november: TaskBook) -> None:
    changes = LeadAssignment.objects.changes()
    begun = changes.filter(starts_on__lte=TODAY)
    assert begun.count() == 6
    assert all(lead.reason and lead.document_number and lead.handover_note for lead in changes)
    waiting = begun.to_acknowledge().get()
    assert (str(waiting.task), waiting.unit.code) == ("泥岗西旧改", "urban-renewal")
    assert waiting.starts_on == dt.date(2026, 11, 20)


def test_one_change_of_lead_is_decided_and_still_to_come(november: TaskBook) -> None:
    planned = LeadAssignment.objects.changes().get(starts_on__gt=TODAY)
    assert planned.task
    assert planned.task.lead_unit
    assert (planned.task.lead_unit.code, planned.unit.code) == ("urban-renewal", "sungang")
    assert timezone.localdate(planned.decided_at) < TODAY
    told = Notification.objects.filter(values__day=planned.starts_on.isoformat())
    assert set(told.values_list("kind", "recipient__username")) == {
        ("lead_given", "sungang-reporter"),
        ("lead_given", "sungang-head"),
        ("lead_left", "reporter"),
        ("lead_left", "head"),
    }


def test_history_stays_with_the_unit_that_filed_it(november: TaskBook) -> None:
    reports = Report.objects.filter(task__title="清水河综合物流园土地整备").order_by("period__month")
    units = list(reports.values_list("unit__code", flat=True))
    assert units[:3] == ["qingshuihe"] * 3
    assert units[-1] == "urban-renewal"


def test_a_revised_plan_says_why_and_leaves_the_past(november: TaskBook) -> None:
    revised = Baseline.objects.filter(version=2).select_related("task")
    assert revised.count() == 6
    for plan in revised:
        first = Baseline.objects.get(task=plan.task, version=1).points_by_day()
        assert plan.reason
        assert all(
            first[day] == percent for day, percent in plan.points_by_day().items() if day < plan.starts_on
        )
        assert first != plan.points_by_day()


def test_every_campaign_has_its_lead_flag_and_supervisor(november: TaskBook) -> None:
    campaigns = Campaign.objects.filter(book=november)
    assert all(row.lead_unit_id and row.supervisor_title and row.supervisor_title_en for row in campaigns)
    assert {row.flag_presented_on for row in campaigns} == {november.launched_on}
    assert [row.number for row in campaigns.filter(headquarters__isnull=True)] == [10]
    assert {row.headquarters_id for row in campaigns} == {
        None,
        *Headquarters.objects.values_list("pk", flat=True),
    }
    assert all(hq.work_teams.exists() for hq in Headquarters.objects.all())


# People


def test_the_five_accounts_sign_in_with_the_printed_password(november: TaskBook) -> None:
    assert PASSWORD == "luohu-demo"
    for username in ACCOUNTS:
        user = User.objects.get(username=username)
        assert user.check_password(PASSWORD)
        assert user.is_demo
        assert not user.must_change_password
        assert {post.role for post in user.posts.all()} == {username}  # the leader also commands headquarters
        assert user.email == f"{username}@demo.invalid"


def test_a_demo_account_passes_the_sign_in_page(november: TaskBook) -> None:
    client = Client()
    page = client.post("/accounts/login/", {"login": "reporter", "password": PASSWORD})
    assert page.status_code == 302


def test_every_unit_but_one_has_a_reporter_and_a_head_and_every_headquarters_an_office(
    november: TaskBook,
) -> None:
    posts = Post.objects.on(timezone.localdate())
    for unit in Unit.objects.all():
        there = ["reporter"] if unit.code == LEFT else ["head", "reporter"]
        assert sorted(posts.of_unit(unit).values_list("role", flat=True)) == there
    for row in Headquarters.objects.all():
        assert posts.filter(headquarters=row, role="office").count() == 1
    assert {
        post.unit.code for post in posts.filter(user__username__in=["reporter", "head"]) if post.unit
    } == {"urban-renewal"}


def test_the_vacant_post_is_noted_and_the_administrator_told_once(november: TaskBook) -> None:
    vacancy = Vacancy.objects.get()
    assert vacancy.unit is not None
    assert (vacancy.role, vacancy.unit.code, vacancy.filled_on) == ("head", LEFT, None)
    assert Notification.objects.get(kind="vacancy_noticed").recipient.username == "administrator"
    plan_reminders(now=timezone.now())
    assert Notification.objects.filter(kind="vacancy_noticed").count() == 1


def test_one_ladder_was_changed_and_what_was_sent_climbed_by_it(november: TaskBook) -> None:
    assert [ladder.kind for ladder in Ladder.objects.all()] == ["returned"]
    stages = {stage.code for stage in Ladder.objects.in_force()[Kind.RETURNED]}
    assert stages == {"D0", "D+1", "D+3"}
    sent = Reminder.objects.filter(kind="returned").values_list("stage", flat=True)
    assert set(sent) <= stages


def test_the_robot_calls_nobody(november: TaskBook) -> None:
    robot = Robot.objects.get()
    assert (robot.kind, robot.address, robot.owner) == ("log", "", None)


def test_people_are_titles_and_demo_only(november: TaskBook) -> None:
    titles = ("填报人", "负责人", "办公室", "区督查室", "区领导", "系统管理员")
    for user in User.objects.all():
        assert user.is_demo
        assert user.email.endswith("@demo.invalid")
        assert user.display_name.endswith(titles)


# Staying within the demo


def test_everything_told_is_of_the_demo_book(november: TaskBook) -> None:
    assert not Task.objects.exclude(campaign__book=november).exists()
    assert not Period.objects.exclude(book=november).exists()
    assert not Report.objects.exclude(task__campaign__book=november).exists()
    assert "演示数据" in november.name
    assert "demo data" in november.name_en


def test_one_event_tells_of_the_load(november: TaskBook) -> None:
    event = Event.objects.get(action="demo.load")
    assert event.after["tasks"] == 87
    assert (event.subject_id, event.actor) == (november.pk, None)


# Reminders


def test_reminders_of_the_last_weeks_went_out_once(november: TaskBook) -> None:
    sent = Reminder.objects.all()
    assert set(sent.values_list("state", flat=True)) == {"sent"}
    assert 40 <= sent.count() <= 400
    inbox = sent.filter(channel="inbox").count()
    assert Notification.objects.filter(kind__startswith="reminder_").count() == inbox


def test_the_planner_repeats_nothing_that_was_sent(november: TaskBook) -> None:
    before = set(Reminder.objects.values_list("pk", flat=True))
    plan_reminders(now=timezone.now())
    planned = Reminder.objects.exclude(pk__in=before)
    assert planned.exists()
    # Of what was due on earlier days nothing is left to be made up for on the desk.
    desk = planned.filter(recipient__username="reporter", report__isnull=False)
    assert set(desk.values_list("stage", flat=True)) == {"D-1"}


# Words


def test_the_reports_are_told_in_many_different_sentences() -> None:
    texts = read("texts")
    sentences = [
        sentence
        for name in ("progress", "work", "problems", "trouble", "next")
        for group in texts[name].values()
        for sentence in group
    ]
    assert len(set(sentences)) == len(sentences) > 100


def test_no_sentence_is_left_unfilled(november: TaskBook) -> None:
    for report in Report.objects.exclude(progress=""):
        words = report.progress + report.problems + report.next_steps
        assert not set(words) & set("{}")
        assert "None" not in words
        assert "。。" not in words
        assert not set(words) & set(string.ascii_lowercase)


def test_neighbours_in_the_ledger_do_not_read_the_same(november: TaskBook) -> None:
    for period in Period.objects.filter(opened_at__isnull=False):
        rows = list(period.reports.exclude(progress="").order_by("task__code").select_related("task"))
        for one, other in itertools.pairwise(rows):
            assert skeleton(one) != skeleton(other), (one, other)


def skeleton(report: Report) -> str:
    """Return a report's sentences without the task's own nouns and figures."""
    text = report.progress + report.problems + report.next_steps
    nouns = sorted((row.title for row in report.task.milestones.all()), key=len, reverse=True)
    for noun in [*nouns, report.task.metric]:
        text = text.replace(noun, "")
    return "".join(letter for letter in text if not letter.isdigit())


def test_the_script_names_only_units_and_headquarters_that_exist(db: None) -> None:
    load_facts()
    units = set(Unit.objects.values_list("code", flat=True))
    headquarters = {None, *Headquarters.objects.values_list("code", flat=True)}
    titles = []
    for campaign in campaigns():
        assert campaign.headquarters in headquarters
        assert campaign.lead in units
        for task in campaign.tasks:
            assert {task.lead, *task.supporting} <= units
            assert task.lead not in task.supporting
            titles.append(task.title)
    assert len(set(titles)) == len(titles) == 87
    organisation = read("organisation")
    changed = [row["title"] for row in organisation["reassignments"] + organisation["new_plans"]]
    assert {*changed, *organisation["desk"]} <= set(titles)
