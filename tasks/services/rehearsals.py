"""Rehearsing a change: it is made, looked at, and taken back, so that a preview can say exactly what it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.crypto import constant_time_compare

from commands.models import Event, User
from commands.services.events import WITNESS, Witness


@dataclass
class Rehearsal:
    """What a change wrote into the audit trail, and whom it told."""

    events: list[Event]
    people: list[User]
    result: object = None
    is_kept: bool = False
    """Whether it was done in earnest."""

    @property
    def fingerprint(self) -> str:
        """Return a mark of all that a preview shows, so that nothing else can be confirmed by it."""
        # Without keys: a row that was only rehearsed gets another one in earnest.
        told = sorted(user.pk for user in self.people)
        seen = [
            [event.action, event.subject_type, event.subject_label, event.before, event.after]
            for event in self.events
        ]
        text = json.dumps([seen, told], sort_keys=True, cls=DjangoJSONEncoder)
        return hashlib.sha256(text.encode()).hexdigest()


def rehearse(act: Callable[[], object], *, seen: str = "") -> Rehearsal:
    """Do ``act``, note what it records and whom it tells, and take all of it back.

    Given the fingerprint ``seen`` in a preview, it is kept if it did exactly what was seen there. What is refused
    is refused in either case. Nothing rehearsed is sent: jobs wait for a commit that never comes.
    """
    witness = Witness()
    listening = WITNESS.set(witness)
    try:
        with transaction.atomic():
            result = act()
            people = list(witness.people.values())
            rehearsal = Rehearsal(events=witness.events, people=people, result=result)
            rehearsal.is_kept = bool(seen) and constant_time_compare(rehearsal.fingerprint, seen)
            transaction.set_rollback(not rehearsal.is_kept)
    finally:
        WITNESS.reset(listening)
    return rehearsal
