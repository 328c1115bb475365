"""Rebuild every task's current standing, and what lights come to, from history, or see that there is nothing to rebuild."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from tasks.models import Campaign, Task
from tasks.services.handovers import apply_leads
from tasks.services.lights import sum_lights
from tasks.services.standings import refresh_standings


class Command(BaseCommand):
    """Rebuild standings; says how many differed, which is nought where the services kept them right."""

    help = "Rebuild the current standing of every task from its history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --check."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing, and fail where a standing differs"
        )

    @transaction.atomic
    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Rebuild leads and standings and print how many rows differed."""
        now = timezone.now()
        leads = apply_leads(day=timezone.localdate(now))
        standings = refresh_standings(tasks=Task.objects.all(), now=now)
        standings += sum_lights(campaigns=Campaign.objects.values_list("pk", flat=True))
        found = f"{leads} leads and {standings} standings differed from history"
        if not check:
            self.stdout.write(f"{found} and were rebuilt.")
            return
        transaction.set_rollback(True)
        if leads or standings:
            raise CommandError(f"{found}; nothing was changed.")
        self.stdout.write(f"{found}.")
