"""Load the facts: goals, units, headquarters and the 2023 task book. Safe to run at every deployment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from commands.services.events import SOURCE
from tasks.services.facts import load_facts


class Command(BaseCommand):
    """Add the facts that are missing; what is there stays as it is."""

    help = "Add what is publicly known of goals, units, headquarters and the 2023 task book, where missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what was written."""
        SOURCE.set("command load_facts")
        written = load_facts()
        if options["verbosity"] < 1:
            return
        if not written:
            self.stdout.write("All facts are there already; nothing was changed.")
        for kind, count in written.items():
            self.stdout.write(f"{count:4} {kind}")
