"""Small readings of the rules for templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

from tasks.rules.lights import DEFAULTS

register = template.Library()


@register.filter
def deviation_tone(deviation: Decimal | None) -> str:
    """Return the light whose threshold a deviation has passed, for its colour; otherwise nothing."""
    if deviation is None:
        return ""
    if deviation < DEFAULTS.red_below:
        return "red"
    return "yellow" if deviation < DEFAULTS.yellow_below else ""


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """Return the value at ``key``; nothing where there is none."""
    return values.get(key, "")


@register.filter
def day_before(day: dt.date | None) -> dt.date | None:
    """Return the last day of a range whose end is the first day after it."""
    return day and day - dt.timedelta(days=1)
