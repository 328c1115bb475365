"""Files on reports."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import Evidence
from tests.factories.base import number
from tests.factories.commands import user_with
from tests.factories.reports import report


def evidence(**fields: Any) -> Evidence:
    """Make a text file on a report; on one that was filed, part of its last filing."""
    n = next(number)
    data: bytes = fields.pop("data", f"佐证材料{n}".encode())
    held = fields["report"] = fields.get("report") or report()
    fields["added_by"] = fields.get("added_by") or user_with(RoleCode.REPORTER, unit=held.unit)
    values = {
        "name": f"佐证材料{n}.txt",
        "kind": "text",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "added_at": timezone.now(),
    }
    made = Evidence(**{**values, **fields})
    made.file.save(made.name, ContentFile(data), save=True)
    if filing := held.submissions.last():
        made.submissions.add(filing)
    return made
