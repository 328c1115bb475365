"""What the reminders of old were about, and the day on which that was due."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models.functions import TruncDate


def write_kinds(apps: Any, _schema_editor: Any) -> None:
    """Tell milestones and leads from reports, and take the day from the moment."""
    reminders = apps.get_model("tasks", "Reminder").objects
    for kind in ("milestone", "lead"):
        reminders.filter(**{f"{kind}__isnull": False}).update(kind=kind)
    reminders.update(due_on=TruncDate("due_at"))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0011_ladders")]

    operations = [migrations.RunPython(write_kinds, migrations.RunPython.noop)]
