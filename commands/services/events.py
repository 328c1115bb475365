"""Writing the audit trail. Every other service ends here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from commands.models import Event, User

SOURCE: ContextVar[str] = ContextVar("source", default="")
"""Where the running request or job comes from; set by the middleware and by jobs, read by every event."""


@contextmanager
def told_from(source: str) -> Iterator[None]:
    """Let the events of a block come from ``source``: of what goes on after its request is through."""
    token = SOURCE.set(source)
    try:
        yield
    finally:
        SOURCE.reset(token)


@dataclass
class Witness:
    """Notes what is recorded and who is told while it listens."""

    events: list[Event] = field(default_factory=list)
    people: dict[int, User] = field(default_factory=dict)


WITNESS: ContextVar[Witness | None] = ContextVar("witness", default=None)
"""Set where somebody listens: in a rehearsal, whose rows are taken back again."""


def record_event(
    *,
    action: str,
    about: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    is_draft: bool = False,
    by: User | None,
) -> Event:
    """Write one event about ``about``; ``by`` None is a background job.

    ``is_draft`` says that nothing moved but what is still its own unit's affair.
    """
    event = _event(Entry(action, about, before or {}, after or {}), by)
    event.is_draft = is_draft
    event.save()
    if (seen := WITNESS.get()) is not None:
        seen.events.append(event)
    return event


@dataclass(frozen=True)
class Entry:
    """What one event of many is to say."""

    action: str
    about: models.Model
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def record_events(*, entries: Sequence[Entry], by: User | None) -> None:
    """Write one event for each entry, a few hundred to a query."""
    events = [_event(entry, by) for entry in entries]
    Event.objects.bulk_create(events, batch_size=200)
    if (seen := WITNESS.get()) is not None:
        seen.events.extend(events)


def _event(entry: Entry, by: User | None) -> Event:
    return Event(
        action=entry.action,
        actor=by,
        actor_name=str(by) if by else "",
        source=SOURCE.get(),
        subject_type=entry.about._meta.label_lower,
        subject_id=entry.about.pk,
        subject_label=str(entry.about)[:200],
        before=entry.before,
        after=entry.after,
    )
