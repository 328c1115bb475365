"""How a month's reports were filed: each report is exactly one of on time, late, waiting, missed or exempt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from commands.models import Unit
from tasks.boards.areas import Area
from tasks.models import Period, StateChoices, Timeliness

_FILED = Q(state__in=[StateChoices.SUBMITTED, StateChoices.RETURNED, StateChoices.ACCEPTED])
_LATE = Q(timeliness=Timeliness.LATE)

FILING = {
    "on_time": (_("Filed on time"), _FILED & ~_LATE),
    "late": (_("Filed late"), _FILED & _LATE),
    "waiting": (_("Not yet filed"), Q(state__in=[StateChoices.DUE, StateChoices.DRAFT])),
    "missed": (_("Missed"), Q(state=StateChoices.MISSED)),
    "exempt": (_("Exempt"), Q(state=StateChoices.EXEMPT)),
}
"""Where the filing of a report stands, by code: its words, and which reports it covers. They never overlap.

A report that the office returned stays filed on time or late: the first submission decides. Whether a unit
has begun a draft is its own affair, so "due" and "draft" are one.
"""

OVERDUE = "overdue"
SAID = {**{code: words for code, (words, _reports) in FILING.items()}, OVERDUE: _("Overdue, not filed")}
"""What a row says of a report's filing: of those not yet filed it also says which ought to be."""

REVIEWING = {
    "filed": (_("Filed"), _FILED),
    "submitted": (_("Waiting for the office"), Q(state=StateChoices.SUBMITTED)),
    "returned": (_("Returned"), Q(state=StateChoices.RETURNED)),
    "accepted": (_("Accepted"), Q(state=StateChoices.ACCEPTED)),
}
"""The same reports seen from the office's side."""

REPORT_CODES = {**FILING, **REVIEWING}

_UNFILED = {
    StateChoices.DUE: "waiting",
    StateChoices.DRAFT: "waiting",
    StateChoices.MISSED: "missed",
    StateChoices.EXEMPT: "exempt",
}


def filing_code(state: str, timeliness: str) -> str:
    """Return under which code of ``FILING`` a report stands that is loaded already."""
    filed = "late" if timeliness == Timeliness.LATE else "on_time"
    return _UNFILED.get(StateChoices(state), filed)


def said_code(state: str, timeliness: str, *, is_past_due: bool) -> str:
    """Return under which code of ``SAID`` a report stands."""
    code = filing_code(state, timeliness)
    return OVERDUE if is_past_due and code == "waiting" else code


@dataclass
class UnitFiling:
    """How one unit filed the month's reports it answers for."""

    pk: int
    name: str
    name_en: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def worst(self) -> tuple[int, int, int]:
        """Return what sorts the units: missed, then overdue, then late."""
        return self.counts["missed"], self.counts["waiting"], self.counts["late"]


@dataclass(frozen=True)
class FilingBoard:
    """The filing of one month, whole and by unit."""

    period: Period
    counts: Counter[str]
    units: list[UnitFiling]
    is_past_due: bool

    @property
    def expected(self) -> int:
        """Return how many reports the month asks for."""
        return self.counts.total() - self.counts["exempt"]

    @property
    def filed(self) -> int:
        """Return how many of them were filed, late ones included."""
        return self.counts["on_time"] + self.counts["late"]

    @property
    def rate(self) -> int | None:
        """Return the share filed in whole percent, rounded down: 100 says that all are in."""
        return 100 * self.filed // self.expected if self.expected else None

    @property
    def blamed(self) -> list[UnitFiling]:
        """Return the units that are late, the worst first: missed, past due and not filed, or filed late."""
        late = [
            unit
            for unit in self.units
            if unit.counts["missed"] or unit.counts["late"] or (self.is_past_due and unit.counts["waiting"])
        ]
        return sorted(late, key=lambda unit: unit.worst, reverse=True)


def filing_board(area: Area) -> FilingBoard | None:
    """Return how the area's reports of the month were filed: one query. None before the first period opens."""
    period = area.filing_period
    if period is None:
        return None
    rows = area.reports(period).order_by("unit__position", "unit__code")
    names = ("unit", "unit__name", "unit__name_en")
    # Counted by their tasks, of which each has one: so the index has all that is asked.
    found = list(rows.values_list(*names, "state", "timeliness").annotate(number=Count("task")))
    named = {pk: Unit(pk=pk, name=name, name_en=name_en) for pk, name, name_en, *_rest in found}
    area.moment.call(units=named.values())
    filings = {pk: UnitFiling(pk, unit.name, unit.name_en) for pk, unit in named.items()}
    for pk, _name, _name_en, state, timeliness, number in found:
        filings[pk].counts[filing_code(state, timeliness)] += number
    units = list(filings.values())
    whole: Counter[str] = Counter()
    for unit in units:
        whole.update(unit.counts)
    return FilingBoard(period, whole, units, is_past_due=area.moment.at > period.due_at)
