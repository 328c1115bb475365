"""Rebuild every task's current standing from history."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tasks.models import Task
from tasks.services.handovers import apply_leads
from tasks.services.standings import refresh_standings


class Command(BaseCommand):
    """Rebuild standings; says how many differed, which is nought where the services kept them right."""

    help = "Rebuild the current standing of every task from its history."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild leads and standings and print how many rows differed."""
        now = timezone.now()
        leads = apply_leads(day=timezone.localdate(now))
        standings = refresh_standings(tasks=Task.objects.all(), now=now)
        self.stdout.write(f"{leads} leads and {standings} standings differed from history and were rebuilt.")
