"""The weekly digest: one row a person and week, sent on the morning of the week's first working day."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from commands.models import Post
from commands.roles import RoleCode
from tasks.errands import Errand
from tasks.models import Channel, ChannelChoice, Reminder
from tasks.rules.reminders import OPENS_AT, WEEKLY_STAGE, Kind, first_workday, is_sending_time, monday_of
from tasks.services.calendar import working_calendar
from tasks.services.wake import wake_sender


def weekly_readers(day: dt.date) -> set[int]:
    """Return the ids of the leaders and office people of ``day`` who have not refused the weekly digest."""
    refused = ChannelChoice.objects.exclude(email=True, weekly_digest=True).values("user")
    posts = Post.objects.on(day).filter(role__in=[RoleCode.LEADER, RoleCode.OFFICE])
    return set(posts.exclude(user__in=refused).values_list("user", flat=True))


def plan_weekly_digests(*, now: dt.datetime) -> int:
    """Plan this week's digests, once for the week, and return how many; a missed morning is caught up.

    A week without a working day has none. Whoever takes up a post later in the week waits for the next one.
    """
    local = timezone.localtime(now)
    monday = monday_of(local.date())
    if Reminder.objects.filter(kind=Kind.WEEKLY, due_on=monday).exists():
        return 0
    calendar = working_calendar()
    first = first_workday(monday, calendar)
    if first is None:
        return 0
    morning = timezone.make_aware(dt.datetime.combine(first, OPENS_AT))
    if local > morning and not (settings.REMIND_AT_ANY_TIME or is_sending_time(local, calendar)):
        return 0  # it runs again in the next working hour, if the week still has one
    rows = [
        Reminder(
            kind=Kind.WEEKLY,
            stage=WEEKLY_STAGE,
            recipient_id=reader,
            channel=Channel.EMAIL,
            due_on=monday,
            due_at=morning,
            planned_for=max(morning, local),
        )
        for reader in sorted(weekly_readers(first))
    ]
    with transaction.atomic():
        Reminder.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may plan the same week
        if rows:
            wake_sender()
    return len(rows)


def not_wanted(rows: list[Errand]) -> dict[int, str]:
    """Return, of weekly digests about to go out, those that need not, with the reason."""
    if not rows:
        return {}
    today = timezone.localdate()
    readers, monday = weekly_readers(today), monday_of(today)
    reasons: dict[int, str] = {}
    for row in rows:
        if row.due_on != monday:
            reasons[row.pk] = "superseded"
        elif row.person.pk not in readers:
            reasons[row.pk] = "channel"
    return reasons
