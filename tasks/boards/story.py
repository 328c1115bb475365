"""The story of tasks month by month: what was reported, what the office said, and what light it gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q

from tasks.boards.decisions import Decided, by_period
from tasks.boards.filing import OVERDUE, REPORT_CODES, SAID
from tasks.boards.moments import Moment
from tasks.models import Decision, Light, PastReport, Report, StateChoices, Submission, Task
from tasks.models.past import standing_on

_TONES = {"late": "yellow", "missed": "red", "returned": "yellow", OVERDUE: "red"}


@dataclass(frozen=True)
class Month:
    """One month of the story: what was reported, what the office said, what light it gave.

    ``told`` says that the report is accepted: only then do its words show. What a unit has drafted, filed or
    got back stays between it and the office.
    """

    report: Report
    state: str
    """How the filing stands, in words."""
    tone: str
    light: Light | None
    submission: Submission | None
    change: Decimal | None
    """Percentage points since the accepted report before; None where there was none."""
    decided: list[Decided] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Say whether the report is accepted."""
        return self.report.state == StateChoices.ACCEPTED


def reports_of(tasks: Sequence[Task], moment: Moment) -> list[Report]:
    """Return the reports of ``tasks``, newest first, each with the filing that the office accepted.

    Few people file: they are loaded once, not with every month.
    """
    if moment.is_past:
        return _reports_then(tasks, moment)
    said = Submission.objects.only("report", "submitted_at", "submitted_by", "decided_at", "words")
    accepted = said.filter(decision=Decision.ACCEPTED).order_by("number").prefetch_related("submitted_by")
    filings = Prefetch("submissions", accepted, to_attr="accepted_filings")
    reports = Report.objects.filter(task__in=tasks).select_related("period", "unit", "exempted_by")
    return list(reports.order_by("-period__month", "task").prefetch_related(filings))


def _reports_then(tasks: Sequence[Task], moment: Moment) -> list[Report]:
    """Return the reports as they stood: what was accepted then is what the filing says, whatever came after."""
    rows: Any = PastReport.objects.filter(standing_on(moment.day), task__in=tasks)
    kept = rows.select_related("report__period__book", "exempted_by", "unit").order_by(
        "-period__month", "task__code"
    )
    held = Q(reopened_at__isnull=True) | Q(reopened_at__gt=moment.at)
    accepted = Submission.objects.filter(decision=Decision.ACCEPTED).filter(held, decided_at__lte=moment.at)
    filings = accepted.filter(report__task__in=tasks).select_related("submitted_by").order_by("number")
    by_report = {filing.report_id: filing for filing in filings}
    reports = []
    for then in kept:
        report: Report = then.put_on(then.report)
        report.unit, report.exempted_by = then.unit, then.exempted_by
        filing = by_report.get(report.pk) if report.state == StateChoices.ACCEPTED else None
        content = filing.content() if filing else Report.blank_content()
        for name, value in content.items():
            setattr(report, name, value)
        report.accepted_filings = [filing] if filing else []  # type: ignore[attr-defined]  # as prefetched
        reports.append(report)
    _dress(reports, moment)
    return reports


def _dress(reports: list[Report], moment: Moment) -> None:
    """Put the periods and the units' names of the day on ``reports``."""
    moment.call(units=[report.unit for report in reports])
    for book in {report.period.book_id: report.period.book for report in reports}.values():
        periods = {period.pk: period for period in moment.periods(book)}
        for report in reports:
            report.period = periods.get(report.period_id, report.period)


def story_of(task: Task, reports: Sequence[Report], moment: Moment) -> list[Month]:
    """Return the months of one task, newest first."""
    lights = {light.period_id: light for light in moment.lights().filter(task=task.pk)}
    story: list[Month] = []
    before: Decimal | None = None
    for report in reversed(reports):
        change = None
        if report.state == StateChoices.ACCEPTED:
            change = None if before is None else (report.actual_percent or Decimal(0)) - before
            before = report.actual_percent
        filings: list[Submission] = report.accepted_filings  # type: ignore[attr-defined]  # set by reports_of
        state, tone = _filing_state(report, moment)
        filing = filings[-1] if filings else None
        story.append(Month(report, state, tone, lights.get(report.period_id), filing, change))
    return story[::-1]


def decided_in(story: Sequence[Month], decisions: Iterable[Decided]) -> list[Month]:
    """Return the months of one task's story with what was decided in each."""
    decided = by_period(decisions, [month.report.period for month in story])
    return [replace(month, decided=decided.get(month.report.period_id, [])) for month in story]


def _filing_state(report: Report, moment: Moment) -> tuple[str, str]:
    """Return in words how a report's filing stands, and its tone. A draft is nobody's business but its unit's."""
    unfiled = OVERDUE if moment.at > report.period.due_at else "waiting"
    code = {StateChoices.DUE: unfiled, StateChoices.DRAFT: unfiled}.get(
        StateChoices(report.state), report.state
    )
    if report.state == StateChoices.ACCEPTED:
        code = "late" if report.timeliness == "late" else "on_time"
    words = SAID[code] if code in SAID else REPORT_CODES[code][0]
    return str(words), _TONES.get(code, "green" if code == "on_time" else "")
