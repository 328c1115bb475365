"""Answers to a change of lead: an objection, a withdrawal, and the flag."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Campaign, LeadAssignment, Notification, Period, Reminder, Task
from tasks.services.flags import present_flag
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.objections import object_to_lead
from tasks.services.planned_leads import withdraw_planned
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text
from tests.tasks.stories import refuses, told

TODAY = dt.date(2026, 11, 23)
AHEAD = dt.date(2026, 12, 1)


@pytest.fixture
def given(task: Task, period: Period, south: Unit, administrator: User) -> LeadAssignment:
    """The task, given to south from today."""
    (lead,) = reassign(subject=task, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    return lead


@pytest.fixture
def planned(task: Task, period: Period, south: Unit, administrator: User) -> LeadAssignment:
    """The task, to be given to south on 1 December."""
    (lead,) = reassign(subject=task, unit=south, starts_on=AHEAD, reason="调整", by=administrator)
    return lead


# Objections


def test_the_unit_objects_with_words_and_administrators_find_it(
    given: LeadAssignment, other_reporter: User, administrator: User
) -> None:
    client = signed_in(other_reporter)
    assert "Raise the objection" in text(client.get("/reassignments/"))
    client.post(f"/reassignments/{given.pk}/object/", {"words": "人手不足<b>"})
    page = text(signed_in(administrator).get("/reassignments/?state=objected"))
    assert "人手不足<b>" in page
    assert "Objection raised" in page
    note = Notification.objects.get(kind="lead_objected")
    assert (note.recipient, note.link) == (administrator, "/reassignments/?state=objected")
    assert "人手不足" in text(signed_in(administrator).get("/inbox/"))
    (event,) = told("lead.object")
    assert (event.actor, event.after["words"]) == (other_reporter, "人手不足<b>")


def test_who_objects_is_chased_no_more_and_may_still_acknowledge(
    given: LeadAssignment, other_reporter: User
) -> None:
    plan_reminders(now=timezone.now())
    assert Reminder.objects.unsent().filter(lead=given).exists()
    object_to_lead(lead=given, words="不合适", by=other_reporter)
    plan_reminders(now=timezone.now())
    assert not Reminder.objects.unsent().filter(lead=given).exists()
    acknowledge_lead(lead=given, by=other_reporter)
    given.refresh_from_db()
    assert not given.is_waiting


@pytest.mark.parametrize(("words", "code"), [("  ", "words_missing"), ("长" * 1001, "too_long")])
def test_an_objection_needs_words(given: LeadAssignment, other_reporter: User, words: str, code: str) -> None:
    with refuses(code, "words"):
        object_to_lead(lead=given, words=words, by=other_reporter)


def test_nobody_else_objects_and_nobody_twice(
    given: LeadAssignment, reporter: User, other_reporter: User
) -> None:
    with refuses("other_unit"):
        object_to_lead(lead=given, words="不行", by=reporter)
    object_to_lead(lead=given, words="不行", by=other_reporter)
    with refuses("not_waiting"):
        object_to_lead(lead=given, words="不行", by=other_reporter)


# Withdrawals


def test_a_change_still_to_come_is_withdrawn_and_the_unit_before_goes_on(
    planned: LeadAssignment, task: Task, east: Unit, administrator: User, reporter: User, other_reporter: User
) -> None:
    client = signed_in(administrator)
    assert "Withdraw" in text(client.get("/reassignments/"))
    done = client.post(f"/reassignments/{planned.pk}/withdraw/")
    assert done["Location"] == f"/reassignments/new/?task={task.pk}"
    assert [(lead.unit, lead.ends_on) for lead in task.leads.all()] == [(east, None)]
    (event,) = told("lead.withdraw")
    assert (event.before["unit"], event.before["starts_on"]) == ("南湖街道", "2026-12-01")
    notes = Notification.objects.filter(kind="lead_withdrawn")
    assert {note.recipient for note in notes} == {reporter, other_reporter}


def test_between_two_planned_changes_one_is_withdrawn_without_a_gap(
    planned: LeadAssignment, task: Task, east: Unit, administrator: User
) -> None:
    third = factories.unit()
    later = dt.date(2026, 12, 20)
    reassign(subject=task, unit=third, starts_on=later, reason="再调整", by=administrator)
    withdraw_planned(leads=[planned], by=administrator)
    assert [(lead.unit, lead.starts_on, lead.ends_on) for lead in task.leads.order_by("starts_on")] == [
        (east, factories.NEW_YEAR, later),
        (third, later, None),
    ]


def test_what_has_taken_effect_is_not_withdrawn(given: LeadAssignment, administrator: User) -> None:
    with refuses("begun"):
        withdraw_planned(leads=[given], by=administrator)


def test_a_second_withdrawal_says_that_it_was_withdrawn(planned: LeadAssignment, administrator: User) -> None:
    withdraw_planned(leads=[planned], by=administrator)
    again = LeadAssignment(pk=planned.pk or 1, task=planned.task, unit=planned.unit, starts_on=AHEAD)
    with refuses("begun"):
        withdraw_planned(leads=[again], by=administrator)


# Flags


@pytest.fixture
def bare(campaign: Campaign) -> Campaign:
    """The campaign, whose flag nobody has been presented."""
    campaign.leads.update(flag_presented_on=None)
    Campaign.objects.update(flag_presented_on=None)
    return campaign


def test_the_flag_is_presented_to_the_lead_unit(
    bare: Campaign, administrator: User, reporter: User, east: Unit
) -> None:
    client = signed_in(administrator)
    typed = {"day": "2026-01-30", "occasion": "高质量发展大会"}
    assert client.post(f"/campaigns/{bare.pk}/flag/", typed).status_code == 302
    bare.refresh_from_db()
    assert bare.flag_presented_on == dt.date(2026, 1, 30)
    assert bare.leads.get().flag_occasion == "高质量发展大会"
    assert "Flag presented on 2026-01-30" in text(client.get(f"/units/{east.pk}/"))
    assert "高质量发展大会" in text(signed_in(reporter).get("/inbox/"))
    (event,) = told("flag.present")
    assert event.after == {"unit": "东门街道", "day": "2026-01-30", "occasion": "高质量发展大会"}


@pytest.mark.parametrize(
    ("day", "occasion", "code"),
    [
        (AHEAD, "大会", "ahead"),
        (dt.date(2025, 12, 31), "大会", "no_lead"),
        (TODAY, " ", "occasion_missing"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(
    bare: Campaign, administrator: User, day: dt.date, occasion: str, code: str
) -> None:
    field = "occasion" if code == "occasion_missing" else "day"
    with refuses(code, field):
        present_flag(campaign=bare, day=day, occasion=occasion, by=administrator)


def test_a_flag_is_presented_once(campaign: Campaign, administrator: User) -> None:
    with refuses("presented", "day"):
        present_flag(campaign=campaign, day=TODAY, occasion="大会", by=administrator)


def test_a_flag_of_the_past_stays_with_the_unit_that_led_then(
    bare: Campaign, period: Period, south: Unit, administrator: User
) -> None:
    reassign(subject=bare, unit=south, starts_on=TODAY, reason="调整", by=administrator)
    present_flag(campaign=bare, day=dt.date(2026, 1, 30), occasion="大会", by=administrator)
    bare.refresh_from_db()
    assert bare.flag_presented_on is None
    assert bare.leads.get(flag_presented_on__isnull=False).unit.name == "东门街道"
