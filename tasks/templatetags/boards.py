"""Small readings of the rules for templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.translation import get_language

from tasks.rules.lights import DEFAULTS, Thresholds
from tasks.wording import reminder_outcome, reminder_stage

register = template.Library()
register.filter("stage_words", reminder_stage)
register.filter("outcome_words", reminder_outcome)


@register.filter
def deviation_tone(deviation: Decimal | None, thresholds: Thresholds = DEFAULTS) -> str:
    """Return the light whose threshold a deviation has passed, for its colour; otherwise nothing."""
    if deviation is None:
        return ""
    if deviation < thresholds.red_below:
        return "red"
    return "yellow" if deviation < thresholds.yellow_below else ""


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """Return the value at ``key``; nothing where there is none."""
    return values.get(key, "")


@register.filter
def day_before(day: dt.date | None) -> dt.date | None:
    """Return the last day of a range whose end is the first day after it."""
    return day and day - dt.timedelta(days=1)


@register.simple_tag(takes_context=True)
def query_to(context: Context, name: str, value: str) -> str:
    """Return the current query string with ``name`` set to ``value``, or without it where there is no value."""
    query = context["request"].GET.copy()
    query.pop(name, None)
    if value:
        query[name] = value
    return "?" + str(query.urlencode())


@lru_cache(maxsize=4_096)
def _address(name: str, *args: Any) -> str:
    """Return the address of a page: the same for as long as a process lives, and asked for many times a page."""
    return reverse(name, args=args)


@register.simple_tag(takes_context=True)
def dated_url(context: Context, name: str, *args: Any) -> str:
    """Return the address of a page that takes a day; on a page about a past day it leads to the same day."""
    address = _address(f"tasks:{name}", *args)
    return f"{address}?as_of={context['day'].isoformat()}" if context.get("is_past") else address


@register.simple_tag(takes_context=True)
def dated_ledger(context: Context, **query: Any) -> str:
    """Return the address of the ledger narrowed by ``query``, of the same day as the page."""
    if context.get("is_past"):
        query["as_of"] = context["day"].isoformat()
    return f"{_address('tasks:task_list')}?{urlencode(query)}"


@register.filter
def localtext(row: Any, field: str) -> str:
    """Return a field of ``row`` in English where the reader reads English and the row has it, else in Chinese."""
    english = getattr(row, f"{field}_en", "") if (get_language() or "").startswith("en") else ""
    return str(english or getattr(row, field, "") or "")
