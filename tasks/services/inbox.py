"""Writing to people's inboxes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from commands.models import User
from commands.services.events import WITNESS
from tasks.models import Notification


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
