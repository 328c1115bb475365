"""The life of a report: which state follows which, and when a filing was on time.

due → draft → submitted → accepted; submitted → returned → submitted; never filed by closing → missed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tasks.rules.lights import DEFAULTS, LightCode, Thresholds


class ReportState(StrEnum):
    """Where a report stands."""

    DUE = "due"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    MISSED = "missed"
    EXEMPT = "exempt"


FILEABLE = (ReportState.DUE, ReportState.DRAFT, ReportState.RETURNED)
"""States in which the unit may type and file, while the period is open."""

EXEMPTABLE = (ReportState.DUE, ReportState.DRAFT, ReportState.MISSED)
"""States from which a report is exempted by hand: what was filed is decided on, not exempted."""

EXEMPT_AT_CLOSE_OUT = FILEABLE
"""States that become exempt when the task is closed out: all that is still owed, since nothing more will be filed.

A returned report is among them; what was filed of it, and when, stays written.
"""

MOVABLE = (*FILEABLE, ReportState.SUBMITTED)
"""States in which a report is still open, and passes on with its task to a new lead unit."""

FILED = (ReportState.SUBMITTED, ReportState.ACCEPTED)
"""States in which the unit has done its part."""


def is_on_time(submitted_at: dt.datetime, due_at: dt.datetime) -> bool:
    """Say whether a first filing came by the due time, to the second."""
    return submitted_at <= due_at


EXPLANATION = ("cause", "measure", "recovery_on")
"""What is asked of a task that is behind: why, what is being done, and by when it will be made up."""


@dataclass(frozen=True)
class Footing:
    """What a month's figure is measured against."""

    scheduled: Decimal | None = None
    """The plan on the period's due day."""
    before: Decimal | None = None
    """The figure last accepted for an earlier month."""
    thresholds: Thresholds = DEFAULTS
    """The numbers of the lights in force."""

    def falls(self, actual: Decimal | None) -> bool:
        """Say whether ``actual`` is below the figure last accepted."""
        return actual is not None and self.before is not None and actual < self.before

    def is_behind(self, actual: Decimal | None) -> bool:
        """Say whether ``actual`` is so far behind the plan that it will be yellow or red."""
        if actual is None or self.scheduled is None:
            return False
        return actual - self.scheduled < max(self.thresholds.yellow_below, self.thresholds.red_below)


def asked_when_filing(content: Mapping[str, Any], footing: Footing) -> tuple[str, ...]:
    """Return the fields that a filing must fill in, given what stands in the others."""
    asked = ["actual_percent"]
    actual = content.get("actual_percent")
    if footing.falls(actual):
        asked.append("correction_reason")
    if not str(content.get("no_progress_reason") or "").strip():
        asked.append("progress")
    asked.append("own_light")
    rated_behind = content.get("own_light") in {LightCode.YELLOW, LightCode.RED}
    if rated_behind or footing.is_behind(actual):
        asked += EXPLANATION
    return tuple(asked)


def missing_when_filing(content: Mapping[str, Any], footing: Footing) -> tuple[str, ...]:
    """Return those of the asked fields in which nothing stands; blanks alone are nothing."""
    return tuple(
        name
        for name in asked_when_filing(content, footing)
        if content.get(name) is None or not str(content[name]).strip()
    )
