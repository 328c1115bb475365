"""Waking a worker: once for everything that one transaction did, and never at the expense of who did it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from tasks.models import Task
from tasks.services.leads import reassign
from tasks.services.wake import wake_sender
from tests.stack import free_port


def test_one_transaction_wakes_once(
    task: Task,
    report: Any,
    reporter: Any,
    other_reporter: Any,
    south: Any,
    administrator: Any,
    today: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as hooks:
        reassign(subject=task, unit=south, starts_on=today, reason="调整", by=administrator)
        wake_sender()
    assert len(hooks) == 1


def test_what_is_rolled_back_wakes_nobody_and_what_follows_does(
    db: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as hooks:
        with transaction.atomic():
            wake_sender()
            transaction.set_rollback(True)
        wake_sender()
    assert len(hooks) == 1


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:{port}/0", "filesystem://localhost//"])
def test_broker_away_is_noted_and_nothing_more(
    db: None,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
    tmp_path: Any,
    broker: str,
) -> None:
    settings.CELERY_BROKER_URL = broker.format(port=free_port())
    blocked = tmp_path / "queue"
    blocked.write_text("a file where the folder of the queue should be")
    options = {"data_folder_in": str(blocked), "data_folder_out": str(blocked)}
    pool: Any = current_app.pool
    before = current_app.conf.broker_transport_options
    current_app.conf.broker_transport_options = options
    pool.force_close_all()
    try:
        with (
            caplog.at_level(logging.WARNING),
            django_capture_on_commit_callbacks(execute=True),
        ):
            wake_sender()
    finally:
        current_app.conf.broker_transport_options = before
        pool.force_close_all()
    assert "The broker did not take the wake-up" in caplog.text
