"""Celery entry points: each calls one service and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from commands.services.events import SOURCE
from tasks.services import day, reminders, sending, weekly


@shared_task(name="tasks.turn_the_day")
def turn_the_day() -> None:
    """Open and close periods, apply dated leads, refresh every light."""
    SOURCE.set("job turn_the_day")
    day.turn_the_day(now=timezone.now())


@shared_task(name="tasks.plan_reminders")
def plan_reminders() -> int:
    """Plan what is to be said up to the next stage of everything that is open."""
    SOURCE.set("job plan_reminders")
    return reminders.plan_reminders(now=timezone.now())


@shared_task(name="tasks.plan_weekly_digests")
def plan_weekly_digests() -> int:
    """Plan this week's digests, where that has not been done."""
    SOURCE.set("job plan_weekly_digests")
    return weekly.plan_weekly_digests(now=timezone.now())


@shared_task(name="tasks.send_reminders")
def send_reminders() -> int:
    """Send what is ready."""
    SOURCE.set("job send_reminders")
    return sending.send_reminders(now=timezone.now())


@shared_task(name="tasks.record_beat")
def record_beat() -> None:
    """Note that beat, broker and worker are alive."""
    day.record_beat(now=timezone.now())
