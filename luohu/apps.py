"""The project as an app: its deployment checks, the demo command, and what its SQLite can bear."""

import sqlite3
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class LuohuConfig(AppConfig):
    """Registers the checks that `manage.py check --deploy` makes besides Django's own."""

    name = "luohu"

    def ready(self) -> None:
        """Register the checks."""
        from luohu import checks  # noqa: F401  importing registers them

        connection_created.connect(let_statements_be_long, dispatch_uid="luohu")


def let_statements_be_long(connection: Any, **_named: Any) -> None:
    """Let SQLite take as many values in a statement as it was built for.

    Django 5.2 reckons with the 999 of before 2020, and would cut the reminders of a hundred tasks into 25
    statements; from 6.0 on it asks as is done here, and this can go.
    """
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit
