"""Directives as stories of services: issued, acknowledged, answered point by point, returned, closed, withdrawn."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Addressee, Campaign, Directive, PointAnswer, Task
from tasks.services.answers import acknowledge_directive, give_answer, return_answer, save_answer
from tasks.services.directives import (
    close_directive,
    issue_directive,
    reply_to_directive,
    withdraw_directive,
)
from tasks.services.units import apply_merges, merge_unit
from tests import factories
from tests.tasks.stories import again, refuses, told

DUE, TODAY = dt.date(2026, 11, 30), dt.date(2026, 11, 23)
TEXT, POINTS = "请加快推进步行街改造。", ["说明滞后原因。", "提出补救措施。"]
WORDS = {1: "商户搬迁未完成。", 2: "增派专班，年底前完成。"}


def issued(subject: Any, by: User, *units: Unit, **more: Any) -> Directive:
    return issue_directive(
        **{
            "subject": subject,
            "text": TEXT,
            "points": POINTS,
            "units": units,
            "due_on": DUE,
            "by": by,
            **more,
        }
    )


def heard(user: User) -> list[str]:
    return [note.kind for note in user.notifications.order_by("pk")]


def row(directive: Directive, unit: Unit) -> Addressee:
    return Addressee.objects.select_related("directive", "unit").get(directive=directive, unit=unit)


def answered(directive: Directive, unit: Unit, by: User, words: Any = None) -> Addressee:
    addressee = row(directive, unit)
    return give_answer(addressee=addressee, words=words or WORDS, version=addressee.version, by=by)


# Issuing


def test_leader_issues_and_the_people_of_the_units_are_told_at_once(
    task: Task, leader: User, east: Unit, south: Unit, reporter: User, head: User, other_reporter: User
) -> None:
    directive = issued(task, leader, east, south)
    assert directive.code == "批示〔2026〕1号"
    assert [point.text for point in directive.points.all()] == POINTS
    assert {each.unit for each in directive.addressees.all()} == {east, south}
    assert heard(reporter) == heard(head) == heard(other_reporter) == ["directive_issued"]
    assert heard(leader) == []
    assert issued(task, leader, east, south) == directive  # a second click
    assert issued(task, leader, east, text="另一件").number == 2


def test_numbers_run_within_the_year_of_the_book(task: Task, leader: User, east: Unit) -> None:
    factories.directive(task=task, number=7)
    factories.directive(task=factories.task(campaign=factories.campaign(book=factories.book(year=2025))))
    assert issued(task, leader, east).number == 8


def test_without_points_it_is_answered_as_a_whole(
    task: Task, leader: User, east: Unit, reporter: User
) -> None:
    directive = issued(task, leader, east, points=[])
    assert [point.text for point in directive.points.all()] == [TEXT]
    answered(directive, east, reporter, {1: "已办。"})
    assert Directive.objects.answered().get() == directive


def test_office_records_for_a_leader_by_title(task: Task, office: User, hq_office: User, east: Unit) -> None:
    with refuses("leader_missing", "issued_for"):
        issued(task, office, east, issued_for=" ")
    for person in (office, hq_office):
        assert issued(task, person, east, issued_for="分管副区长").issued_for == "分管副区长"


@pytest.mark.parametrize("who", ["reporter", "head", "administrator", "stranger"])
def test_nobody_else_issues(task: Task, who: str, east: Unit, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(who)
    with refuses("not_allowed"):
        issued(task, person, east, issued_for="区长")


def test_office_of_another_headquarters_does_not(task: Task, campaign: Campaign, east: Unit) -> None:
    far = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for subject in (task, campaign, factories.obstacle(task=task)):
        with refuses("not_allowed"):
            issued(subject, far, east, issued_for="区长")


def test_what_cannot_be_issued(task: Task, leader: User, east: Unit) -> None:
    with refuses("too_early", "due_on"):
        issued(task, leader, east, due_on=dt.date(2026, 11, 22))
    with refuses("units_missing", "units"):
        issued(task, leader)
    with refuses("words_missing", "text"):
        issued(task, leader, east, text=" \n ")
    obstacle = factories.obstacle(task=task)
    Task.objects.filter(pk=task.pk).update(lifecycle="closed", closed_on=dt.date(2026, 11, 1))
    task.refresh_from_db()
    obstacle.task.refresh_from_db()
    for subject in (task, obstacle):
        with refuses("not_open"):
            issued(subject, leader, east)
    assert not Directive.objects.exists()


# Answering


def test_units_acknowledge_once(task: Task, leader: User, east: Unit, reporter: User, head: User) -> None:
    directive = issued(task, leader, east)
    acknowledge_directive(addressee=row(directive, east), by=reporter)
    acknowledge_directive(addressee=row(directive, east), by=head)
    assert (row(directive, east).acknowledged_by, row(directive, east).state) == (reporter, "acknowledged")
    assert len(told("directive.acknowledge")) == 1


def test_answer_is_drafted_given_returned_and_given_again_and_nothing_given_is_lost(
    task: Task, leader: User, east: Unit, reporter: User, head: User, office: User
) -> None:
    directive = issued(task, leader, east)
    save_answer(addressee=row(directive, east), words={1: "商户", 2: ""}, version=1, by=reporter)
    with refuses("words_missing", "point_2"):
        give_answer(addressee=row(directive, east), words={1: "商户", 2: " "}, version=2, by=head)
    assert Directive.objects.unanswered().get() == directive
    answered(directive, east, head)
    answered(directive, east, head)  # a second click
    assert row(directive, east).acknowledged_by == head  # who answers has acknowledged
    assert heard(leader) == heard(office) == ["directive_answered"]
    with refuses("answered"):
        save_answer(addressee=row(directive, east), words={1: "改", 2: "改"}, version=3, by=reporter)
    with refuses("words_missing", "words"):
        return_answer(addressee=row(directive, east), words=" ", by=leader)
    return_answer(addressee=row(directive, east), words="第二点没有时限。", by=leader)
    with refuses("not_answered"):
        return_answer(addressee=row(directive, east), words="再次", by=office)
    assert (row(directive, east).state, row(directive, east).round) == ("returned", 2)
    answered(directive, east, reporter, {**WORDS, 2: "12月20日前完成。"})
    texts = PointAnswer.objects.filter(point__number=2).order_by("round").values_list("words", flat=True)
    assert list(texts) == [WORDS[2], "12月20日前完成。"]
    kinds = [step.kind for step in directive.steps.all()]
    assert kinds == ["issued", "acknowledged", "answered", "returned", "answered"]


def test_returned_answer_begins_with_its_own_text(
    task: Task, leader: User, east: Unit, reporter: User
) -> None:
    directive = issued(task, leader, east)
    answered(directive, east, reporter)
    return_answer(addressee=row(directive, east), words="再细", by=leader)
    draft = row(directive, east).answers.filter(round=2).values_list("point__number", "words")
    assert dict(draft) == WORDS


def test_only_the_people_of_the_unit_answer_for_it(
    task: Task, leader: User, office: User, east: Unit, south: Unit, other_reporter: User
) -> None:
    directive = issued(task, leader, east, south)
    for person in (other_reporter, office, leader):
        with refuses("other_unit"):
            answered(directive, east, person)
        with refuses("other_unit"):
            acknowledge_directive(addressee=row(directive, east), by=person)


def test_two_who_type_notice_each_other(
    task: Task, leader: User, east: Unit, reporter: User, head: User
) -> None:
    directive = issued(task, leader, east)
    save_answer(addressee=row(directive, east), words={1: "甲", 2: ""}, version=1, by=reporter)
    with refuses("stale"):
        save_answer(addressee=row(directive, east), words={1: "乙", 2: ""}, version=1, by=head)
    save_answer(addressee=row(directive, east), words={1: "甲", 2: ""}, version=1, by=reporter)  # again
    save_answer(addressee=row(directive, east), words={1: "乙", 2: ""}, version=3, by=head)
    assert row(directive, east).answers.get(point__number=1).words == "乙"


def test_offices_and_units_reply_in_words_and_others_do_not(
    task: Task, leader: User, east: Unit, reporter: User, office: User, hq_office: User, administrator: User
) -> None:
    directive = issued(task, leader, east)
    for person in (office, hq_office, reporter):
        reply_to_directive(directive=directive, words="已转有关单位。", by=person)
    for person in (leader, administrator):
        with refuses("not_allowed"):
            reply_to_directive(directive=directive, words="好", by=person)
    assert heard(leader) == ["directive_reply"] * 3
    assert heard(reporter) == ["directive_issued", "directive_reply", "directive_reply"]


# Ending


@pytest.mark.parametrize("who", ["leader", "office", "hq_office"])
def test_issuer_or_office_closes_with_words_and_nothing_more_is_taken(
    task: Task, leader: User, east: Unit, reporter: User, who: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    directive = issued(task, leader, east)
    with refuses("words_missing", "words"):
        close_directive(directive=directive, words="", by=person)
    close_directive(directive=directive, words="已落实，办结。", by=person)
    directive.refresh_from_db()
    assert (directive.closed_by, directive.closing_words) == (person, "已落实，办结。")
    assert heard(reporter) == ["directive_issued", "directive_closed"]
    addressee = row(directive, east)
    for act in (
        lambda: close_directive(directive=directive, words="再次", by=person),
        lambda: withdraw_directive(directive=directive, words="再次", by=person),
        lambda: reply_to_directive(directive=directive, words="再次", by=reporter),
        lambda: acknowledge_directive(addressee=addressee, by=reporter),
        lambda: save_answer(addressee=addressee, words=WORDS, version=1, by=reporter),
        lambda: give_answer(addressee=addressee, words=WORDS, version=1, by=reporter),
        lambda: return_answer(addressee=addressee, words="再次", by=person),
    ):
        with refuses("over"):
            act()


def test_another_leader_closes_only_what_was_recorded_for_a_leader(
    task: Task, leader: User, office: User, east: Unit
) -> None:
    colleague = factories.user_with(RoleCode.LEADER)
    own = issued(task, leader, east)
    with refuses("not_allowed"):
        close_directive(directive=own, words="办结", by=colleague)
    recorded = issued(task, office, east, issued_for="区长", text="请报进展。")
    close_directive(directive=recorded, words="办结", by=colleague)


def test_no_unit_closes_what_is_addressed_to_it_whatever_else_its_people_are(
    task: Task, leader: User, east: Unit
) -> None:
    both = factories.user_with(RoleCode.OFFICE)
    factories.post(user=both, role=RoleCode.REPORTER, unit=east)
    directive = issued(task, leader, east)
    answered(directive, east, again(both))
    for act in (close_directive, withdraw_directive):
        with refuses("not_allowed"):
            act(directive=directive, words="办结", by=again(both))
    with refuses("not_allowed"):
        return_answer(addressee=row(directive, east), words="再细", by=again(both))


@pytest.mark.parametrize("who", ["reporter", "head", "administrator", "stranger"])
def test_others_neither_close_nor_withdraw(
    task: Task, leader: User, east: Unit, who: str, request: pytest.FixtureRequest
) -> None:
    person, directive = request.getfixturevalue(who), issued(task, leader, east)
    for act in (close_directive, withdraw_directive):
        with refuses("not_allowed"):
            act(directive=directive, words="办结", by=person)


def test_withdrawn_with_a_reason(task: Task, leader: User, east: Unit, reporter: User) -> None:
    directive = issued(task, leader, east)
    withdraw_directive(directive=directive, words="情况已变化。", by=leader)
    directive.refresh_from_db()
    assert (directive.withdrawn_by, directive.withdrawal_reason) == (leader, "情况已变化。")
    assert heard(reporter) == ["directive_issued", "directive_withdrawn"]
    assert not Directive.objects.open().exists()
    assert not Addressee.objects.owing().exists()


def test_the_heir_of_a_merged_unit_answers_what_it_still_owes(
    task: Task, leader: User, east: Unit, south: Unit, administrator: User, other_reporter: User
) -> None:
    old = factories.unit()
    former = factories.user_with(RoleCode.REPORTER, unit=old)
    owed, both = issued(task, leader, old, text="甲"), issued(task, leader, old, south, text="乙")
    given = issued(task, leader, old, text="丙")
    answered(given, old, former)
    merge_unit(unit=old, merged_into=south, ends_on=TODAY, reason="机构调整", by=administrator)
    heirs = {
        name: {each.unit for each in row.addressees.all()}
        for name, row in {"owed": owed, "both": both, "given": given}.items()
    }
    assert heirs == {"owed": {south}, "both": {old, south}, "given": {old}}
    answered(owed, south, again(other_reporter))
    assert [event.before for event in told("directive.pass")] == [{"unit": old.name}]
    apply_merges(day=TODAY)
    assert len(told("directive.pass")) == 1


# Reading


def test_concerned_are_the_issuer_leaders_offices_and_units_and_nobody_else(
    task: Task,
    campaign: Campaign,
    headquarters: Headquarters,
    office: User,
    hq_office: User,
    south: Unit,
    other_reporter: User,
    reporter: User,
    head: User,
    administrator: User,
    stranger: User,
) -> None:
    far = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for subject in ({"task": task}, {"campaign": campaign}, {"obstacle": factories.obstacle(task=task)}):
        directive = factories.directive(**subject, units=[south])
        colleague = factories.user_with(RoleCode.LEADER)
        for person in (directive.issued_by, colleague, office, hq_office, other_reporter):
            assert directive in Directive.objects.visible_to(again(person)), person
        # Not even those who lead the task, or administer the whole system.
        for person in (reporter, head, administrator, stranger, far):
            assert directive not in Directive.objects.visible_to(again(person)), person


def test_overdue_is_what_a_unit_owes_after_the_day(task: Task, leader: User, east: Unit, today: Any) -> None:
    late = factories.directive(task=task, due_on=today - dt.timedelta(days=1))
    factories.directive(task=task, due_on=today)
    done = factories.directive(task=task, due_on=today - dt.timedelta(days=9))
    factories.answer(done.addressees.get())
    assert list(Directive.objects.overdue(today)) == [late]
    order = list(Directive.objects.exceptions_first(today))
    assert order[0] == late
    assert order[-1] == done


# What may never be true


@pytest.mark.parametrize(
    "values",
    [
        {"campaign": None, "task": None, "obstacle": None},
        {"number": 0},
        {"text": ""},
        {"closed_at": factories.at(DUE)},
        {"withdrawn_at": factories.at(DUE)},
        {"closing_words": "办结"},
    ],
)
def test_database_refuses(task: Task, values: dict[str, Any]) -> None:
    directive = factories.directive(task=task)
    with pytest.raises(IntegrityError), transaction.atomic():
        Directive.objects.filter(pk=directive.pk).update(**values)


def test_database_refuses_two_subjects_a_number_twice_and_both_ends(
    task: Task, campaign: Campaign, leader: User
) -> None:
    directive = factories.directive(task=task)
    end = {"closed_at": factories.at(DUE), "closed_by": leader, "closing_words": "办结"}
    withdrawn = {"withdrawn_at": factories.at(DUE), "withdrawn_by": leader, "withdrawal_reason": "变"}
    for values in ({"campaign": campaign}, {**end, **withdrawn}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Directive.objects.filter(pk=directive.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.directive(task=task, number=directive.number)
    with pytest.raises(IntegrityError), transaction.atomic():
        directive.addressees.update(answered_at=factories.at(DUE))
