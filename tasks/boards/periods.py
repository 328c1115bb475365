"""The periods of a task book, with how many of their reports stand where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from commands.models import Event
from tasks.models import Period, Report, StateChoices, TaskBook


@dataclass(frozen=True)
class PeriodLine:
    """A period with its reports counted: filed ones are submitted, returned or accepted."""

    period: Period
    counts: Counter[str]

    @property
    def filed(self) -> int:
        """Return how many reports were filed."""
        return sum(self.counts[state] for state in ("submitted", "returned", "accepted"))

    @property
    def unfiled(self) -> int:
        """Return how many reports are still to be filed."""
        return self.counts["due"] + self.counts["draft"]


@dataclass(frozen=True)
class PeriodBoard:
    """One period: its counts, its exempt reports, and what was done to it by whom."""

    line: PeriodLine
    exempt: list[Report]
    events: list[Event]


def period_lines(book: TaskBook) -> list[PeriodLine]:
    """Return the periods of ``book``, the latest first: two queries."""
    periods = list(book.periods.order_by("-month"))
    counts = _counts([period.pk for period in periods])
    return [PeriodLine(period, counts.get(period.pk, Counter())) for period in periods]


def _counts(periods: list[int]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    rows = Report.objects.filter(period__in=periods).order_by().values("period", "state")
    for row in rows.annotate(count=Count("pk")):
        found.setdefault(row["period"], Counter())[row["state"]] = row["count"]
    return found


def period_board(period: Period) -> PeriodBoard:
    """Return the page of ``period``."""
    exempt = (
        Report.objects.filter(period=period, state=StateChoices.EXEMPT)
        .with_names()
        .select_related("exempted_by")
    )
    return PeriodBoard(
        line=PeriodLine(period, _counts([period.pk]).get(period.pk, Counter())),
        exempt=list(exempt.order_by("task__code")),
        events=list(Event.objects.about(period)[:20]),
    )
