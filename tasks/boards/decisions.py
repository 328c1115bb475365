"""What was decided about tasks and campaigns, as lines of the month in which it was."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from tasks.boards.directives import DirectiveLine
from tasks.models import ChangeRequest, Closing, Directive, LeadAssignment, Obstacle, Period
from tasks.models.closings import ClosingDecision


@dataclass(frozen=True)
class Decided:
    """One decision: its day, what kind of thing it is, and the row that holds its words."""

    day: dt.date
    kind: str
    """lead, change, closing, obstacle, issued, closed, withdrawn."""
    row: Any


def decisions_on(
    *,
    leads: Iterable[LeadAssignment],
    changes: Iterable[ChangeRequest],
    closings: Iterable[Closing],
    obstacles: Iterable[Obstacle],
    directives: Iterable[DirectiveLine],
) -> list[Decided]:
    """Return what was decided by such rows, the latest first; what is still undecided is left out.

    ``leads`` are changes of lead; ``directives`` those that the page shows its reader.
    """
    found = [_decided("lead", lead, lead.decided_at) for lead in leads]
    found += [_decided("change", change, change.decided_at) for change in changes if change.decided_at]
    closed = [closing for closing in closings if closing.decision == ClosingDecision.CLOSED]
    found += [_decided("closing", closing, closing.decided_at) for closing in closed]
    found += [_decided("obstacle", one, one.resolved_at) for one in obstacles if one.resolved_at]
    found += [one for line in directives for one in _of_directive(line.directive)]
    return sorted(found, key=lambda one: one.day, reverse=True)


def _of_directive(directive: Directive) -> Iterator[Decided]:
    yield _decided("issued", directive, directive.issued_at)
    if directive.closed_at:
        yield _decided("closed", directive, directive.closed_at)
    if directive.withdrawn_at:
        yield _decided("withdrawn", directive, directive.withdrawn_at)


def _decided(kind: str, row: Any, at: dt.datetime | None) -> Decided:
    return Decided(timezone.localdate(at), kind, row)


def by_period(decisions: Iterable[Decided], periods: Sequence[Period]) -> dict[int, list[Decided]]:
    """Return ``decisions`` by the key of their month's period; what came before the first month stands in that."""
    found: dict[int, list[Decided]] = defaultdict(list)
    months = sorted(periods, key=lambda period: period.month)
    for one in decisions:
        begun = [period for period in months if period.month <= one.day] or months[:1]
        if begun:
            found[begun[-1].pk].append(one)
    return found
