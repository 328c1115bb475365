"""Directives: the list, issuing one, and its page with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.models import User
from commands.services.refusals import Refused
from tasks.boards.directives import directive_page, lines_of, proposed_day
from tasks.filters.directives import DirectiveFilter, DirectiveSubjectFilter
from tasks.forms.directives import DirectiveForm, DirectiveWordsForm
from tasks.models import Campaign, Directive, Task
from tasks.models.tasks import UNFINISHED
from tasks.services.directives import (
    Subject,
    campaign_of,
    close_directive,
    issue_directive,
    may_close,
    may_issue,
    may_reply,
    reply_to_directive,
    withdraw_directive,
)
from tasks.views.access import (
    SignedInRequest,
    get_campaign,
    get_directive,
    get_obstacle,
    get_task,
    page_number,
)

PAGE_SIZE = 50
page_methods = require_http_methods(["GET", "HEAD", "POST"])
GETTERS: dict[str, Callable[[User, int], Subject]] = {
    "campaign": get_campaign,
    "task": get_task,
    "obstacle": get_obstacle,
}


@require_safe
def directive_list(request: SignedInRequest) -> HttpResponse:
    """List the directives that concern the reader: overdue ones first, then what is unanswered."""
    today = timezone.localdate()
    found = DirectiveFilter(request.GET, user=request.user, day=today)
    page = Paginator(found.qs, PAGE_SIZE).get_page(page_number(request.GET.get("page")))
    context = {
        "filter": found,
        "page_obj": page,
        "lines": lines_of(page.object_list, today),
        "may_issue": _issues_somewhere(request.user),
    }
    return render(request, "tasks/directives/directive_list.html", context)


@page_methods
def directive_new(request: SignedInRequest) -> HttpResponse:
    """Issue a directive on a campaign, a task or an obstacle; without one, choose it first."""
    if not _issues_somewhere(request.user):
        raise PermissionDenied(
            _("Directives are issued by leaders, and recorded for them by the office in charge.")
        )
    subject = _subject(request.user, request.POST if request.method == "POST" else request.GET)
    if subject is None:
        return _choose(request)
    if not may_issue(subject, request.user):
        raise PermissionDenied
    is_leader = request.user.duties.is_leader
    form = DirectiveForm(request.POST or None, is_leader=is_leader, initial=_initial(subject))
    if request.method == "POST" and form.is_valid():
        try:
            issued = issue_directive(subject=subject, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The directive is issued. The units addressed have been told."))
            return redirect("tasks:directive_detail", issued.pk)
    kind = str(subject._meta.model_name)
    context = {"subject": subject, "kind": kind, "form": form}
    return render(request, "tasks/directives/directive_new.html", context)


@page_methods
def directive_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a directive with its answers and its story, and take a reply, its closing or its withdrawal."""
    directive = get_directive(request.user, pk)
    form, status = DirectiveWordsForm(request.POST or None), 200
    if request.method == "POST":
        if not (may_reply(directive, request.user) or may_close(directive, request.user)):
            raise PermissionDenied
        try:
            if form.is_valid():
                return _act(request, directive, form.cleaned_data["words"])
        except Refused as refusal:
            put_beside(form, refusal)
            status = 403 if refusal.code == "not_allowed" else 409
    return detail_page(directive, request, form, status=status)


def detail_page(
    directive: Directive,
    request: SignedInRequest,
    form: DirectiveWordsForm,
    *,
    returning: tuple[int, DirectiveWordsForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page of a directive; ``returning`` is a unit's answer that could not be returned, and the form."""
    directive = get_directive(request.user, directive.pk)  # as it stands now
    task = directive.subject_task
    context = {
        "directive": directive,
        "board": directive_page(directive, request.user, timezone.localdate()),
        "form": form,
        "returning": returning[0] if returning else None,
        "return_form": returning[1] if returning else DirectiveWordsForm(auto_id="return_%s"),
        "subject_is_seen": task is None or Task.objects.visible_to(request.user).filter(pk=task.pk).exists(),
    }
    return render(request, "tasks/directives/directive_detail.html", context, status=status)


def _act(request: SignedInRequest, directive: Directive, words: str) -> HttpResponse:
    action = request.POST.get("action")
    if action == "reply":
        reply_to_directive(directive=directive, words=words, by=request.user)
        messages.success(request, _("Your words are added."))
    elif action == "close":
        close_directive(directive=directive, words=words, by=request.user)
        messages.success(request, _("The directive is closed."))
    elif action == "withdraw":
        withdraw_directive(directive=directive, words=words, by=request.user)
        messages.success(request, _("The directive is withdrawn."))
    else:
        raise BadRequest
    return redirect("tasks:directive_detail", directive.pk)


# Issuing


def _issues_somewhere(user: User) -> bool:
    return user.duties.is_leader or user.duties.is_office


def _subject(user: User, data: Mapping[str, Any]) -> Subject | None:
    """Return what ``data`` names, as far as ``user`` may see it; None where it names nothing."""
    for kind, getter in GETTERS.items():
        if number := data.get(kind):
            if not (number.isascii() and number.isdigit() and len(number) < 19):
                raise Http404
            return getter(user, int(number))
    return None


def _initial(subject: Subject) -> dict[str, Any]:
    """Return what the form begins with: the unit that leads, the leader who supervises, five working days."""
    campaign = campaign_of(subject)
    led = subject.task if not isinstance(subject, Campaign | Task) else subject
    return {
        "units": [led.lead_unit_id] if led.lead_unit_id else [],
        "issued_for": campaign.supervisor_title,
        "due_on": proposed_day(timezone.localdate()),
    }


def _choose(request: SignedInRequest) -> HttpResponse:
    """Offer the campaigns and tasks on which the reader may issue a directive."""
    duties = request.user.duties
    campaigns = Campaign.objects.visible_to(request.user).with_names().select_related("book")
    campaigns = campaigns.filter(book__closed_at__isnull=True)
    tasks = Task.objects.visible_to(request.user).filter(lifecycle__in=UNFINISHED).with_names()
    if not (duties.is_leader or duties.reviews_all):
        campaigns = campaigns.filter(headquarters__in=duties.headquarters_ids)
        tasks = tasks.filter(campaign__headquarters__in=duties.headquarters_ids)
    found = DirectiveSubjectFilter(request.GET, tasks=tasks, campaigns=campaigns)
    page = Paginator(found.qs, PAGE_SIZE).get_page(page_number(request.GET.get("page")))
    context = {
        "filter": found,
        "campaigns": [] if any(request.GET.get(name) for name in ("q", "within", "page")) else campaigns,
        "page_obj": page,
    }
    return render(request, "tasks/directives/directive_choose.html", context)
