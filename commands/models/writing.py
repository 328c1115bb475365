"""Writing very many rows at once, where making an object of each takes longer than writing it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models

_AS_TABLE = {
    # What the database makes of a document of rows, and how a column of it is named.
    "postgresql": ("json_to_recordset(%s) AS given ({typed})", "given.{quoted}"),
    "sqlite": ("json_each(%s) AS given", "json_extract(given.value, '$.{column}')"),
}


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Collection[Sequence[Any]]) -> int:
    """Write ``rows`` of the fields ``names`` with one statement and return how many were new.

    The other fields get their defaults, the same in all rows; what a unique constraint calls there already stays as
    it is. No object is made and no signal sent: for two thousand rows ``bulk_create`` takes several times as long.
    """
    if not rows:
        return 0
    given, alike = _columns(model, dict(zip(names, zip(*rows, strict=True), strict=True)))
    quote = connection.ops.quote_name
    table, name = _AS_TABLE[connection.vendor]
    into = ", ".join(quote(column) for column in [*given, *alike])
    values = [name.format(column=column, quoted=quote(column)) for column in given] + ["%s"] * len(alike)
    typed = ", ".join(f"{quote(column)} {kind}" for column, (kind, _values) in given.items())
    sql = (
        f"INSERT INTO {model._meta.db_table} ({into}) SELECT {', '.join(values)} "  # noqa: S608  names of ours
        f"FROM {table.format(typed=typed)} WHERE true ON CONFLICT DO NOTHING"
    )
    lines = zip(*(column for _kind, column in given.values()), strict=True)
    document = json.dumps([dict(zip(given, line, strict=True)) for line in lines], default=_as_json)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*alike.values(), document])
        return int(cursor.rowcount)


def _columns(
    model: type[models.Model], named: dict[str, Sequence[Any]]
) -> tuple[dict[str, tuple[str, list[Any]]], dict[str, Any]]:
    """Return the columns in which rows differ, with type and values, and what all rows have alike."""
    blank = model()
    given: dict[str, tuple[str, list[Any]]] = {}
    alike: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        values = named.get(field.attname) or [field.pre_save(blank, add=True)]
        column, first = str(field.column), values[0]
        # The first stands for the rows themselves, were they alike in all.
        if field.attname not in list(named)[:1] and all(value is first or value == first for value in values):
            alike[column] = field.get_db_prep_save(first, connection)
        else:
            # Without the length: what is too long is to be refused, not cut off.
            kind = str(field.db_type(connection)).partition("(")[0]
            given[column] = (kind, _prepared(field, values))
    return given, alike


def _prepared(field: models.Field[Any, Any], values: Sequence[Any]) -> list[Any]:
    """Return ``values`` as the database keeps them; many are alike, and each is looked at once."""
    if isinstance(field, models.JSONField):
        return [field.get_db_prep_save(value, connection) for value in values]
    known = {value: field.get_db_prep_save(value, connection) for value in set(values)}
    return [known[value] for value in values]


def _as_json(value: Any) -> Any:
    """Return what JSON has no word for: a document as itself, a moment in the database's words."""
    return value.obj if hasattr(value, "obj") else str(value)
