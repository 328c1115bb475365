"""What a reviewer is shown: the filing beside the one before and beside last month's, the plan, the light."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commands.models import User
from tasks.boards.charts import Chart, progress_chart
from tasks.boards.moments import moment_of
from tasks.boards.queue import Outlook, outlooks_of
from tasks.boards.tasks import plan_of, plans_known
from tasks.models import LightOverride, Report, StateChoices, Submission

ALWAYS_SHOWN = ("actual_percent", "metric_value", "progress", "problems", "next_steps", "own_light")
KINDS = {"actual_percent": "percent", "metric_value": "metric", "own_light": "light", "recovery_on": "day"}


@dataclass(frozen=True)
class Row:
    """One field of a filing, beside the filing before it and the month accepted last."""

    name: str
    label: str
    kind: str
    value: Any
    previous: Any
    accepted: Any
    is_new: bool
    """It differs from the filing before."""
    is_repeated: bool
    """It is, letter for letter, what was accepted last."""


@dataclass(frozen=True)
class ReviewBoard:
    """Everything beside the decision on a filing."""

    report: Report
    pending: Submission
    previous: Submission | None
    """The filing of the same month before this one."""
    accepted: Submission | None
    """What was accepted last, of an earlier month."""
    rows: list[Row]
    outlook: Outlook
    chart: Chart | None
    earlier: list[Submission]
    setting: LightOverride | None
    """The light that the office has set for a while, which stays whatever is decided."""
    own: bool
    """The reviewer filed it."""
    number: int
    of: int

    @property
    def change(self) -> Decimal | None:
        """Return the percentage points since the month accepted last."""
        if self.accepted is None or self.accepted.actual_percent is None:
            return None
        return (self.pending.actual_percent or Decimal(0)) - self.accepted.actual_percent


def review_board(report: Report, pending: Submission, user: User, now: dt.datetime) -> ReviewBoard:
    """Return what stands beside the decision on ``pending``: a fixed number of queries."""
    waiting = list(Report.objects.reviewable_by(user).to_review().values_list("pk", flat=True))
    earlier = list(report.submissions.exclude(pk=pending.pk).with_people().order_by("-number"))
    accepted = Submission.objects.before(report).accepted().with_people().first()
    previous = next((filing for filing in earlier if filing.number < pending.number), None)
    return ReviewBoard(
        report=report,
        pending=pending,
        previous=previous,
        accepted=accepted,
        rows=_rows(report, pending, previous, accepted),
        outlook=outlooks_of([report], now)[report.pk],
        chart=_chart(report, pending, timezone.localdate(now)),
        earlier=earlier,
        setting=LightOverride.objects.holding(now, timezone.localdate(now))
        .filter(task=report.task_id)
        .select_related("set_by")
        .first(),
        own=pending.submitted_by_id == user.pk,
        number=waiting.index(report.pk) + 1 if report.pk in waiting else 0,
        of=len(waiting),
    )


def _rows(
    report: Report, pending: Submission, previous: Submission | None, accepted: Submission | None
) -> list[Row]:
    """Return the fields worth comparing: the usual ones, and any other in which something stands."""
    rows = []
    for name in Report.CONTENT_FIELDS:
        values = [getattr(filing, name) if filing else None for filing in (pending, previous, accepted)]
        if name == "metric_value" and not report.task.metric:
            continue
        if name not in ALWAYS_SHOWN and not any(values):
            continue
        label = str(Report._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column of the report
        value, before, last = values
        is_text = name in Report.TEXT_FIELDS
        rows.append(
            Row(
                name=name,
                label=report.task.metric if name == "metric_value" else label,
                kind=KINDS.get(name, "text"),
                value=value,
                previous=before,
                accepted=last,
                is_new=previous is not None and value != before,
                is_repeated=is_text and bool(value) and value == last,
            )
        )
    return rows


def _chart(report: Report, pending: Submission, today: dt.date) -> Chart | None:
    """Return the plan's curve with what was accepted, and this filing's figure as its last point."""
    plan = plan_of(plans_known(report.task, moment_of(today)), today)
    accepted = (
        report.task.reports.filter(state=StateChoices.ACCEPTED, period__month__lt=report.period.month)
        .order_by("period__month")
        .values_list("period__due_at", "actual_percent")
    )
    figures = [(timezone.localdate(due_at), percent or Decimal(0)) for due_at, percent in accepted]
    figures.append((timezone.localdate(report.period.due_at), pending.actual_percent or Decimal(0)))
    points = plan.points_by_day() if plan else {}
    return progress_chart(points, figures, report.task.starts_on, report.task.due_on, today)
