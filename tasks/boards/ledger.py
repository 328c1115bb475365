"""The ledger as a file, and what each task's report of the month has come to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, CharField, Value, When
from django.utils.translation import gettext as _

from luohu.templatetags.ui import light_word, name_in_language
from tasks.boards.files import as_csv
from tasks.boards.filing import FILING
from tasks.models import Period, Report, Task


def filing_codes(tasks: Iterable[Task], period: Period | None) -> dict[int, str]:
    """Return how the report of ``period`` stands for each of ``tasks`` that has one: one query."""
    if period is None:
        return {}
    code = Case(
        *(When(condition, then=Value(code)) for code, (_words, condition) in FILING.items()),
        output_field=CharField(),
    )
    reports = Report.objects.filter(period=period, task__in=[task.pk for task in tasks])
    return dict(reports.annotate(code=code).values_list("task", "code"))


def ledger_csv(tasks: Iterable[Task], period: Period | None) -> str:
    """Return ``tasks``, loaded with their names, as a table for spreadsheets."""
    tasks = list(tasks)
    codes = filing_codes(tasks, period)
    return as_csv(_headings(), (_cells(task, codes.get(task.pk, "")) for task in tasks))


def _headings() -> list[str]:
    return [
        _("Code"),
        _("Title"),
        _("Campaign"),
        _("Command headquarters"),
        _("Lead unit"),
        _("Led since"),
        _("Light"),
        _("State"),
        _("Actual progress"),
        _("Scheduled progress"),
        _("Deviation"),
        _("Start"),
        _("Due"),
        _("Report of the month"),
        _("Annual target"),
    ]


def _cells(task: Task, filing: str) -> list[str | Decimal | None]:
    return [
        task.code,
        task.title,
        name_in_language(task.campaign),
        name_in_language(task.campaign.headquarters),
        name_in_language(task.lead_unit),
        task.lead_since.isoformat() if task.lead_since else None,
        light_word(task.light),
        str(task.get_lifecycle_display()),
        task.actual_percent,
        task.scheduled_percent,
        task.deviation,
        task.starts_on.isoformat(),
        task.due_on.isoformat(),
        str(FILING[filing][0]) if filing else "",
        task.annual_target,
    ]
