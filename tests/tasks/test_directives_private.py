"""Directives are private to those concerned: not a word, a number or a link of one reaches anybody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core import mail

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.boards.feeds import feed_of
from tasks.models import (
    Addressee,
    CalendarFeed,
    Campaign,
    Directive,
    Notification,
    Obstacle,
    Period,
    Report,
    Task,
)
from tasks.services.answers import give_answer, return_answer, save_answer
from tasks.services.directives import close_directive, issue_directive, reply_to_directive
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories
from tests.conftest import signed_in
from tests.tasks.reports import shown

SECRET = "机密"
CODE = "批示〔"
KEPT = ("/reminders/", "/events/", "/events/?export=csv", "/events/?kind=tasks.directive")


@pytest.fixture
def outsiders(task: Task, reporter: User, head: User, administrator: User, stranger: User) -> dict[str, User]:
    """Everybody but those concerned, some of whom see all of the task: its own unit, who led and who supports it."""
    supporting, previous = factories.unit(), factories.unit()
    task.supporting_units.add(supporting)
    task.leads.update(starts_on=dt.date(2026, 6, 1))
    factories.lead(task=task, unit=previous, ends_on=dt.date(2026, 6, 1))
    return {
        "reporter": reporter,
        "head": head,
        "administrator": administrator,
        "stranger": stranger,
        "supporter": factories.user_with(RoleCode.REPORTER, unit=supporting),
        "former": factories.user_with(RoleCode.REPORTER, unit=previous),
        "far_office": factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters()),
    }


@pytest.fixture
def story(
    task: Task,
    campaign: Campaign,
    report: Report,
    leader: User,
    office: User,
    south: Unit,
    other_reporter: User,
) -> list[Directive]:
    """Directives to south on campaign, task and obstacle; one drafted, one returned, one closed; all by services."""
    obstacle = factories.obstacle(task=task)
    made = [_issued(subject, leader, south) for subject in (task, campaign, obstacle, task)]
    first, second, third, _fourth = made
    save_answer(addressee=_part(first), words={1: f"{SECRET}草稿"}, version=1, by=other_reporter)
    give_answer(addressee=_part(second), words={1: f"{SECRET}答复"}, version=1, by=other_reporter)
    return_answer(addressee=_part(second), words=f"{SECRET}退回", by=leader)
    reply_to_directive(directive=third, words=f"{SECRET}说明", by=office)
    close_directive(directive=third, words=f"{SECRET}办结", by=leader)
    return made


def _issued(subject: Task | Campaign | Obstacle, leader: User, south: Unit) -> Directive:
    text = f"{SECRET}{Directive.objects.count()}"
    return issue_directive(subject=subject, text=text, units=[south], due_on=dt.date(2026, 11, 24), by=leader)


def _part(directive: Directive) -> Addressee:
    return directive.addressees.select_related("directive", "unit").get()


def pages(task: Task) -> Iterator[str]:
    """Yield every page on which something of a directive might show, searches for its words included."""
    yield from ("/dashboard/", "/dashboard/wall/", "/campaigns/", f"/campaigns/{task.campaign_id}/")
    yield from ("/tasks/", f"/tasks/?q={SECRET}", "/tasks/?export=csv", f"/tasks/{task.pk}/")
    yield from ("/reports/", f"/reports/{task.reports.get().pk}/", "/obstacles/", f"/obstacles/?q={SECRET}")
    yield f"/obstacles/{task.obstacles.get().pk}/"
    yield from ("/directives/", f"/directives/?q={SECRET}", "/directives/?state=unanswered")
    yield from ("/inbox/", "/reminders/", "/units/", f"/units/{task.lead_unit_id}/", "/headquarters/")
    yield f"/headquarters/{task.campaign.headquarters_id}/"
    asked = f"task={task.code}&person="
    yield from (f"/reminders/why/?{asked}", f"/reminders/why/?{asked}other_reporter")
    yield from ("/dashboard/?as_of=2026-11-22", f"/tasks/{task.pk}/?as_of=2026-11-22")
    yield from ("/events/", "/events/?export=csv", f"/events/?q={SECRET}", "/events/?kind=tasks.directive")


def test_nobody_else_reads_a_word_anywhere(
    task: Task, story: list[Directive], outsiders: dict[str, User], leader: User
) -> None:
    for address in pages(task):
        signed_in(leader).get(address)  # what is kept of it is kept for leaders
        for name, person in outsiders.items():
            page = shown_all(person, address)
            searched = page.replace(f'value="{SECRET}"', "").replace(f"q={SECRET}", "")
            assert SECRET not in searched, (name, address)
            # Administrators keep trail and reminders, and read there that there is one, by its code.
            if name != "administrator" or address not in KEPT:
                assert CODE not in page, (name, address)


def shown_all(person: User, address: str) -> str:
    answer = signed_in(person).get(address)
    if answer.streaming:
        return b"".join(answer).decode()
    return shown(answer)


def calendar_of(person: User, today: dt.date) -> str:
    """Return the person's calendar; a long line of it is folded."""
    made = feed_of(CalendarFeed(user=person, created_at=factories.at(today)), today)
    return made.decode().replace("\r\n ", "")


def test_no_calendar_of_anybody_else_tells_of_it(
    story: list[Directive], outsiders: dict[str, User], other_reporter: User, leader: User
) -> None:
    today = dt.date(2026, 11, 23)
    for person in outsiders.values():
        assert CODE not in calendar_of(person, today)
    for person in (other_reporter, leader):
        assert CODE in calendar_of(person, today)


def test_to_everybody_else_there_is_no_such_page(story: list[Directive], outsiders: dict[str, User]) -> None:
    for person in outsiders.values():
        client = signed_in(person)
        for directive in story:
            assert client.get(f"/directives/{directive.pk}/").status_code == 404
            part = directive.addressees.get().pk
            assert client.get(f"/directives/answers/{part}/").status_code == 404
            for action in ("acknowledge", "return"):
                answer = client.post(f"/directives/answers/{part}/{action}/", {"words": "x"})
                assert answer.status_code == 404


def test_those_concerned_find_it_where_it_belongs(
    task: Task, story: list[Directive], leader: User, office: User, hq_office: User
) -> None:
    for person in (leader, office, hq_office):
        client = signed_in(person)
        for address in (
            "/dashboard/",
            f"/tasks/{task.pk}/",
            f"/campaigns/{task.campaign_id}/",
            "/directives/",
        ):
            assert f"{SECRET}0" in shown(client.get(address)), (person, address)
        assert f"{SECRET}草稿" not in shown(client.get(f"/directives/{story[0].pk}/"))
        assert f"{SECRET}答复" in shown(client.get(f"/directives/{story[1].pk}/"))


def test_the_trail_tells_who_did_what_to_which_and_not_a_word(
    story: list[Directive], administrator: User
) -> None:
    events = Event.objects.filter(subject_type="tasks.directive")
    assert events.count() == 4 + 6  # what south, the leader and the office did, acknowledging included
    for event in events:
        assert SECRET not in f"{event.subject_label}{event.before}{event.after}"
    page = shown(signed_in(administrator).get("/events/?kind=tasks.directive"))
    assert "Directive issued" in page
    assert "批示〔2026〕1号" in page


def test_messages_carry_code_subject_and_day_alone(
    story: list[Directive], period: Period, other_reporter: User
) -> None:
    notes = Notification.objects.filter(kind__startswith="directive_")
    assert {note.kind for note in notes} >= {"directive_issued", "directive_returned", "directive_closed"}
    for note in notes:
        assert SECRET not in str(note.values)
        assert set(note.values) <= {"code", "task", "task_en", "day", "unit", "unit_en"}
    plan_reminders(now=factories.at(dt.date(2026, 11, 26), 10, 0))
    send_reminders(now=factories.at(dt.date(2026, 11, 26), 10, 0))
    for message in mail.outbox:
        assert SECRET not in str(message.message())
    assert SECRET not in str(list(Notification.objects.values_list("values", flat=True)))


def test_units_addressed_together_read_their_own_answers_alone(
    task: Task, leader: User, reporter: User, other_reporter: User, east: Unit, south: Unit
) -> None:
    directive = issue_directive(
        subject=task, text="请落实。", units=[east, south], due_on=dt.date(2026, 11, 24), by=leader
    )
    part = Addressee.objects.select_related("directive", "unit").get(directive=directive, unit=south)
    give_answer(addressee=part, words={1: f"{SECRET}答复"}, version=1, by=other_reporter)
    return_answer(addressee=part, words=f"{SECRET}退回", by=leader)
    part.refresh_from_db()
    give_answer(addressee=part, words={1: f"{SECRET}再答"}, version=part.version, by=other_reporter)
    address = f"/directives/{directive.pk}/"
    assert SECRET not in shown(signed_in(reporter).get(address))
    assert "Its answer is read by those who asked for it." in shown(signed_in(reporter).get(address))
    for person in (other_reporter, leader):
        page = shown(signed_in(person).get(address))
        assert all(f"{SECRET}{word}" in page for word in ("答复", "退回", "再答"))


def test_who_leaves_the_unit_loses_sight_of_it_and_who_comes_gains_it(
    story: list[Directive], other_reporter: User, south: Unit
) -> None:
    address = f"/directives/{story[0].pk}/"
    assert signed_in(other_reporter).get(address).status_code == 200
    other_reporter.posts.update(ends_on=dt.date(2026, 11, 23))
    assert signed_in(User.objects.get(pk=other_reporter.pk)).get(address).status_code == 404
    newcomer = factories.user_with(RoleCode.HEAD, unit=south)
    assert signed_in(newcomer).get(address).status_code == 200


def test_an_office_loses_sight_of_it_when_the_campaign_passes_to_another(
    story: list[Directive], campaign: Campaign, hq_office: User
) -> None:
    address = f"/directives/{story[0].pk}/"
    assert signed_in(hq_office).get(address).status_code == 200
    Campaign.objects.filter(pk=campaign.pk).update(headquarters=factories.headquarters())
    assert signed_in(hq_office).get(address).status_code == 404
