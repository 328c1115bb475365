"""Sum up the lights that are recorded already."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import migrations
from django.db.models import DecimalField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Coalesce


def begin(apps: Any, schema_editor: Any) -> None:
    """Write one sum for each campaign and period with recorded lights."""
    lights, sums = apps.get_model("tasks", "light").objects, apps.get_model("tasks", "lightsum").objects
    planned = Q(scheduled_percent__isnull=False)
    found = (
        lights.filter(replaced_at__isnull=True)
        .exclude(task__lifecycle="cancelled")
        .order_by()
        .values_list("task__campaign", "period")
        .annotate(
            weight=Sum("task__weight", filter=planned),
            actual=_weighted("actual_percent", planned),
            scheduled=_weighted("scheduled_percent", planned),
        )
    )
    names = ("campaign_id", "period_id", "weight", "actual_sum", "scheduled_sum")
    sums.bulk_create(
        sums.model(**dict(zip(names, (value or 0 for value in row), strict=True))) for row in found
    )


def _weighted(percent: str, planned: Q) -> Sum:
    product = F("task__weight") * Coalesce(F(percent), Value(Decimal(0)))
    total = DecimalField(max_digits=14, decimal_places=1)
    return Sum(ExpressionWrapper(product, output_field=total), filter=planned)


class Migration(migrations.Migration):
    dependencies = (("tasks", "0020_light_sum"),)

    operations = (migrations.RunPython(begin, migrations.RunPython.noop),)
