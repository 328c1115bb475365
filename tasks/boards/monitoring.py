"""The figures by which those who watch the system see that reminders go out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q

from tasks.models import Reminder, ReminderState

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class ReminderFigures:
    """How reminders stand at a moment; what is read of the database is counts and ages, nobody's name."""

    waiting: int
    """Whose time has come, and which no worker has taken up."""
    oldest_unsent_s: int
    """For how many seconds the oldest of them has waited, or of those a worker has in hand; 0: none."""
    sending: int
    failed_in_24_h: int


def reminder_figures(now: dt.datetime) -> ReminderFigures:
    """Return how reminders stand: one query, over what is not settled."""
    open_states = [ReminderState.PLANNED, ReminderState.SENDING, ReminderState.FAILED]
    ready = Q(state=ReminderState.PLANNED, planned_for__lte=now)
    sending = Q(state=ReminderState.SENDING)
    found = Reminder.objects.filter(state__in=open_states).aggregate(
        waiting=Count("pk", filter=ready),
        oldest=Min("planned_for", filter=ready | sending),
        sending=Count("pk", filter=sending),
        failed=Count("pk", filter=Q(state=ReminderState.FAILED, claimed_at__gt=now - DAY)),
    )
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0
    return ReminderFigures(found["waiting"], max(0, int(age)), found["sending"], found["failed"])


def reminders_by_state() -> list[tuple[str, str, int, int]]:
    """Return channel, state, how many reminders stand so, and how many of them may have been sent twice."""
    groups = Reminder.objects.order_by("channel", "state").values_list("channel", "state")
    counted = groups.annotate(all=Count("pk"), perhaps=Count("pk", filter=Q(maybe_duplicate=True)))
    return [(channel, state, number, perhaps) for channel, state, number, perhaps in counted]
