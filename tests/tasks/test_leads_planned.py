"""A change of lead that is still to come: decided anew in place, for one or for all decided together, or withdrawn."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Event, Unit, User
from tasks.models import Campaign, LeadAssignment, Notification, Period, Reminder, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.leads import acknowledge_lead, reassign, reassign_all
from tasks.services.planned_leads import change_planned, decided_together, withdraw_planned
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text
from tests.tasks.stories import refuses, told

TODAY = dt.date(2026, 11, 23)
AHEAD, LATER = dt.date(2026, 12, 1), dt.date(2026, 12, 15)
PLAN: dict[str, Any] = {
    "reason": "调整",
    "document_number": "罗府〔2026〕9号",
    "handover_note": "资料在柜子里",
}


@pytest.fixture
def third(db: None) -> Unit:
    return factories.unit(code="third", name="桂园街道", short_name="桂园", name_en="Guiyuan Sub-district")


@pytest.fixture
def third_reporter(third: Unit) -> User:
    return factories.user_with("reporter", unit=third, username="third_reporter")


@pytest.fixture
def planned(task: Task, period: Period, south: Unit, administrator: User) -> LeadAssignment:
    """The task, to be given to south on 1 December."""
    (lead,) = reassign(subject=task, unit=south, starts_on=AHEAD, **PLAN, by=administrator)
    return lead


@pytest.fixture
def case(
    campaign: Campaign, period: Period, east: Unit, south: Unit, reporter: User, administrator: User
) -> list[LeadAssignment]:
    """Eight tasks, to be given to south on 1 December by one decision."""
    tasks = factories.many_tasks(8, campaign=campaign, unit=east, periods=[period])
    return reassign_all(subjects=tasks, unit=south, starts_on=AHEAD, **PLAN, by=administrator)


def anew(leads: list[LeadAssignment], by: User, **changed: Any) -> list[LeadAssignment]:
    """Decide anew what is planned, as it is but for what is ``changed``."""
    first = leads[0]
    plan: dict[str, Any] = {"unit": first.unit, "starts_on": first.starts_on, **PLAN}
    return change_planned(leads=leads, **{**plan, **changed}, by=by)


def history(task: Task) -> list[tuple[str, dt.date, dt.date | None]]:
    return [(row.unit.code, row.starts_on, row.ends_on) for row in task.leads.order_by("starts_on")]


def notes(kind: str) -> set[str]:
    return set(Notification.objects.filter(kind=kind).values_list("recipient__username", flat=True))


def change(client: Client, lead: LeadAssignment, **changed: Any) -> Any:
    """See what would move, and confirm it."""
    page = client.post(f"/reassignments/{lead.pk}/change/", {**typed(lead), **changed, "action": "preview"})
    return client.post(f"/reassignments/{lead.pk}/change/", {**hidden(page), "action": "confirm"})


def typed(lead: LeadAssignment) -> dict[str, Any]:
    return {"unit": lead.unit_id, "starts_on": lead.starts_on.isoformat(), **PLAN}


def hidden(page: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    assert "fingerprint" in dict(found), text(page)
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


# What may be changed


def test_the_day_moves_and_nobody_leads_twice_or_not_at_all(
    planned: LeadAssignment, task: Task, administrator: User
) -> None:
    (lead,) = anew([planned], administrator, starts_on=LATER)
    assert history(task) == [("dongmen", factories.NEW_YEAR, LATER), ("nanhu", LATER, None)]
    anew([lead], administrator, starts_on=AHEAD)
    assert history(task) == [("dongmen", factories.NEW_YEAR, AHEAD), ("nanhu", AHEAD, None)]


def test_one_event_tells_the_plan_before_and_after(
    planned: LeadAssignment, third: Unit, administrator: User
) -> None:
    changed = {
        "unit": third,
        "starts_on": LATER,
        "reason": "再议",
        "document_number": "",
        "handover_note": "已移交",
    }
    anew([planned], administrator, **changed)
    (event,) = told("lead.change")
    assert event.before == {"unit": "南湖街道", "starts_on": "2026-12-01", **PLAN}
    assert event.after == {
        "unit": "桂园街道",
        "starts_on": "2026-12-15",
        "reason": "再议",
        "document_number": "",
        "handover_note": "已移交",
    }
    assert event.actor == administrator


def test_all_units_hear_of_another_day(
    planned: LeadAssignment, administrator: User, reporter: User, other_reporter: User
) -> None:
    anew([planned], administrator, starts_on=LATER)
    assert notes("lead_replanned") == {"reporter", "other_reporter"}
    words = text(signed_in(other_reporter).get("/inbox/"))
    assert "The planned change of lead of “东门步行街改造” was changed" in words
    assert "it was to be Nanhu Sub-district on 1 December 2026" in words


def test_a_unit_no_longer_chosen_is_told_and_its_message_leads_nowhere_it_may_not_go(
    planned: LeadAssignment,
    third: Unit,
    administrator: User,
    reporter: User,
    other_reporter: User,
    third_reporter: User,
) -> None:
    Notification.objects.all().delete()
    anew([planned], administrator, unit=third)
    assert (notes("lead_replanned"), notes("lead_off"), notes("lead_given")) == (
        {"reporter"},
        {"other_reporter"},
        {"third_reporter"},
    )
    off = Notification.objects.get(kind="lead_off")
    assert off.link == ""
    assert signed_in(other_reporter).get(f"/tasks/{planned.task_id}/").status_code == 404
    words = text(signed_in(other_reporter).get("/inbox/"))
    assert "Your unit is not to lead “东门步行街改造” after all" in words
    assert "now Guiyuan Sub-district does, on 1 December 2026" in words
    assert "taken over from Dongmen Sub-district" in text(signed_in(third_reporter).get("/inbox/"))


def test_another_day_is_to_be_acknowledged_anew_and_other_words_are_not(
    planned: LeadAssignment, administrator: User, other_reporter: User
) -> None:
    acknowledge_lead(lead=planned, by=other_reporter)
    planned.refresh_from_db()
    (lead,) = anew([planned], administrator, reason="写清楚些")
    assert not lead.is_waiting
    (lead,) = anew([lead], administrator, reason="写清楚些", starts_on=LATER)
    lead.refresh_from_db()
    assert lead.is_waiting
    assert set(Reminder.objects.unsent().filter(lead=lead).values_list("recipient", flat=True)) == {
        other_reporter.pk
    }


def test_a_day_that_has_come_takes_effect_at_once(
    planned: LeadAssignment, task: Task, report: Report, south: Unit, administrator: User
) -> None:
    anew([planned], administrator, starts_on=TODAY)
    task.refresh_from_db()
    report.refresh_from_db()
    assert (task.lead_unit, task.lead_since, report.unit) == (south, TODAY, south)


def test_it_takes_effect_on_its_new_day_by_itself(
    planned: LeadAssignment,
    task: Task,
    east: Unit,
    third: Unit,
    administrator: User,
    clock: time_machine.Traveller,
) -> None:
    anew([planned], administrator, starts_on=LATER, unit=third)
    for day, unit in ((AHEAD, east), (LATER, third)):
        clock.move_to(factories.at(day, 0, 5))
        turn_the_day(now=timezone.now())
        task.refresh_from_db()
        assert task.lead_unit == unit


# What is refused


def test_what_has_begun_is_changed_no_more(
    planned: LeadAssignment, south: Unit, administrator: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(AHEAD, 0, 1))
    with refuses("begun"):
        anew([planned], administrator, starts_on=LATER)
    client = signed_in(administrator)
    page = f"/reassignments/{planned.pk}/change/"
    for answer in (client.get(page), client.post(page, {**typed(planned), "action": "preview"})):
        assert answer["Location"] == "/reassignments/"
    assert "It has taken effect or was withdrawn already." in text(client.get("/reassignments/"))


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({}, "unchanged", None),
        ({"reason": " "}, "reason_missing", "reason"),
        ({"starts_on": dt.date(2026, 9, 1)}, "too_early", "starts_on"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    planned: LeadAssignment, administrator: User, changed: dict[str, Any], code: str, field: str | None
) -> None:
    with refuses(code, field):
        anew([planned], administrator, **changed)


def test_the_unit_that_leads_until_then_is_not_given_it(
    planned: LeadAssignment, east: Unit, administrator: User
) -> None:
    with refuses("same_unit", "unit"):
        anew([planned], administrator, unit=east)


def test_between_two_planned_changes_the_first_stays_before_the_second(
    planned: LeadAssignment, task: Task, third: Unit, administrator: User
) -> None:
    reassign(subject=task, unit=third, starts_on=LATER, reason="再调整", by=administrator)
    planned.refresh_from_db()
    with refuses("too_late", "starts_on"):
        anew([planned], administrator, starts_on=LATER)
    with refuses("same_unit", "unit"):
        anew([planned], administrator, unit=third)
    eve = LATER - dt.timedelta(days=1)
    anew([planned], administrator, starts_on=eve)
    assert [since for _unit, since, _until in history(task)] == [factories.NEW_YEAR, eve, LATER]


def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    planned: LeadAssignment, third: Unit, administrator: User
) -> None:
    seen = LeadAssignment.objects.get(pk=planned.pk)
    anew([planned], administrator, unit=third)
    with refuses("changed"):
        anew([seen], administrator, starts_on=LATER)


# A case of many


def test_a_case_of_many_moves_together_or_one_parts_from_it(
    case: list[LeadAssignment], third: Unit, administrator: User
) -> None:
    assert {lead.pk for lead in decided_together(case[3])} == {lead.pk for lead in case}
    client = signed_in(administrator)
    page = text(client.get(f"/reassignments/{case[3].pk}/change/"))
    assert "Also the 7 others that were decided with it" in page
    change(client, case[3], starts_on=LATER.isoformat())
    assert [LeadAssignment.objects.get(pk=lead.pk).starts_on for lead in case] == [AHEAD] * 3 + [LATER] + [
        AHEAD
    ] * 4
    assert len(decided_together(case[0])) == 7
    change(client, case[0], unit=third.pk, together="on")
    assert LeadAssignment.objects.filter(unit=third, starts_on=AHEAD).count() == 7
    assert len(told("lead.change")) == 8


def test_one_that_cannot_change_stops_all_and_is_named(
    case: list[LeadAssignment], third: Unit, administrator: User
) -> None:
    task = case[5].subject
    reassign(subject=task, unit=third, starts_on=LATER, reason="再调整", by=administrator)
    client = signed_in(administrator)
    data = {**typed(case[0]), "starts_on": "2026-12-20", "together": "on", "action": "preview"}
    words = text(client.post(f"/reassignments/{case[0].pk}/change/", data))
    assert f"“{task}”: The next change is planned for 2026-12-15" in words
    assert not told("lead.change")


def test_units_hear_of_many_in_one_message(
    case: list[LeadAssignment], third: Unit, administrator: User, reporter: User, other_reporter: User
) -> None:
    anew(case, administrator, unit=third)
    counted = Notification.objects.filter(kind__in=["leads_replanned", "leads_off"])
    assert {(note.recipient, note.kind, note.values["count"]) for note in counted} == {
        (reporter, "leads_replanned", 8),
        (other_reporter, "leads_off", 8),
    }
    words = text(signed_in(other_reporter).get("/inbox/"))
    assert "Your unit is not to lead 8 campaigns and tasks after all" in words


def test_many_are_withdrawn_together(
    case: list[LeadAssignment], east: Unit, administrator: User, reporter: User
) -> None:
    data = {**typed(case[0]), "together": "on", "action": "withdraw"}
    signed_in(administrator).post(f"/reassignments/{case[0].pk}/change/", data)
    assert set(LeadAssignment.objects.filter(task__isnull=False).values_list("unit", "ends_on")) == {
        (east.pk, None)
    }
    assert len(told("lead.withdraw")) == 8
    assert Notification.objects.get(kind="leads_withdrawn", recipient=reporter).values["count"] == 8


def test_one_withdrawn_meanwhile_stops_all(case: list[LeadAssignment], administrator: User) -> None:
    withdraw_planned(leads=case[:1], by=administrator)
    with refuses("begun"):
        anew(case, administrator, starts_on=LATER)
    assert not told("lead.change")


@pytest.mark.usefixtures("whole_statements")
def test_a_case_takes_as_many_queries_for_six_tasks_as_for_twelve(
    campaign: Campaign, period: Period, east: Unit, south: Unit, administrator: User, other_reporter: User
) -> None:
    def needed(number: int) -> int:
        tasks = factories.many_tasks(number, campaign=campaign, unit=east, periods=[period])
        leads = reassign_all(subjects=tasks, unit=south, starts_on=AHEAD, **PLAN, by=administrator)
        with CaptureQueriesContext(connection) as asked:
            anew(leads, administrator, starts_on=LATER)
        return len(asked)

    assert needed(6) == needed(12)


# The pages


def test_the_preview_says_what_differs_and_who_is_told(
    planned: LeadAssignment, report: Report, third: Unit, reporter: User, administrator: User
) -> None:
    client = signed_in(administrator)
    assert f'href="/reassignments/{planned.pk}/change/"' in client.get("/reassignments/").content.decode()
    data = {**typed(planned), "unit": third.pk, "starts_on": LATER.isoformat(), "action": "preview"}
    page = client.post(f"/reassignments/{planned.pk}/change/", data)
    source = page.content.decode()
    assert "<del>2026-12-01</del>" in source
    assert "<ins>2026-12-15</ins>" in source
    assert "<ins>Guiyuan Sub-district</ins>" in source
    assert "November 2026" in text(page)
    assert "Reporter" in text(page)
    assert not told("lead.change")


def test_a_stale_preview_is_refused_and_drawn_again(
    planned: LeadAssignment, third: Unit, administrator: User
) -> None:
    client = signed_in(administrator)
    address = f"/reassignments/{planned.pk}/change/"
    page = client.post(address, {**typed(planned), "starts_on": LATER.isoformat(), "action": "preview"})
    anew([planned], factories.user_with("administrator"), unit=third)
    late = client.post(address, {**hidden(page), "action": "confirm"})
    assert late.status_code == 409
    assert "Things have changed since you looked" in text(late)
    assert LeadAssignment.objects.get(pk=planned.pk).unit == third
    assert len(told("lead.change")) == 1


def test_a_double_click_changes_once_and_says_so_both_times(
    planned: LeadAssignment, administrator: User
) -> None:
    client = signed_in(administrator)
    address = f"/reassignments/{planned.pk}/change/"
    page = client.post(address, {**typed(planned), "starts_on": TODAY.isoformat(), "action": "preview"})
    for _click in range(2):
        done = client.post(address, {**hidden(page), "action": "confirm"}, follow=True)
        assert "1 planned change was decided anew" in text(done)
    assert len(told("lead.change")) == 1


@pytest.mark.parametrize("changed", [{"unit": ""}, {"starts_on": "2026-02-30"}, {"reason": " "}])
def test_what_was_typed_wrong_is_kept_and_nothing_changes(
    planned: LeadAssignment, administrator: User, changed: dict[str, str]
) -> None:
    events = Event.objects.count()
    data = {**typed(planned), "handover_note": "<i>原话</i>", **changed, "action": "preview"}
    page = signed_in(administrator).post(f"/reassignments/{planned.pk}/change/", data)
    assert page.context["form"].errors.keys() == changed.keys()
    assert "<i>原话</i>" in text(page)
    assert Event.objects.count() == events
