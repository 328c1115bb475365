"""What the service tests say often: typed reports, refusals, and what the audit trail tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from commands.models import Event, User
from commands.services.refusals import Refused
from tasks.models import Report

BLANK = Report.blank_content()
TYPED: dict[str, Any] = {
    **BLANK,
    "actual_percent": Decimal("90.0"),
    "metric_value": Decimal("12.50"),
    "progress": "本月完成主体施工。",
    "problems": "",
    "next_steps": "下月验收。",
    "own_light": "green",
}

BEHIND: dict[str, Any] = {
    "cause": "征收谈判未完成。",
    "measure": "增派谈判小组，每周调度。",
    "recovery_on": dt.date(2026, 12, 20),
}
"""What is typed besides where the task is behind."""


def typed(**changes: Any) -> dict[str, Any]:
    """Return what somebody typed into the report form, complete unless told otherwise."""
    return {**TYPED, **changes}


def current(report: Report) -> Report:
    """Return the report as the database has it now."""
    return Report.objects.select_related("period", "task").get(pk=report.pk)


def again(user: User) -> User:
    """Return the person as the next request sees them, with the duties of that day."""
    return User.objects.get(pk=user.pk)


@contextmanager
def refuses(code: str, field: str | None = None) -> Iterator[None]:
    """Expect a service to refuse with ``code`` beside ``field``, and to leave no trace of having begun."""
    before = list(Event.objects.order_by("pk").values())
    reports = list(Report.objects.order_by("pk").values())
    with pytest.raises(Refused) as refused:
        yield
    assert (refused.value.code, refused.value.field) == (code, field), str(refused.value)
    assert str(refused.value.message).strip()
    assert list(Event.objects.order_by("pk").values()) == before
    assert list(Report.objects.order_by("pk").values()) == reports


def told(action: str = "") -> list[Event]:
    """Return the events of an action (all, where none is named), oldest first."""
    events = Event.objects.order_by("pk")
    return list(events.filter(action=action) if action else events)


def only_event() -> Event:
    """Return the one event there is: a service that writes two or none fails here."""
    (event,) = told()
    return event
