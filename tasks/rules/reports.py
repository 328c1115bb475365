"""The life of a report: which state follows which, and when a filing was on time.

due → draft → submitted → accepted; submitted → returned → submitted; never filed by closing → missed.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum


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

MOVABLE = (*FILEABLE, ReportState.SUBMITTED)
"""States in which a report is still open, and passes on with its task to a new lead unit."""

FILED = (ReportState.SUBMITTED, ReportState.ACCEPTED)
"""States in which the unit has done its part."""


def is_on_time(submitted_at: dt.datetime, due_at: dt.datetime) -> bool:
    """Say whether a first filing came by the due time, to the second."""
    return submitted_at <= due_at
