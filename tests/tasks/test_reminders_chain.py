"""Escalation: the posts of the day decide who is told, and a vacant one passes on and is told of once."""

from __future__ import annotations

import datetime as dt

import time_machine
from django.core import mail
from django.utils import timezone

from commands.models import Post, Unit, User
from commands.roles import RoleCode
from tasks.models import Notification, Reminder, Report, Task, Vacancy
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories

TODAY = dt.date(2026, 11, 23)
AFTER = factories.at(dt.date(2026, 11, 26))
"""A working day after the reports were due."""


def plan() -> None:
    """Plan now."""
    plan_reminders(now=timezone.now())


def told(stage: str) -> dict[str, str]:
    """Return who is told of a stage by mail, and in whose place."""
    rows = Reminder.objects.filter(stage=stage, channel="email", state="planned").select_related("recipient")
    return {row.person.username: row.in_place_of for row in rows}


def test_unit_without_a_head_passes_on_to_the_office_of_the_headquarters(
    report: Report, reporter: User, hq_office: User, office: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(AFTER)
    plan()
    assert told("D+1") == {"reporter": "", "hq_office": "head"}


def test_without_that_office_it_passes_on_to_the_districts(
    report: Report, reporter: User, office: User, leader: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(AFTER)
    plan()
    assert told("D+1") == {"reporter": "", "office": "head"}


def test_without_any_office_it_passes_on_to_the_leaders(
    report: Report, head: User, leader: User, clock: time_machine.Traveller
) -> None:
    Post.objects.filter(user=head).update(role=RoleCode.REPORTER)
    clock.move_to(AFTER)
    plan()
    assert told("D+1") == {"head": "", "leader": "head"}


def test_chain_is_that_of_the_day(
    report: Report, reporter: User, head: User, hq_office: User, clock: time_machine.Traveller
) -> None:
    Post.objects.filter(user=head).update(ends_on=AFTER.date())
    plan()
    clock.move_to(AFTER - dt.timedelta(days=1))
    plan()
    assert told("D+1") == {"reporter": "", "head": ""}  # planned ahead, while there was a head
    clock.move_to(AFTER)
    plan()
    assert told("D+1") == {"reporter": "", "hq_office": "head"}


def test_whoever_stands_in_reads_so(report: Report, head: User) -> None:
    plan()
    send_reminders(now=timezone.now())
    (message,) = mail.outbox
    assert message.to == ["head@luohu.example"]
    assert "In place of a vacant post: Reporter" in str(message.body)
    note = Notification.objects.get(kind="reminder_report")
    assert note.values["in_place_of"] == "reporter"


def test_lead_that_nobody_can_acknowledge_is_told_of_without_calling_it_theirs(
    task: Task, hq_office: User, south: Unit, administrator: User
) -> None:
    factories.lead(
        campaign=factories.campaign(headquarters=task.campaign.headquarters),
        unit=south,
        starts_on=TODAY,
        needs_acknowledgement=True,
    )
    plan()
    send_reminders(now=timezone.now())
    (message,) = mail.outbox
    assert message.to == ["hq_office@luohu.example"]
    assert "Not acknowledged yet" in message.subject


# The vacancy is told of


def vacancies(user: User) -> list[Notification]:
    """Return what an administrator was told of vacant posts."""
    return list(user.notifications.filter(kind__in=["vacancy_noticed", "vacancies_noticed"]).order_by("pk"))


def test_administrators_are_told_of_a_vacant_post_once(
    report: Report, head: User, administrator: User, east: Unit, clock: time_machine.Traveller
) -> None:
    plan()
    plan()
    clock.move_to(factories.at(dt.date(2026, 11, 24)))
    plan()
    (note,) = vacancies(administrator)
    assert note.values == {
        "role": "reporter",
        "unit": "东门街道",
        "unit_en": "Dongmen Sub-district",
        "count": 1,
    }
    assert note.link == "/reminders/ladders/#vacancies"
    assert [(row.role, row.place, row.filled_on) for row in Vacancy.objects.all()] == [
        ("reporter", east, None)
    ]


def test_post_that_is_filled_and_vacant_again_is_told_of_again(
    report: Report, head: User, administrator: User, east: Unit, clock: time_machine.Traveller
) -> None:
    plan()
    newcomer = factories.user_with(RoleCode.REPORTER, unit=east, username="newcomer")
    plan()
    assert not Vacancy.objects.open().exists()
    Post.objects.filter(user=newcomer).update(ends_on=TODAY)
    plan()
    assert Vacancy.objects.open().count() == 1
    assert len(vacancies(administrator)) == 2


def test_several_vacancies_come_as_one_message(report: Report, leader: User, administrator: User) -> None:
    plan()
    assert Vacancy.objects.open().count() == 4  # reporter, head, the office and the district's
    (note,) = vacancies(administrator)
    assert (note.kind, note.values["count"]) == ("vacancies_noticed", 4)


def test_nothing_is_vacant_where_everybody_is_there(
    report: Report, reporter: User, head: User, hq_office: User, office: User, leader: User
) -> None:
    plan()
    assert not Vacancy.objects.exists()
