"""Keeping evidence: checked, hashed, stored under random names, frozen with each submission."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Evidence, Milestone, Report
from tasks.rules.evidence import MAX_FILE, MAX_TOGETHER, MEGABYTE, Unfit, judge_file, shown_name
from tasks.rules.reports import FILEABLE
from tasks.services.reports import lock_report

_WORDS: dict[str, Promise] = {
    "empty": gettext_lazy("“%(name)s” is empty."),
    "too_big": gettext_lazy("“%(name)s” is larger than %(limit)s MB."),
    "unknown": gettext_lazy("“%(name)s” is none of these: PDF, Word, Excel, PowerPoint, image, plain text."),
    "lying": gettext_lazy("“%(name)s” is not what its name says: its content is of another kind."),
    "damaged": gettext_lazy("“%(name)s” is damaged or incomplete. Open it, save it anew, and add that."),
    "encrypted": gettext_lazy("“%(name)s” is protected by a password. Add it without one."),
    "macros": gettext_lazy("“%(name)s” holds macros. Save it without macros and add that."),
    "embedded": gettext_lazy("“%(name)s” has other files packed into it. Add those by themselves."),
    "bomb": gettext_lazy("“%(name)s” would unpack to far more than it is, and is not accepted."),
}


@transaction.atomic
def add_evidence(
    *, report: Report, upload: File[Any], milestone: Milestone | None = None, by: User
) -> Evidence:
    """Keep ``upload`` with the report, or return the evidence that is this very file already.

    It is looked into before any row is locked. Raises Refused: the codes of ``judge_file``, ``too_much`` (more
    than 100 MB together), ``other_unit``, ``closed``, ``milestone``.
    """
    name, size = shown_name(upload.name or ""), upload.size
    try:
        kind = judge_file(cast("BinaryIO", upload.file), name, size)
    except Unfit as unfit:
        message = str(_WORDS[unfit.code]) % {"name": name, "limit": MAX_FILE // MEGABYTE}
        raise Refused(message, code=unfit.code, field="uploads") from unfit
    digest = _sha256(upload)
    report = lock_report(report)
    _check_may_change(report, by)
    if milestone and milestone.task_id != report.task_id:
        raise Refused(_("This milestone belongs to another task."), code="milestone", field="milestone")
    if known := report.evidence.filter(sha256=digest).first():
        return known
    _check_room(report, size, name)
    evidence = Evidence(
        report=report,
        milestone=milestone,
        name=name,
        kind=kind,
        size=size,
        sha256=digest,
        added_at=timezone.now(),
        added_by=by,
    )
    return _store(evidence, upload, by)


def _check_may_change(report: Report, by: User) -> None:
    """Refuse whoever is not of the unit, and everybody once the report is out of its hands."""
    if report.unit_id not in by.duties.unit_ids:
        raise Refused(_("Another unit answers for this report now."), code="other_unit")
    if report.state not in FILEABLE or not report.period.is_open:
        raise Refused(_("The evidence of this report can no longer be changed."), code="closed")


def _check_room(report: Report, size: int, name: str) -> None:
    kept = report.evidence.aggregate(total=Sum("size"))["total"] or 0
    if kept + size > MAX_TOGETHER:
        message = _("With “%(name)s” the files of this report would be larger than %(limit)s MB together.")
        raise Refused(
            message % {"name": name, "limit": MAX_TOGETHER // MEGABYTE}, code="too_much", field="uploads"
        )


def _sha256(upload: File[Any]) -> str:
    upload.seek(0)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def _store(evidence: Evidence, upload: File[Any], by: User) -> Evidence:
    """Write the file, then its row; where the row is not taken, the file goes again."""
    evidence.file.save(evidence.name, upload, save=False)
    try:
        evidence.save()
        after = _as_values(evidence)
        record_event(action="evidence.add", about=evidence, after=after, is_draft=True, by=by)
    except BaseException:
        default_storage.delete(evidence.file.name or "")
        raise
    return evidence


@transaction.atomic
def delete_evidence(*, evidence: Evidence, by: User) -> None:
    """Take back a file that was never filed. Raises Refused: ``frozen``, ``other_unit``, ``closed``."""
    report = lock_report(evidence.report)
    _check_may_change(report, by)
    if evidence.submissions.exists():
        raise Refused(_("This file was filed with the report and stays with it."), code="frozen")
    stored = evidence.file.name or ""
    before = _as_values(evidence)
    record_event(action="evidence.delete", about=evidence, before=before, is_draft=True, by=by)
    evidence.delete()
    # Only once the row is surely gone: a row without its file would be worse than a file without a row.
    transaction.on_commit(lambda: default_storage.delete(stored))


def _as_values(evidence: Evidence) -> dict[str, Any]:
    """Return what the audit trail keeps of a file: enough to recognise it."""
    return {
        "report": evidence.report_id,
        "milestone": evidence.milestone_id,
        "name": evidence.name,
        "kind": str(evidence.kind),
        "size": evidence.size,
        "sha256": evidence.sha256,
    }
