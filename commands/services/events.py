"""Writing the audit trail. Every other service ends here."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.db import models

from commands.models import Event, User

SOURCE: ContextVar[str] = ContextVar("source", default="")
"""Where the running request or job comes from; set by the middleware and by jobs, read by every event."""


def record_event(
    *,
    action: str,
    about: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    by: User | None,
) -> Event:
    """Write one event about ``about``; ``by`` None is a background job."""
    return Event.objects.create(
        action=action,
        actor=by,
        actor_name=str(by) if by else "",
        source=SOURCE.get(),
        subject_type=about._meta.label_lower,
        subject_id=about.pk,
        subject_label=str(about)[:200],
        before=before or {},
        after=after or {},
    )
