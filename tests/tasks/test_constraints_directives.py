"""What can never be true of directives and their answers, whoever writes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from tasks.models import Addressee, Directive, DirectivePoint, DirectiveStep, PointAnswer
from tests import factories
from tests.refused import Case, assert_refused, copy_of, refused


def point() -> DirectivePoint:
    return factories.directive().points.all()[0]


def step() -> DirectiveStep:
    return factories.directive().steps.get()


def addressee() -> Addressee:
    return factories.directive().addressees.get()


def answered() -> Addressee:
    return factories.answer(addressee())


def point_answer() -> PointAnswer:
    return PointAnswer.objects.filter(addressee=answered())[0]


def closed() -> Directive:
    by = factories.user()
    return factories.directive(closed_at=timezone.now(), closed_by=by, closing_words="已办结。")


def withdrawn() -> Directive:
    by = factories.user()
    return factories.directive(withdrawn_at=timezone.now(), withdrawn_by=by, withdrawal_reason="重复。")


REFUSED: list[Case] = [
    ("directive_number_from_one", factories.directive, {"number": 0}),
    ("directive_on_one_subject", factories.directive, {"task": None}),
    ("directive_on_one_subject", factories.directive, {"campaign": factories.campaign}),
    ("directive_on_one_subject", factories.directive, {"obstacle": factories.obstacle}),
    ("directive_has_text", factories.directive, {"text": ""}),
    ("directive_closed_at_by_and_words", factories.directive, {"closed_at": timezone.now}),
    ("directive_closed_at_by_and_words", closed, {"closing_words": ""}),
    ("directive_closed_at_by_and_words", closed, {"closed_by": None}),
    ("directive_withdrawn_at_by_and_why", factories.directive, {"withdrawal_reason": "重复。"}),
    ("directive_withdrawn_at_by_and_why", withdrawn, {"withdrawal_reason": ""}),
    (
        "directive_closed_or_withdrawn",
        closed,
        {"withdrawn_at": timezone.now, "withdrawn_by": factories.user, "withdrawal_reason": "重复。"},
    ),
    ("directive_point_has_text", point, {"text": ""}),
    ("directive_point_has_text", point, {"number": 0}),
    ("directive_step_known", step, {"kind": "praised"}),
    ("directive_step_has_words", step, {"kind": "reply"}),
    ("directive_carried_from_one", step, {"kind": "carried"}),
    ("directive_carried_from_one", step, {"from_campaign": factories.campaign}),
    (
        "directive_carried_from_one",
        step,
        {"kind": "carried", "from_campaign": factories.campaign, "from_task": factories.task},
    ),
    ("directive_step_of_unit", step, {"kind": "acknowledged"}),
    ("addressee_acknowledged_at_and_by", addressee, {"acknowledged_at": timezone.now}),
    ("addressee_acknowledged_at_and_by", addressee, {"acknowledged_by": factories.user}),
    ("addressee_answered_at_by_and_acknowledged", answered, {"answered_by": None}),
    (
        "addressee_answered_at_by_and_acknowledged",
        addressee,
        {"answered_at": timezone.now, "answered_by": factories.user},
    ),
    ("addressee_round_counts_returns", addressee, {"round": 2}),
    ("addressee_round_counts_returns", addressee, {"returned_at": timezone.now}),
    ("point_answer_round", point_answer, {"round": 0}),
]
ONCE: dict[str, Any] = {
    "directive_number_once_a_year": factories.directive,
    "directive_point_once": point,
    "addressee_once": addressee,
    "point_answer_once_a_round": point_answer,
}
SEEN = {name for name, _make, _changes in REFUSED} | set(ONCE)
"""Every constraint that is seen to hold here."""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize("name", ONCE)
def test_there_is_one_of_each(db: None, name: str) -> None:
    row: models.Model = ONCE[name]()
    with refused(name):
        type(row)._base_manager.bulk_create([copy_of(row)])
