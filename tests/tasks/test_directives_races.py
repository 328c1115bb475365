"""Two at the same moment on one directive, in two connections of PostgreSQL: one is served, the other is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection

from commands.models import Unit, User
from tasks.models import Addressee, Directive, Task
from tasks.services.answers import acknowledge_directive, give_answer, return_answer, save_answer
from tasks.services.directives import (
    close_directive,
    issue_directive,
    reply_to_directive,
    withdraw_directive,
)
from tests import factories
from tests.tasks.stories import told
from tests.together import at_once, before_commit, while_locked

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

WORDS = {1: "甲", 2: "乙"}


@pytest.fixture
def part(task: Task, leader: User) -> Addressee:
    """The lead unit's part in a leader's directive on its task."""
    return factories.directive(task=task, issued_by=leader).addressees.get()


def close(part: Addressee, by: User) -> Callable[[], object]:
    return lambda: close_directive(directive=part.directive, words="办结", by=by)


def answer(part: Addressee, by: User) -> Callable[[], object]:
    return lambda: give_answer(addressee=part, words=WORDS, version=1, by=by)


def stands(part: Addressee) -> Addressee:
    return Addressee.objects.select_related("directive").get(pk=part.pk)


def test_two_close_at_once(part: Addressee, leader: User, office: User, hq_office: User) -> None:
    acts = [close(part, person) for person in (leader, office, hq_office)]
    assert at_once(*acts) == {"done": 1, "over": 2}
    assert len(told("directive.close")) == 1
    assert part.directive.steps.filter(kind="closed").count() == 1


def test_one_closes_what_another_withdraws(part: Addressee, leader: User, office: User) -> None:
    withdraw = lambda: withdraw_directive(directive=part.directive, words="变", by=office)  # noqa: E731
    assert before_commit(close(part, leader), withdraw) == ("done", "over")
    directive = Directive.objects.get()
    assert directive.closed_at
    assert not directive.withdrawn_at


def test_an_answer_meets_the_closing(part: Addressee, leader: User, reporter: User) -> None:
    """Closing first: who answers a moment too late is told, and nothing is half answered."""
    assert before_commit(close(part, leader), answer(part, reporter)) == ("done", "over")
    assert stands(part).state == "asked"
    assert not part.answers.exists()


def test_the_closing_waits_for_who_is_answering(part: Addressee, leader: User, reporter: User) -> None:
    assert before_commit(answer(part, reporter), close(part, leader)) == ("done", "done")
    assert (stands(part).state, part.answers.count()) == ("answered", 2)


@pytest.mark.parametrize("other", ["reply", "save", "acknowledge", "return"])
def test_whatever_meets_the_closing_is_told(
    part: Addressee, leader: User, office: User, reporter: User, other: str
) -> None:
    given = factories.answer(factories.directive(task=part.directive.task).addressees.get())
    acts: dict[str, tuple[Addressee, Callable[[], object]]] = {
        "reply": (part, lambda: reply_to_directive(directive=part.directive, words="补充", by=office)),
        "save": (part, lambda: save_answer(addressee=part, words=WORDS, version=1, by=reporter)),
        "acknowledge": (part, lambda: acknowledge_directive(addressee=part, by=reporter)),
        "return": (given, lambda: return_answer(addressee=given, words="再细", by=office)),
    }
    about, act = acts[other]
    closer = about.directive.issued_by
    before = set(about.directive.steps.values_list("pk", flat=True))
    assert before_commit(close(about, closer), act) == ("done", "over")
    added = about.directive.steps.exclude(pk__in=before)
    assert [step.kind for step in added] == ["closed"]


@pytest.mark.parametrize("row", ["directive", "part"])
def test_answering_and_closing_never_wait_for_each_other(
    part: Addressee, leader: User, reporter: User, row: str
) -> None:
    held = part if row == "part" else part.directive
    for outcomes in (while_locked(held, answer(part, reporter), close(part, leader)),):
        assert tuple(outcomes) in {("done", "done"), ("over", "done")}


def test_two_of_one_unit_answer_at_once(part: Addressee, reporter: User, head: User) -> None:
    other = lambda: give_answer(addressee=part, words={1: "丙", 2: "丁"}, version=1, by=head)  # noqa: E731
    assert at_once(answer(part, reporter), other) == {"done": 1, "answered": 1}
    assert len(told("directive.answer")) == 1
    assert part.answers.count() == 2


def test_double_click_on_answer(part: Addressee, reporter: User) -> None:
    assert at_once(*[answer(part, reporter)] * 4) == {"done": 4}
    assert len(told("directive.answer")) == 1


def test_two_save_the_same_draft(part: Addressee, reporter: User, head: User) -> None:
    first = lambda: save_answer(addressee=part, words=WORDS, version=1, by=reporter)  # noqa: E731
    second = lambda: save_answer(addressee=part, words={1: "丙", 2: ""}, version=1, by=head)  # noqa: E731
    assert before_commit(first, second) == ("done", "stale")
    assert dict(part.answers.values_list("point__number", "words")) == WORDS


def test_two_return_one_answer(part: Addressee, leader: User, office: User) -> None:
    factories.answer(part)
    acts = [lambda by=by: return_answer(addressee=part, words="再细", by=by) for by in (leader, office)]
    assert at_once(*acts) == {"done": 1, "not_answered": 1}
    assert stands(part).round == 2


def test_many_are_issued_at_once_and_no_number_is_given_twice(
    task: Task, leader: User, office: User, east: Unit
) -> None:
    due = dt.date(2026, 11, 30)
    acts = [
        lambda n=n, by=by: issue_directive(
            subject=task, text=f"{by}{n}", units=[east], due_on=due, issued_for="区长", by=by
        )
        for n in range(4)
        for by in (leader, office)
    ]
    assert at_once(*acts) == {"done": 8}
    assert sorted(Directive.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_double_click_on_issue(task: Task, leader: User, east: Unit) -> None:
    act = lambda: issue_directive(  # noqa: E731
        subject=task, text="请落实。", units=[east], due_on=dt.date(2026, 11, 30), by=leader
    )
    assert at_once(act, act, act) == {"done": 3}
    assert Directive.objects.count() == 1
