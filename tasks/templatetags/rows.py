"""Rows, months and curves, each drawn from plain values: one that has not changed is not drawn again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from luohu.drawn import drawn
from luohu.templatetags.ui import name_in_language
from tasks.boards.campaigns import CampaignRow
from tasks.boards.charts import Chart
from tasks.boards.rows import figures_of, line_of, month_line, row_of, wall_line
from tasks.boards.story import Month
from tasks.boards.wall import WallRow
from tasks.models import Task
from tasks.templatetags.boards import deviation_tone

register = template.Library()


def _day(context: Context) -> dict[str, Any]:
    """Return the day to which a row's links lead; of today's page none, so that the row is tomorrow's as well."""
    is_past = bool(context.get("is_past"))
    return {"is_past": is_past, "day": context["day"] if is_past else None}


@register.simple_tag(takes_context=True)
def task_row(context: Context, task: Task) -> SafeString:
    """Draw a task as a row of ``tasks/_table.html``."""
    words = context.get("words")
    code = context["codes"].get(task.pk, "") if words else ""
    flags = {name: bool(context.get(name)) for name in ("no_campaign", "no_lead", "choosable")}
    return drawn(
        "tasks/tasks/_row.html",
        task=row_of(task),
        tone=deviation_tone(task.deviation, context["chrome"].thresholds),
        told=bool(words),
        code=code,
        word=str(words[code]) if words and code else "",
        **flags,
        **_day(context),
    )


@register.simple_tag(takes_context=True)
def campaign_row(context: Context, row: CampaignRow) -> SafeString:
    """Draw a campaign as a row of ``campaigns/_rows.html``."""
    full = bool(context.get("full"))
    return drawn(
        "tasks/campaigns/_row.html",
        row=line_of(row, full=full),
        tone=deviation_tone(row.tally.deviation, row.tally.thresholds),
        full=full,
        **_day(context),
    )


@register.simple_tag(takes_context=True)
def wall_row(context: Context, row: WallRow) -> SafeString:
    """Draw a campaign as a row of the wall chart."""
    tally = row.row.tally
    tone = deviation_tone(tally.deviation, tally.thresholds) or "green"
    return drawn("tasks/dashboard/_wall_row.html", row=wall_line(row), tone=tone, **_day(context))


@register.simple_tag
def month_card(month: Month, task: Task, page_language: str) -> SafeString:
    """Draw one month of the story of ``task``."""
    line = month_line(month, task.metric_unit)
    return drawn("tasks/tasks/_month.html", month=line, page_language=page_language)


@register.simple_tag
def month_figures(story: Iterable[Month]) -> SafeString:
    """Draw the figures of a task's months as a table."""
    return drawn("tasks/tasks/_figures.html", months=figures_of(story))


@register.simple_tag
def curve(chart: Chart) -> SafeString:
    """Draw plan and progress over time."""
    return drawn("tasks/tasks/_curve.html", chart=chart)


@register.simple_tag
def trend_table(rows: Iterable[CampaignRow]) -> SafeString:
    """Draw the figures behind the trend lines of ``rows``."""
    lines = tuple((name_in_language(row.campaign), row.trend.points) for row in rows)
    return drawn("tasks/campaigns/_trend_table.html", lines=lines)
