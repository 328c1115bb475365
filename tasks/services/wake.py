"""Waking a worker. The database is the truth; a lost wake-up only waits for the next beat."""

from __future__ import annotations

import logging
import socket
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a page may wait for the broker; a worker is woken by the next beat all the same."""


def wake_sender() -> None:
    """Ask a worker to send what is ready, once the running transaction has committed; once, however often asked."""
    waiting = transaction.get_connection().run_on_commit
    if all(hook[1] is not _ask for hook in waiting):
        transaction.on_commit(_ask)


def _ask() -> None:
    try:
        _knock()
        current_app.send_task("tasks.send_reminders")
    except Exception as error:
        # Whatever is wrong with the broker: what was done is done, and beat will call the sender.
        logger.warning("The broker did not take the wake-up: %s", error)


def _knock() -> None:
    """Raise OSError where nobody answers: the client library would try again for seconds, and a page with it."""
    broker = urlsplit(settings.CELERY_BROKER_URL)
    if broker.scheme in {"redis", "rediss"} and broker.hostname:
        socket.create_connection((broker.hostname, broker.port or 6379), timeout=PATIENCE).close()
