"""Seal the addresses and secrets of the robots that are there: until now they lay in the clear."""

from django.db import migrations
from django.db.models import TextField, Value
from django.db.models.functions import Cast

SEALED = ("address", "secret")


def seal(apps, schema_editor):
    """Read as plain text, and write through the field, which seals."""
    robots = apps.get_model("tasks", "Robot").objects
    for row in robots.annotate(**{f"plain_{name}": Cast(name, TextField()) for name in SEALED}):
        robots.filter(pk=row.pk).update(**{name: getattr(row, f"plain_{name}") for name in SEALED})


def unseal(apps, schema_editor):
    """Read through the field, which opens, and write as plain text. What no key opens stays sealed."""
    robots = apps.get_model("tasks", "Robot").objects
    for row in robots.all():
        values = {name: getattr(row, name) for name in SEALED}
        plain = {name: Value(value, TextField()) for name, value in values.items() if value}
        if plain:
            robots.filter(pk=row.pk).update(**plain)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0029_sealed_addresses")]

    operations = [migrations.RunPython(seal, unseal)]
