"""The table in which failed sign-ins are counted while Redis is away: one of Django's own caches, not a model."""

from django.core.management import call_command
from django.db import migrations

TABLE = "counted_attempts"


def make_table(apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop_table(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(TABLE)}")


class Migration(migrations.Migration):
    dependencies = [("commands", "0005_document_numbers")]

    operations = [migrations.RunPython(make_table, drop_table)]
