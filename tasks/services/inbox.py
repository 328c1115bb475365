"""Writing to people's inboxes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import User
from commands.services.events import WITNESS
from commands.services.refusals import Refused
from tasks.models import Notification
from tasks.services.calendar import working_calendar

LONGEST_SNOOZE = dt.timedelta(days=31)


def notify(*, recipients: Iterable[User], kind: str, values: dict[str, Any], link: str = "") -> None:
    """Put one message of ``kind`` into each recipient's inbox; nobody gets it twice in one call."""
    unique = {user.pk: user for user in recipients}
    Notification.objects.bulk_create(
        Notification(recipient=user, kind=kind, values=values, link=link) for user in unique.values()
    )
    if (seen := WITNESS.get()) is not None:
        seen.people |= unique


def mark_read(*, notification: Notification, by: User) -> None:
    """Mark one message as read by its recipient; a second time changes nothing."""
    Notification.objects.unread_for(by).filter(pk=notification.pk).update(read_at=timezone.now())


def mark_all_read(*, user: User) -> int:
    """Mark everything in ``user``'s inbox as read and return how much that was."""
    return Notification.objects.unread_for(user).update(read_at=timezone.now())


def snooze_days(today: dt.date) -> list[dt.date]:
    """Return the days that the inbox offers to put a message off to: the next working day, the third, the fifth."""
    calendar = working_calendar()
    return [calendar.add(today, number) for number in (1, 3, 5)]


def snooze(*, notification: Notification, until: dt.date, by: User) -> dt.date:
    """Put one message off: it leaves the inbox, and is back unread on the morning of the working day returned.

    ``until`` that is a day off means the next working day. Raises Refused: ``too_early``, ``too_late``.
    """
    today = timezone.localdate()
    if until <= today:
        raise Refused(_("Choose a day after today."), code="too_early", field="until")
    if until > today + LONGEST_SNOOZE:
        raise Refused(_("A message can be put off for a month at most."), code="too_late", field="until")
    day = working_calendar().roll_forward(until)
    Notification.objects.of(by).filter(pk=notification.pk).update(snoozed_until=day, read_at=None)
    return day


def wake(*, notification: Notification, by: User) -> None:
    """Take a message that was put off back into the inbox now."""
    Notification.objects.of(by).filter(pk=notification.pk).update(snoozed_until=None)
