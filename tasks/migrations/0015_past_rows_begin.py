"""Begin to keep how rows stand with how they stand today; of earlier days nothing is made up."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.utils import timezone

KEYS = ("campaign", "milestone", "period", "report", "task")


def begin(apps: Any, schema_editor: Any) -> None:
    """Write one kept row for each row there is."""
    today = timezone.localdate()
    for key in KEYS:
        rows, past = apps.get_model("tasks", key), apps.get_model("tasks", f"past{key}")
        others = {"id", "since", "until", key}
        names = [field.attname for field in past._meta.concrete_fields if field.name not in others]
        kept = (
            past(since=today, **{f"{key}_id": row["pk"]}, **{name: row[name] for name in names})
            for row in rows.objects.values("pk", *names).iterator(chunk_size=500)
        )
        past.objects.bulk_create(kept, batch_size=500)


class Migration(migrations.Migration):
    dependencies = (("tasks", "0014_past_rows"),)

    operations = (migrations.RunPython(begin, migrations.RunPython.noop),)
