"""Evidence: adding files to a report, opening and taking them back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from commands.services.refusals import Refused
from tasks.boards.evidence import evidence_panel
from tasks.forms.evidence import EvidenceForm
from tasks.models import Evidence, Report
from tasks.services.evidence import add_evidence, delete_evidence
from tasks.views.access import SignedInRequest, get_evidence, get_evidence_to_change, get_report_to_file

# A picture may be looked at in the browser, where nothing in it can run or ask for anything.
SANDBOX = "default-src 'none'; sandbox"


@require_POST
def evidence_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keep the files that were sent; what cannot be kept is named, and the others are kept all the same."""
    report = get_report_to_file(request.user, pk)
    form = EvidenceForm(request.POST, request.FILES, report=report)
    problems, added = _add(request, report, form)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        context = {"evidence": evidence_panel(report, request.user), "problems": problems}
        return render(request, "tasks/evidence/_files.html", context, status=422 if problems else 200)
    for problem in problems:
        messages.error(request, problem)
    if added:
        text = ngettext("%(count)s file is with the report.", "%(count)s files are with the report.", added)
        messages.success(request, text % {"count": added})
    return _back(report)


def _add(request: SignedInRequest, report: Report, form: EvidenceForm) -> tuple[list[str], int]:
    """Add each file by itself; return what was wrong, in words, and how many were kept."""
    if not form.is_valid():
        return [str(error) for errors in form.errors.values() for error in errors], 0
    problems: list[str] = []
    for upload in form.cleaned_data["uploads"]:
        try:
            milestone = form.cleaned_data.get("milestone")
            add_evidence(report=report, upload=upload, milestone=milestone, by=request.user)
        except Refused as refusal:
            problems.append(str(refusal.message))
    return problems, len(form.cleaned_data["uploads"]) - len(problems)


@require_safe
def evidence_open(request: SignedInRequest, pk: int) -> FileResponse:
    """Hand out a file: to be saved, or, a picture that is asked for so, to be looked at."""
    evidence = get_evidence(request.user, pk)
    look = evidence.is_image and "look" in request.GET
    headers: dict[str, Any] = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return FileResponse(
        evidence.file.open("rb"),
        as_attachment=not look,
        filename=evidence.download_name,
        content_type="text/plain; charset=utf-8" if evidence.kind == "text" else evidence.mime,
        headers=headers,
    )


@require_POST
def evidence_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a file back that was never filed."""
    evidence: Evidence = get_evidence_to_change(request.user, pk)
    try:
        delete_evidence(evidence=evidence, by=request.user)
        messages.success(request, _("“%(name)s” is no longer with the report.") % {"name": evidence.name})
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return _back(evidence.report)


def _back(report: Report) -> HttpResponse:
    return redirect(f"{reverse('tasks:report_detail', args=[report.pk])}#evidence")
