"""The weekly digest: once a person and week, of their own area, on the first working morning; and it may be refused."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Post, Unit, User
from commands.roles import RoleCode
from tasks.errands import errands
from tasks.models import Campaign, ChannelChoice, Reminder, Report, Task
from tasks.services.sending import send_reminders
from tasks.services.weekly import plan_weekly_digests
from tasks.weekly import weekly_mail
from tests import factories
from tests.conftest import signed_in

MONDAY = dt.date(2026, 11, 23)


def plan(clock: time_machine.Traveller, moment: dt.datetime) -> int:
    """Travel to ``moment`` and plan."""
    clock.move_to(moment)
    return plan_weekly_digests(now=timezone.now())


def planned() -> set[tuple[str, str]]:
    """Return for whom digests wait, and when they go out."""
    rows = Reminder.objects.unsent().filter(kind="weekly").select_related("recipient")
    return {(row.person.username, f"{timezone.localtime(row.planned_for):%m-%d %H:%M}") for row in rows}


def sent() -> list[EmailMultiAlternatives]:
    """Send what is ready and return the mails that went out."""
    mail.outbox.clear()
    send_reminders(now=timezone.now())
    return list(mail.outbox)  # type: ignore[arg-type]


# When, and for whom


def test_leaders_and_offices_get_one_on_monday_morning(
    leader: User,
    office: User,
    hq_office: User,
    reporter: User,
    head: User,
    administrator: User,
    clock: time_machine.Traveller,
) -> None:
    assert plan(clock, factories.at(MONDAY, 0, 20)) == 3
    assert planned() == {(name, "11-23 08:30") for name in ("leader", "office", "hq_office")}


def test_whole_week_of_planning_and_sending_gives_each_one_exactly_one(
    leader: User, office: User, clock: time_machine.Traveller
) -> None:
    told: list[str] = []
    for hour in range(0, 24 * 14, 3):
        plan(clock, factories.at(MONDAY, 0) + dt.timedelta(hours=hour))
        told += [f"{timezone.localtime():%m-%d} {message.to[0].split('@')[0]}" for message in sent()]
    assert sorted(told) == ["11-23 leader", "11-23 office", "11-30 leader", "11-30 office"]


@pytest.mark.parametrize(
    ("monday", "goes_out"),
    [
        (dt.date(2026, 10, 5), "10-08 08:30"),  # the National Day is over on Thursday
        (dt.date(2026, 2, 23), "02-24 08:30"),  # the Spring Festival on Tuesday
    ],
)
def test_after_a_holiday_it_waits_for_the_first_working_day(
    leader: User, clock: time_machine.Traveller, monday: dt.date, goes_out: str
) -> None:
    plan(clock, factories.at(monday, 9))
    assert planned() == {("leader", goes_out)}


def test_week_without_a_working_day_has_none(leader: User, clock: time_machine.Traveller) -> None:
    for day in range(16, 23):  # the Spring Festival of 2026
        assert plan(clock, factories.at(dt.date(2026, 2, day), 9)) == 0


def test_missed_morning_is_caught_up_in_working_hours(leader: User, clock: time_machine.Traveller) -> None:
    assert plan(clock, factories.at(MONDAY, 23)) == 0
    assert plan(clock, factories.at(MONDAY + dt.timedelta(days=1), 7)) == 0
    assert plan(clock, factories.at(MONDAY + dt.timedelta(days=1), 9, 20)) == 1
    assert len(sent()) == 1


def test_missed_week_is_not_made_up_for(leader: User, clock: time_machine.Traveller) -> None:
    plan(clock, factories.at(MONDAY, 0, 20))
    plan(clock, factories.at(MONDAY + dt.timedelta(days=7), 9))
    assert len(sent()) == 1
    states = Reminder.objects.order_by("due_on").values_list("state", "outcome")
    assert list(states) == [("cancelled", "superseded"), ("sent", "delivered")]


def test_two_planners_at_once_plan_it_once(leader: User, clock: time_machine.Traveller) -> None:
    plan(clock, factories.at(MONDAY, 8))
    row = Reminder.objects.get()
    Reminder.objects.bulk_create(
        [
            Reminder(
                **{
                    field.attname: getattr(row, field.attname)
                    for field in Reminder._meta.concrete_fields
                    if field.name != "id"
                }
            )
        ],
        ignore_conflicts=True,
    )
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize("refused", [{"weekly_digest": False}, {"email": False}])
def test_whoever_refused_gets_none(
    leader: User, office: User, clock: time_machine.Traveller, refused: dict[str, bool]
) -> None:
    ChannelChoice.objects.create(user=leader, **refused)
    plan(clock, factories.at(MONDAY, 8))
    assert planned() == {("office", "11-23 08:30")}


def test_refusal_between_planning_and_sending_holds(leader: User, clock: time_machine.Traveller) -> None:
    plan(clock, factories.at(MONDAY, 9))
    ChannelChoice.objects.create(user=leader, weekly_digest=False)
    assert sent() == []
    assert list(Reminder.objects.values_list("state", "outcome")) == [("cancelled", "channel")]


def test_whoever_left_the_post_gets_none(leader: User, clock: time_machine.Traveller) -> None:
    plan(clock, factories.at(MONDAY, 9))
    Post.objects.update(ends_on=MONDAY)
    assert sent() == []


def test_it_comes_beside_the_reminders_of_the_day_as_a_mail_of_its_own(
    report: Report, office: User, clock: time_machine.Traveller
) -> None:
    plan(clock, factories.at(MONDAY, 9))
    factories.reminder(report=report, recipient=office)
    subjects = sorted(message.subject for message in sent())
    assert subjects == [
        "The report for November 2026 on “东门步行街改造” is due on 25 November, 18:00",
        "The week of 23 November 2026 in your area",
    ]


# What it says


def digest(user: User) -> EmailMultiAlternatives:
    """Return the digest of a person for this week."""
    now = timezone.now()
    about: dict[str, Any] = {"kind": "weekly", "due_at": now, "due_on": MONDAY, "planned_for": now}
    made = Reminder.objects.create(recipient=user, channel="email", stage="W", **about)
    (row,) = errands(Reminder.objects.filter(pk=made.pk))
    return weekly_mail(user, row)


@pytest.fixture
def troubles(task: Task, clock: time_machine.Traveller) -> Task:
    """A red task with everything wrong about it, and one of another headquarters that is red as well."""
    Task.objects.update(light="red")
    factories.report(task=task, period=factories.period(month=dt.date(2026, 10, 1), closes_on=MONDAY))
    factories.milestone(task=task, title="主体封顶", due_on=dt.date(2026, 11, 20))
    factories.milestone(task=task, title="竣工验收", due_on=dt.date(2026, 11, 27))
    factories.obstacle(task=task, level="office", what="地块权属不清")
    factories.obstacle(task=task, level="leader", what="规划未定")
    factories.directive(task=task, due_on=dt.date(2026, 11, 20))
    factories.task(
        campaign=factories.campaign(headquarters=factories.headquarters()), light="red", title="远处的任务"
    )
    return task


def test_digest_says_what_stands_out_with_direct_links(troubles: Task, leader: User) -> None:
    message = digest(leader)
    html = str(message.alternatives[0][0])
    for text in (str(message.body), html):
        for words in ("Seriously behind", "Reports overdue", "Milestones overdue", "Milestones of this week"):
            assert words in text
        for title in ("东门步行街改造", "远处的任务", "主体封顶", "竣工验收", "批示〔2026〕1号"):
            assert title in text
        assert f"/tasks/{troubles.pk}/" in text
        assert f"/obstacles/{troubles.obstacles.get(level='leader').pk}/" in text


def test_office_of_a_headquarters_reads_of_its_own_area_alone(troubles: Task, hq_office: User) -> None:
    text = str(digest(hq_office).body)
    assert "东门步行街改造" in text
    assert "远处的任务" not in text


def test_words_about_obstacles_and_directives_stay_in_the_house(
    troubles: Task, leader: User, office: User
) -> None:
    for message in (digest(leader), digest(office)):
        text = str(message.body) + str(message.alternatives[0][0])
        for secret in ("地块权属不清", "规划未定", "请抓紧推进"):
            assert secret not in text


def test_quiet_week_says_so(task: Task, leader: User) -> None:
    assert "Nothing is overdue, and nothing waits for you." in str(digest(leader).body)


def test_it_reads_in_the_language_of_its_reader_and_can_be_refused_by_one_click(troubles: Task) -> None:
    chinese = factories.user_with(RoleCode.LEADER, username="leader-zh", language="zh-hans")
    digested = digest(chinese)
    assert digested.subject == "负责范围每周摘要（2026年11月23日起）"
    assert "严重滞后" in str(digested.body)
    message: EmailMessage | Any = digested.message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/digest/refuse/" in message["List-Unsubscribe"]


def test_digest_asks_as_much_for_twenty_tasks_as_for_sixty(
    campaign: Campaign, leader: User, east: Unit
) -> None:
    counts = []
    for more in (20, 40):
        factories.many_tasks(more, campaign=campaign, unit=east)
        Task.objects.update(light="red")
        Reminder.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            digest(User.objects.get(pk=leader.pk))
        counts.append(len(queries))
    assert counts == [counts[0]] * 2


def test_list_of_reminders_names_it(leader: User, clock: time_machine.Traveller) -> None:
    plan(clock, factories.at(MONDAY, 9))
    page = signed_in(leader).get("/reminders/").content.decode()
    assert "Weekly digest</a>" in page
    assert "Once a week" in page
