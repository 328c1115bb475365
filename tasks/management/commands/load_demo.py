"""Load the demo: a year of invented work around today. Does nothing where a demo is loaded already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commands.services.events import SOURCE
from commands.services.refusals import Refused
from tasks.demo.load import load_demo


class Command(BaseCommand):
    """Write the demo book, its people and its year."""

    help = "Load a year of demo work around today (only with DEMO=1); does nothing where it is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what is there."""
        SOURCE.set("command load_demo")
        try:
            book = load_demo(now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["verbosity"] > 0:
            loaded = book.name if book else "The demo is loaded already; nothing was changed."
            self.stdout.write(loaded)
