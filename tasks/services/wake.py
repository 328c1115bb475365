"""Waking a worker. The database is the truth; a lost wake-up only waits for the next beat."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake_sender() -> None:
    """Ask a worker to send what is ready, once the running transaction has committed."""
    transaction.on_commit(_ask)


def _ask() -> None:
    try:
        current_app.send_task("tasks.send_reminders")
    except (OperationalError, OSError) as error:
        # The broker is away: the page must not suffer, and beat will call the sender when it is back.
        logger.warning("The broker did not take the wake-up: %s", error)
