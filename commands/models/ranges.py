"""Dated relations: half-open ranges ``[starts_on, ends_on)`` and the constraint that forbids overlaps.

``ends_on`` is the first day on which the relation no longer holds; null means "until further notice".
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def in_force(day: dt.date, prefix: str = "") -> Q:
    """Return the condition that a ranged row holds on ``day``; an unknown start counts as "always before"."""
    return (Q(**{f"{prefix}starts_on__isnull": True}) | Q(**{f"{prefix}starts_on__lte": day})) & (
        Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gt": day})
    )


def ends_after_start(name: str) -> models.CheckConstraint:
    """Return the constraint that a range ends after it starts."""
    return models.CheckConstraint(
        condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
        name=name,
        violation_error_message=_("The end must be later than the start."),
    )


class NoOverlap(models.BaseConstraint):
    """Two rows that agree in ``fields`` may not hold on the same day.

    PostgreSQL keeps it with an exclusion constraint (extension btree_gist), SQLite with two triggers; both
    refuse the row itself, whoever writes it. Null in ``fields`` (foreign keys) counts as "none of them"
    and overlaps with another null. ``condition`` names a boolean field: only rows where it is true count.
    """

    default_violation_error_message = _("It overlaps with an entry that holds at the same time.")

    def __init__(
        self, *, fields: list[str], name: str, condition: str = "", violation_error_message: Any = None
    ) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.fields = fields
        self.condition = condition

    def _columns(self, model: type[models.Model]) -> list[str]:
        return [str(model._meta.get_field(field).get_attname_column()[1]) for field in self.fields]  # type: ignore[union-attr]

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the clause for CREATE TABLE; the work is done by statements deferred until it exists."""
        # Django drops a None here, as it does for its own conditional unique constraints.
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))

    # Only PostgreSQL asks for the two below: SQLite rebuilds the table, by way of ``constraint_sql``.

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Add the constraint to an existing table."""
        (statement,) = self._statements(model, schema_editor)
        return statement

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Drop the constraint from an existing table."""
        table = Table(model._meta.db_table, schema_editor.quote_name)
        return Statement(f'ALTER TABLE %(table)s DROP CONSTRAINT "{self.name}"', table=table)

    def _statements(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> list[Statement]:
        table = Table(model._meta.db_table, schema_editor.quote_name)
        columns = self._columns(model)
        if schema_editor.connection.vendor == "postgresql":
            same = ", ".join(f'COALESCE("{column}", 0) WITH =' for column in columns)
            return [
                Statement(
                    f'ALTER TABLE %(table)s ADD CONSTRAINT "{self.name}" EXCLUDE USING gist '
                    f"({same}, daterange(starts_on, ends_on) WITH &&)"
                    + (f' WHERE ("{self.condition}")' if self.condition else ""),
                    table=table,
                )
            ]
        same = " AND ".join(f'other."{column}" IS NEW."{column}"' for column in columns)
        if self.condition:
            same += f' AND NEW."{self.condition}" AND other."{self.condition}"'
        # S608: only the names of our own tables and columns are put into these statements.
        return [
            Statement(
                f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON %(table)s '  # noqa: S608
                f"WHEN EXISTS (SELECT 1 FROM %(table)s AS other WHERE {same} AND other.id IS NOT NEW.id "
                "AND COALESCE(other.starts_on, '0001-01-01') < COALESCE(NEW.ends_on, '9999-12-31') "
                "AND COALESCE(NEW.starts_on, '0001-01-01') < COALESCE(other.ends_on, '9999-12-31')) "
                f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
                table=table,
            )
            for event in ("INSERT", "UPDATE")
        ]

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = "default",
    ) -> None:
        """Raise ValidationError if ``instance`` overlaps with a row of the same fields."""
        if exclude and {*self.fields, "starts_on", "ends_on"} & set(exclude):
            return
        if self.condition and not getattr(instance, self.condition):
            return
        same = Q(**{self.condition: True}) if self.condition else Q()
        for field in self.fields:
            value = getattr(instance, model._meta.get_field(field).attname)  # type: ignore[union-attr]
            same &= Q(**{f"{field}__isnull": True}) if value is None else Q(**{field: value})
        starts_on, ends_on = getattr(instance, "starts_on", None), getattr(instance, "ends_on", None)
        if ends_on is not None:
            same &= Q(starts_on__isnull=True) | Q(starts_on__lt=ends_on)
        if starts_on is not None:
            same &= Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)
        if model._base_manager.using(using).filter(same).exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return how to write the constraint in a migration."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "fields": self.fields, "condition": self.condition}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NoOverlap):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, *self.fields))


class RangedQuerySet(models.QuerySet[Any]):
    """Reads of dated relations."""

    def on(self, day: dt.date) -> RangedQuerySet:
        """Return the rows that hold on ``day``."""
        return self.filter(in_force(day))
