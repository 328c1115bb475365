"""Requests for changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import ChangeRequest
from tests.factories.commands import user_with
from tests.factories.tasks import task


def change(**fields: Any) -> ChangeRequest:
    """Make a lead unit's request for a later due date; with ``decision`` it is decided on."""
    asked = fields["task"] = fields.get("task") or task()
    fields["unit"] = fields.get("unit") or asked.lead_unit
    fields["asked_by"] = fields.get("asked_by") or user_with(RoleCode.REPORTER, unit=fields["unit"])
    values: dict[str, Any] = {
        "kind": "due",
        "old_day": asked.due_on,
        "new_day": dt.date(2027, 3, 31),
        "reason": "征地延后",
        "asked_at": timezone.now(),
    }
    if fields.get("decision"):
        values |= {"decided_at": timezone.now(), "decided_by": user_with(RoleCode.OFFICE)}
    return ChangeRequest.objects.create(**{**values, **fields})
