"""What hangs on the first tasks, copied to all others by the database itself: five million rows in minutes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from tasks.models import Baseline, LeadAssignment, Light, Milestone, PlanPoint, Report, Submission

OF_TASKS: tuple[type[models.Model], ...] = (LeadAssignment, Milestone, Baseline, Light, Report)
OF_THOSE: tuple[tuple[type[models.Model], type[models.Model], str, str], ...] = (
    (PlanPoint, Baseline, "baseline_id", "version"),
    (Submission, Report, "report_id", "period_id"),
)


def copy_to_the_others(first: int, last: int, patterns: int) -> None:
    """Give the tasks ``first`` to ``last``, by key, what the first ``patterns`` of them have, in turn."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            "CREATE TEMPORARY TABLE twin AS SELECT id AS task_id, lead_unit_id AS unit_id,"
            " %s + (id - %s) %% %s AS first_id FROM tasks_task WHERE id BETWEEN %s AND %s",
            [first, first, patterns, first + patterns, last],
        )
        cursor.execute("ANALYZE twin")
    for model in OF_TASKS:
        with bare(model):
            _copy(model, "JOIN twin ON twin.first_id = row.task_id", {"task_id": "twin.task_id"})
    for model, parent, key, twin_key in OF_THOSE:
        table = parent._meta.db_table
        with bare(model):
            _copy(
                model,
                f"JOIN {table} old ON old.id = row.{key} JOIN twin ON twin.first_id = old.task_id"
                f" JOIN {table} new ON new.task_id = twin.task_id AND new.{twin_key} = old.{twin_key}",
                {key: "new.id"},
            )


def _copy(model: type[models.Model], joined: str, changed: dict[str, str]) -> None:
    """Copy rows with all their columns but the ``changed`` ones; the unit is the one that leads the other task."""
    names = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    values = [changed.get(name, "twin.unit_id" if name == "unit_id" else f"row.{name}") for name in names]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # S608: only names of our own tables and columns are put into the statement.
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} row {joined}"  # noqa: S608
        )


@contextmanager
def bare(model: type[models.Model]) -> Iterator[None]:
    """Take foreign keys and indexes off a table, and put them back: one by one they cost more than at once."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = %s::regclass"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _definition in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _name, definition in indexes:
            cursor.execute(definition)
        for name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
