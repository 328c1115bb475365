"""Create an administrator from the command line: the first one has nobody to create them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commands.roles import RoleCode
from commands.services.events import SOURCE
from commands.services.refusals import Refused
from commands.services.users import create_user


class Command(BaseCommand):
    """Create an administrator and print the first password, which must be changed at the first sign-in."""

    help = "Create an administrator; prints a first password, to be changed at the first sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is asked for where it is not given."""
        parser.add_argument("--username")
        parser.add_argument("--display-name")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account and say its first password once."""
        SOURCE.set("command create_administrator")
        try:
            user, password = create_user(
                username=options["username"] or input("User name: ").strip(),
                display_name=options["display_name"] or input("Name: ").strip(),
                title="",
                email=options["email"],
                office_phone="",
                role=RoleCode.ADMINISTRATOR,
                unit=None,
                headquarters=None,
                by=None,
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except EOFError as error:
            raise CommandError("Nobody is there to answer: give --username and --display-name.") from error
        self.stdout.write(f"{user.username} can sign in with the first password {password}")
