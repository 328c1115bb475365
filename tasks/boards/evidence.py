"""The files of a report, as its form and its reading pages list them."""

from __future__ import annotations

from dataclasses import dataclass

from commands.models import User
from tasks.forms.evidence import EvidenceForm
from tasks.models import Evidence, Report
from tasks.rules.evidence import MAX_FILE, MAX_TOGETHER, MEGABYTE
from tasks.rules.reports import FILEABLE


@dataclass(frozen=True)
class EvidencePanel:
    """The files that a person may open, and the form with which the unit adds more."""

    report: Report
    files: list[Evidence]
    form: EvidenceForm | None
    """None for everybody but the unit, and once the report is out of its hands."""

    max_file = MAX_FILE // MEGABYTE
    max_together = MAX_TOGETHER // MEGABYTE

    @property
    def together(self) -> int:
        """Return how many bytes the files have together."""
        return sum(file.size for file in self.files)


def evidence_panel(report: Report, user: User) -> EvidencePanel:
    """Return the files of ``report`` for ``user``: one query, and one for the milestones to choose from."""
    files = list(Evidence.objects.visible_to(user).filter(report=report).with_names())
    own = report.unit_id in user.duties.unit_ids
    may_change = own and report.period.is_open and report.state in FILEABLE
    return EvidencePanel(report, files, EvidenceForm(report=report) if may_change else None)
