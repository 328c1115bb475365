"""Planning and sending as one worker, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from tasks.models import Reminder
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests.tasks import backends


def plan() -> int:
    """Plan now."""
    return plan_reminders(now=timezone.now())


def send() -> int:
    """Send what is ready now, as one worker."""
    return send_reminders(now=timezone.now())


def killed(settings: Any, backend: type[Any]) -> None:
    """Let a worker be killed while it sends."""
    use(settings, backend)
    with pytest.raises(backends.Killed):
        send()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def use(settings: Any, backend: type[Any]) -> None:
    """Send mail through a backend of ours."""
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__name__}"


def states(**about: Any) -> set[tuple[str, str]]:
    """Return in which states the reminders stand, and why."""
    return set(Reminder.objects.filter(**about).values_list("state", "outcome"))


def mailed() -> list[str]:
    """Return to whom mail went, in order."""
    return [to for message in mail.outbox for to in message.to]
