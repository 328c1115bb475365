"""Workers that meet over what a dead one had claimed."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from commands.models import User
from tasks.models import Reminder, Report
from tasks.services.sending import release_stuck
from tests import factories
from tests.together import while_locked

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
    pytest.mark.django_db(transaction=True),
]


def test_claim_is_released_as_a_whole_or_not_at_all(report: Report, reporter: User) -> None:
    """One row tells of its message that it may have been sent: whoever cannot have that row has none of the others."""
    then = timezone.now() - dt.timedelta(hours=1)
    claim = {"state": "sending", "claim": uuid.uuid4(), "claimed_at": then, "attempts": 1}
    rows = [
        factories.reminder(report=report, recipient=reporter, stage=stage, **claim)
        for stage in ("D-5", "D-3", "D-1")
    ]
    for begun in rows:
        Reminder.objects.update(**claim, handed_at=None, maybe_duplicate=False)
        Reminder.objects.filter(pk=begun.pk).update(handed_at=then)
        while_locked(begun, lambda: release_stuck(now=timezone.now()))
        release_stuck(now=timezone.now())
        assert set(Reminder.objects.values_list("state", "maybe_duplicate")) == {("planned", True)}
