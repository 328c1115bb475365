"""What the trail tells of the services of directives: which one, whose unit, and never a word of it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest.mock import ANY

from tasks.models import Addressee
from tasks.services.answers import acknowledge_directive, give_answer, return_answer, save_answer
from tasks.services.directives import (
    close_directive,
    issue_directive,
    reply_to_directive,
    withdraw_directive,
)
from tests import factories

DAY = dt.date(2026, 11, 28)
ANSWERS = {1: "保密的答复", 2: "保密的答复"}
PARTS = ("may_issue", "may_close", "may_reply", "is_in_charge", "step", "tell")
"""Questions that change nothing, and parts of what is told below."""


def _addressed(world: Any) -> Addressee:
    """Return the lead unit's part in a directive on its task."""
    return factories.directive(task=world.task, text="保密的批示").addressees.get()


AROUND_DIRECTIVES: dict[str, tuple[str, str, Any, dict[str, Any], dict[str, Any]]] = {
    "issue_directive": (
        "directive.issue",
        "office",
        lambda w, by: issue_directive(
            subject=w.task,
            text="保密的批示",
            points=["甲", "乙"],
            units=[w.south],
            due_on=DAY,
            issued_for="区长",
            by=by,
        ),
        {},
        {"due_on": "2026-11-28", "units": 1, "points": 2},
    ),
    "acknowledge_directive": (
        "directive.acknowledge",
        "reporter",
        lambda w, by: acknowledge_directive(addressee=_addressed(w), by=by),
        {},
        {"unit": ANY},
    ),
    "save_answer": (
        "directive.save",
        "reporter",
        lambda w, by: save_answer(addressee=_addressed(w), words=ANSWERS, version=1, by=by),
        {},
        {"unit": ANY},
    ),
    "give_answer": (
        "directive.answer",
        "reporter",
        lambda w, by: (
            addressee := _addressed(w),
            Addressee.objects.update(acknowledged_at=factories.at(DAY), acknowledged_by=by),
            give_answer(addressee=addressee, words=ANSWERS, version=1, by=by),
        ),
        {},
        {"unit": ANY},
    ),
    "return_answer": (
        "directive.return",
        "office",
        lambda w, by: return_answer(addressee=factories.answer(_addressed(w)), words="保密的意见", by=by),
        {},
        {"unit": ANY},
    ),
    "reply_to_directive": (
        "directive.reply",
        "office",
        lambda w, by: reply_to_directive(directive=_addressed(w).directive, words="保密的意见", by=by),
        {},
        {},
    ),
    "close_directive": (
        "directive.close",
        "office",
        lambda w, by: close_directive(directive=_addressed(w).directive, words="保密的意见", by=by),
        {},
        {},
    ),
    "withdraw_directive": (
        "directive.withdraw",
        "office",
        lambda w, by: withdraw_directive(directive=_addressed(w).directive, words="保密的意见", by=by),
        {},
        {},
    ),
}
"""By service: the action, who does it, how, and what its event says of before and after."""
