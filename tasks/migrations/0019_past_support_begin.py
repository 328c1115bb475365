"""Begin to keep who supports which task with how it is today; of earlier days nothing is made up."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.utils import timezone


def begin(apps: Any, schema_editor: Any) -> None:
    """Write one kept row for each unit that supports a task."""
    today, past = timezone.localdate(), apps.get_model("tasks", "pastsupport")
    rows = apps.get_model("tasks", "task").supporting_units.through.objects.all()
    kept = (past(task_id=row.task_id, unit_id=row.unit_id, since=today) for row in rows.iterator())
    past.objects.bulk_create(kept, batch_size=500)


class Migration(migrations.Migration):
    dependencies = (("tasks", "0018_past_support"),)

    operations = (migrations.RunPython(begin, migrations.RunPython.noop),)
