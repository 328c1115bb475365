"""Applications for close-out."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import Closing
from tests.factories.commands import user_with
from tests.factories.tasks import task


def closing(**fields: Any) -> Closing:
    """Make a lead unit's application, its task's lifecycle left as it is; with ``decision`` it is decided on."""
    asked = fields["task"] = fields.get("task") or task()
    fields["unit"] = fields.get("unit") or asked.lead_unit
    fields["asked_by"] = fields.get("asked_by") or user_with(RoleCode.REPORTER, unit=fields["unit"])
    values: dict[str, Any] = {"statement": "全部建成并通过验收。", "asked_at": timezone.now()}
    if fields.get("decision"):
        values |= {"decided_at": timezone.now(), "decided_by": user_with(RoleCode.OFFICE)}
    return Closing.objects.create(**{**values, **fields})
