"""A task as a row of a table shows it: plain values, so that a row that has not changed is not drawn again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from luohu.templatetags.ui import name_in_language
from tasks.models import Lifecycle, Task

NAMED = (Lifecycle.PLANNED, Lifecycle.CLOSING, Lifecycle.CANCELLED)
"""The states that a row tells of; that a task is under way goes without saying, and a light says the others."""


class TaskRow(NamedTuple):
    """The values of a row, with the names in the reader's language."""

    pk: int
    code: str
    title: str
    campaign: str
    state: str
    lead: str
    lead_pk: int | None
    light: str
    automatic_light: str
    own_light: str
    actual_percent: Decimal | None
    scheduled_percent: Decimal | None
    deviation: Decimal | None
    due_on: dt.date


def row_of(task: Task) -> TaskRow:
    """Return the row of ``task``, loaded with its names."""
    return TaskRow(
        pk=task.pk,
        code=task.code,
        title=task.title,
        campaign=name_in_language(task.campaign),
        state=str(Lifecycle(task.lifecycle).label) if task.lifecycle in NAMED else "",
        lead=name_in_language(task.lead_unit),
        lead_pk=task.lead_unit_id,
        light=task.light,
        automatic_light=task.automatic_light,
        own_light=task.own_light,
        actual_percent=task.actual_percent,
        scheduled_percent=task.scheduled_percent,
        deviation=task.deviation,
        due_on=task.due_on,
    )
