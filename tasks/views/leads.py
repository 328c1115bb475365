"""Pages of leads: what changed hands, and the step-by-step reassignment of a campaign or task."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commands.forms.fields import put_beside
from commands.models import Post, Unit, User
from commands.roles import Power
from commands.services.refusals import Refused
from luohu.templatetags.ui import name_in_language
from tasks.filters.leads import CAN_CHANGE, LeadFilter, SubjectFilter
from tasks.forms.leads import ReassignmentForm
from tasks.models import Campaign, Task, TaskBook
from tasks.services.leads import acknowledge_lead, preview_reassignment, reassign
from tasks.services.moves import ReassignmentPreview
from tasks.views.access import (
    SignedInRequest,
    get_campaign,
    get_lead_to_acknowledge,
    get_task,
    require_power,
)

Subject = Campaign | Task
CHANGES_A_PAGE = 30
SUBJECTS_A_PAGE = 50


@require_safe
def reassignment_list(request: SignedInRequest) -> HttpResponse:
    """List the changes of lead: who, from which unit to which, from when, why, and whether acknowledged."""
    today = timezone.localdate()
    found = LeadFilter(request.GET, user=request.user, day=today)
    page = Paginator(found.qs, CHANGES_A_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    old_units = Unit.objects.in_bulk({row.old_unit_id for row in rows})
    context = {
        "filter": found,
        "page_obj": page,
        "changes": [
            {
                "lead": row,
                "old_unit": old_units[row.old_unit_id],
                "address": _address(row.subject),
                "is_planned": row.starts_on > today,
                "may_withdraw": row.starts_on > today and request.user.duties.may(Power.REASSIGN),
                "may_acknowledge": row.is_waiting and row.unit_id in request.user.duties.unit_ids,
            }
            for row in rows
        ],
        "may_reassign": request.user.duties.may(Power.REASSIGN),
    }
    return render(request, "tasks/leads/reassignment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.REASSIGN)
def reassignment_new(request: SignedInRequest) -> HttpResponseBase:
    """Reassign in three steps: choose what, say to whom and why, see what will move and confirm."""
    subject = _subject(request.user, request.POST if request.method == "POST" else request.GET)
    if request.method != "POST":
        if subject is None:
            return _choose(request)
        return _ask(request, subject, ReassignmentForm(subject=subject))
    if subject is None:
        raise BadRequest("neither task nor campaign")
    form = ReassignmentForm(request.POST, subject=subject)
    if request.POST.get("action") == "change" or not form.is_valid():
        return _ask(request, subject, form)
    try:
        return _preview_or_confirm(request, subject, form)
    except Refused as refusal:
        if request.POST.get("action") == "confirm" and _is_done(subject, form, request.user):
            return _done(request, subject, form)
        put_beside(form, refusal)
        return _ask(request, subject, form)


@require_POST
def lead_acknowledge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the unit that takes over acknowledge it, and lead back to where they came from."""
    lead = get_lead_to_acknowledge(request.user, pk)
    acknowledge_lead(lead=lead, by=request.user)
    text = _("Acknowledged: %(unit)s leads “%(subject)s”.")
    messages.success(request, text % {"unit": name_in_language(lead.unit), "subject": _name(lead.subject)})
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect(_address(lead.subject))


def _subject(user: User, data: Mapping[str, Any]) -> Subject | None:
    """Return the task or campaign that ``data`` names; None where it names neither."""
    for kind in ("task", "campaign"):
        number = data.get(kind, "")
        if number:
            if not (number.isascii() and number.isdigit() and len(number) < 19):
                raise Http404
            return get_task(user, int(number)) if kind == "task" else get_campaign(user, int(number))
    return None


def _address(subject: Subject) -> str:
    """Return where the page of a task or campaign is."""
    name = "tasks:task_detail" if isinstance(subject, Task) else "tasks:campaign_detail"
    return reverse(name, args=[subject.pk])


def _name(subject: Subject) -> str:
    """Return what a task or campaign is called in the reader's language."""
    return subject.title if isinstance(subject, Task) else name_in_language(subject)


def _choose(request: SignedInRequest) -> HttpResponse:
    """Draw the first step: find the task or campaign."""
    book = TaskBook.objects.current(timezone.localdate())
    found = SubjectFilter(request.GET, user=request.user, book=book)
    page = Paginator(found.qs, SUBJECTS_A_PAGE).get_page(request.GET.get("page"))
    context = {"filter": found, "page_obj": page, "campaigns": found.found_campaigns()}
    return render(request, "tasks/leads/reassignment_choose.html", context)


def _ask(request: SignedInRequest, subject: Subject, form: ReassignmentForm) -> HttpResponse:
    """Draw the second step: to whom, from when, why."""
    can_change = isinstance(subject, Campaign) or subject.lifecycle in CAN_CHANGE
    context = {**_about(subject), "form": form, "can_change": can_change}
    return render(request, "tasks/leads/reassignment_new.html", context)


def _about(subject: Subject) -> dict[str, Any]:
    """Return what both later steps say about the task or campaign."""
    leads = subject.leads.select_related("unit").order_by("-starts_on", "-id")
    return {
        "subject": subject,
        "subject_name": _name(subject),
        "kind": "task" if isinstance(subject, Task) else "campaign",
        "address": _address(subject),
        "leads": leads[:5],
        "today": timezone.localdate(),
    }


def _preview_or_confirm(request: SignedInRequest, subject: Subject, form: ReassignmentForm) -> HttpResponse:
    """Draw the third step, or make the change if exactly what was seen there is confirmed."""
    decision = form.decision()
    asked = {name: decision[name] for name in ("unit", "starts_on", "with_tasks")}
    preview = preview_reassignment(subject=subject, **asked, day=timezone.localdate())
    seen = fingerprint(preview, decision)
    confirming = request.POST.get("action") == "confirm"
    if confirming and constant_time_compare(seen, request.POST.get("fingerprint", "")):
        reassign(subject=subject, **decision, by=request.user)
        return _done(request, subject, form)
    context = {
        **_about(subject),
        **about_preview(preview, decision),
        "form": form,
        "fingerprint": seen,
        "is_stale": confirming,
    }
    status = 409 if confirming else 200
    return render(request, "tasks/leads/reassignment_preview.html", context, status=status)


def about_preview(preview: ReassignmentPreview, decision: dict[str, Any]) -> dict[str, Any]:
    """Return what a preview says of a decision: what moves, and who is told."""
    told = _told_posts(preview)
    return {
        "decision": decision,
        "preview": preview,
        "told": told,
        "nobody_there": all(post.unit_id != decision["unit"].pk for post in told),
        "is_planned": decision["starts_on"] > timezone.localdate(),
    }


def _told_posts(preview: ReassignmentPreview) -> list[Post]:
    """Return the unit posts of the people who will be told, unit by unit."""
    posts = Post.objects.on(timezone.localdate()).filter(user__in=preview.people, unit__isnull=False)
    return list(
        posts.select_related("user", "unit").order_by("unit__position", "unit__code", "user__username")
    )


def fingerprint(preview: ReassignmentPreview, decision: dict[str, Any]) -> str:
    """Return a mark of all that the preview shows, so that nothing else can be confirmed by it."""
    moves = [
        (
            type(move.subject).__name__,
            move.subject.pk,
            move.old_unit.pk if move.old_unit else None,
            (move.report.pk, move.report.state) if move.report else None,
            move.reminders,
            move.milestones,
        )
        for move in preview.moves
    ]
    people = sorted(person.pk for person in preview.people)
    decided = {name: value.pk if isinstance(value, Unit) else str(value) for name, value in decision.items()}
    seen = json.dumps([moves, people, decided], sort_keys=True)
    return hashlib.sha256(seen.encode()).hexdigest()


def _is_done(subject: Subject, form: ReassignmentForm, by: User) -> bool:
    """Say whether the same person has just decided the same: the second half of a double click."""
    decision = form.decision()
    same = subject.leads.filter(decided_by=by, unit=decision["unit"], starts_on=decision["starts_on"])
    recent = timezone.now() - dt.timedelta(minutes=10)
    return same.filter(reason=decision["reason"], decided_at__gt=recent).exists()


def _done(request: SignedInRequest, subject: Subject, form: ReassignmentForm) -> HttpResponse:
    """Say what was done, with the way to its page."""
    decision = form.decision()
    values = {
        "unit": name_in_language(decision["unit"]),
        "subject": _name(subject),
        "day": date_format(decision["starts_on"], "Y-m-d"),
    }
    if decision["starts_on"] > timezone.localdate():
        text = _("%(unit)s will lead “%(subject)s” from %(day)s on. Both units have been told.")
    else:
        text = _("%(unit)s now leads “%(subject)s”, from %(day)s on. Both units have been told.")
    link = format_html('<a href="{}">{}</a>', _address(subject), _("Open its page"))
    messages.success(request, format_html("{} {}", text % values, link))
    return redirect("tasks:reassignment_list")
