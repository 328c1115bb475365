"""The first light rule, and what the lights of old rows were by the rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import migrations
from django.db.models import F


def write_default(apps: Any, _schema_editor: Any) -> None:
    """Write the numbers that held until now, as always in force: ten and thirty points, thirty days each."""
    long_ago = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    apps.get_model("tasks", "LightRule").objects.create(
        version=1,
        starts_on=long_ago.date(),
        yellow_below=Decimal(-10),
        red_below=Decimal(-30),
        key_milestone_days=30,
        leader_obstacle_days=30,
        decided_at=long_ago,
    )


def copy_lights(apps: Any, _schema_editor: Any) -> None:
    """Nothing was ever set by hand: each light is what the rules found. Own lights come with the next refresh."""
    apps.get_model("tasks", "Task").objects.update(automatic_light=F("light"))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0007_light_rules")]

    operations = [
        migrations.RunPython(write_default, migrations.RunPython.noop),
        migrations.RunPython(copy_lights, migrations.RunPython.noop),
    ]
