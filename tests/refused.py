"""What the database itself refuses: every constraint by name, however the row is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

Row = TypeVar("Row", bound=models.Model)
Case = tuple[str, Callable[[], models.Model], dict[str, Any]]
"""A constraint's name, a function that makes a good row, and what to change in it for a bad one."""


def constraints_of(app_label: str) -> dict[str, models.BaseConstraint]:
    """Return the constraints of an app's models by name."""
    return {
        constraint.name: constraint
        for model in apps.get_app_config(app_label).get_models()
        for constraint in model._meta.constraints
    }


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Expect the database to refuse what is written inside, naming the constraint ``name``."""
    constraint = {**constraints_of("commands"), **constraints_of("tasks")}[name]
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    if connection.vendor == "sqlite" and isinstance(constraint, models.UniqueConstraint):
        assert "UNIQUE constraint failed" in str(caught.value)  # SQLite names the columns instead
    else:
        assert name in str(caught.value)


def assert_refused(case: Case) -> None:
    """See the bad row refused as an update of a good one, and as an insert without the model's own code."""
    name, make, changes = case
    row = make()
    model = type(row)
    values = {field: value() if callable(value) else value for field, value in changes.items()}
    with refused(name):
        model._base_manager.filter(pk=row.pk).update(**values)
    for field, value in values.items():
        setattr(row, field, value)
    original, row.pk = row.pk, None
    row._state.adding = True
    with refused(name):
        # The good row first makes room: it is back once the refusal has rolled everything back.
        model._base_manager.filter(pk=original)._raw_delete(connection.alias)
        model._base_manager.bulk_create([row])


def assert_allowed(make: Callable[[], models.Model], changes: dict[str, Any]) -> None:
    """See a row at the very edge of what is allowed stored."""
    row = make()
    assert type(row)._base_manager.filter(pk=row.pk).update(**changes) == 1


def copy_of(row: Row, **changes: Any) -> Row:
    """Return an unsaved second row with the values of ``row``, but for ``changes``."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values.pop("id")
    copied = type(row)(**values)
    for field, value in changes.items():
        setattr(copied, field, value)
    return copied
