"""Seal robots' addresses with the newest key, before an older one is taken out of SEALING_KEY."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks.services.channels import seal_anew


class Command(BaseCommand):
    """``manage.py seal_anew``."""

    help = "Seal robots' addresses with the first of SEALING_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal them; fail where some cannot be read, since these need the key that is missing."""
        sealed, unreadable = seal_anew()
        self.stdout.write(f"{sealed} sealed with the first key.")
        if unreadable:
            raise CommandError(
                f"{unreadable} cannot be read: add the key they were sealed with to SEALING_KEY."
            )
