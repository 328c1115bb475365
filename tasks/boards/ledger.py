"""The ledger as a file, and what each task's report of the month has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from commands.models import Unit
from luohu.templatetags.ui import light_word, name_in_language
from tasks.boards.files import as_csv
from tasks.boards.filing import SAID, said_code
from tasks.boards.moments import Moment
from tasks.models import Campaign, Lifecycle, LightChoices, Period, Task
from tasks.models.tasks import TaskQuerySet, deviation

COLUMNS = (
    "pk",
    "code",
    "title",
    "campaign_id",
    "lead_unit_id",
    "lead_since",
    "light",
    "automatic_light",
    "own_light",
    "lifecycle",
    "actual_percent",
    "scheduled_percent",
    "starts_on",
    "due_on",
    "annual_target",
)
"""What a task's line says, read without the rest of it: a file may have ten thousand."""


def filing_codes(
    tasks: TaskQuerySet | Sequence[Task], period: Period | None, moment: Moment
) -> dict[int, str]:
    """Return how the report of ``period`` stands for each of ``tasks`` that has one: one query."""
    if period is None:
        return {}
    keys = tasks.keys() if isinstance(tasks, TaskQuerySet) else [task.pk for task in tasks]
    reports = moment.reports().filter(period=period, task__in=keys).order_by()
    found = reports.values_list("task", "state", "timeliness")
    is_past_due = moment.at > period.due_at
    return {task: said_code(state, timeliness, is_past_due=is_past_due) for task, state, timeliness in found}


def ledger_csv(tasks: TaskQuerySet, period: Period | None, moment: Moment) -> str:
    """Return ``tasks`` as a table for spreadsheets: as many questions for any number of them.

    Campaigns and units are few: they are loaded once, and put into words once, not with every task of theirs.
    """
    if moment.is_past:
        found: Any = moment.shown(tasks.prefetch_related("campaign", "lead_unit"))
        campaigns = {task.campaign_id: task.campaign for task in found}
        units = {task.lead_unit_id: task.lead_unit for task in found if task.lead_unit}
    else:
        found = tasks.values_list(*COLUMNS, named=True)
        campaigns = Campaign.objects.with_names().in_bulk({task.campaign_id for task in found})
        units = Unit.objects.in_bulk({task.lead_unit_id for task in found if task.lead_unit_id})
    words = _Words(campaigns, units, filing_codes(tasks, period, moment))
    return as_csv(_headings(), (_cells(task, words) for task in found))


class _Words:
    """The words of a table's cells in the active language, each looked up once."""

    def __init__(
        self, campaigns: Mapping[int, Campaign], units: Mapping[int, Unit], filing: Mapping[int, str]
    ) -> None:
        self.campaign = {pk: name_in_language(row) for pk, row in campaigns.items()}
        self.headquarters = {pk: name_in_language(row.headquarters) for pk, row in campaigns.items()}
        self.unit = {pk: name_in_language(row) for pk, row in units.items()}
        self.light = {light: light_word(light) for light in LightChoices.values}
        self.lifecycle = {code: str(label) for code, label in Lifecycle.choices}
        said = {code: str(words) for code, words in SAID.items()}
        self.filing = {task: said[code] for task, code in filing.items()}


def _headings() -> list[str]:
    return [
        _("Code"),
        _("Title"),
        _("Campaign"),
        _("Command headquarters"),
        _("Lead unit"),
        _("Led since"),
        _("Light"),
        _("Light by the rules"),
        _("Own light"),
        _("State"),
        _("Actual progress"),
        _("Scheduled progress"),
        _("Deviation"),
        _("Start"),
        _("Due"),
        _("Report of the month"),
        _("Annual target"),
    ]


def _cells(task: Any, words: _Words) -> list[str | Decimal | None]:
    """Return the cells of a task, or of its ``COLUMNS``."""
    return [
        task.code,
        task.title,
        words.campaign[task.campaign_id],
        words.headquarters[task.campaign_id],
        words.unit.get(task.lead_unit_id, ""),
        task.lead_since.isoformat() if task.lead_since else None,
        words.light[task.light],
        words.light[task.automatic_light],
        words.light[task.own_light] if task.own_light else None,
        words.lifecycle[task.lifecycle],
        task.actual_percent,
        task.scheduled_percent,
        deviation(task.actual_percent, task.scheduled_percent),
        task.starts_on.isoformat(),
        task.due_on.isoformat(),
        words.filing.get(task.pk, ""),
        task.annual_target,
    ]
