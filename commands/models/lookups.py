"""Lookups of our own."""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignKey, Lookup


@Field.register_lookup
@ForeignKey.register_lookup  # which takes over none of a Field's
class Among(Lookup):
    """``pk__among=ids``: what ``__in`` says, with all the ids as one parameter.

    For hundreds of whole numbers: ``__in`` prepares, quotes and writes out each by itself, and every statement about
    a thousand rows begins with that.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return it for PostgreSQL, which takes a list."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*params, list(self.rhs))

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return it for SQLite, which takes a document."""
        column, params = self.process_lhs(compiler, connection)
        document = json.dumps(list(self.rhs))
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, document)  # noqa: S608  a column of ours
