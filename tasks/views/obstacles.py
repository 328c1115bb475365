"""Obstacles: the list, raising one, and its page with what can be done about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.services.refusals import Refused
from tasks.boards.directives import directives_on
from tasks.boards.moments import moment_of
from tasks.filters.obstacles import ObstacleFilter
from tasks.forms.obstacles import ObstacleForm, ObstacleWordsForm
from tasks.models import Obstacle, Report
from tasks.rules.obstacles import Level, next_level
from tasks.services.obstacles import (
    comment_obstacle,
    escalate_obstacle,
    may_raise,
    may_resolve,
    may_speak,
    raise_obstacle,
    resolve_obstacle,
)
from tasks.views.access import SignedInRequest, get_obstacle, get_task, page_number

PAGE_SIZE = 50
page_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def obstacle_list(request: SignedInRequest) -> HttpResponse:
    """List the obstacles that the reader may see: open ones first, what is wanted soonest at the top."""
    found = ObstacleFilter(request.GET, user=request.user)
    page = Paginator(found.qs, PAGE_SIZE).get_page(page_number(request.GET.get("page")))
    context = {"filter": found, "page_obj": page, "today": timezone.localdate()}
    return render(request, "tasks/obstacles/obstacle_list.html", context)


@page_methods
def obstacle_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Raise an obstacle of a task, perhaps from the report on which it was met."""
    task = get_task(request.user, pk)
    if not may_raise(task, request.user):
        raise PermissionDenied(_("Only those who work on the task raise obstacles of it."))
    form = ObstacleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = page_number(request.GET.get("report", 0))
        report = Report.objects.visible_to(request.user).filter(pk=number, task=task).first()
        try:
            raised = raise_obstacle(task=task, report=report, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The obstacle is raised. Those needed have been told."))
            return redirect("tasks:obstacle_detail", raised.pk)
    return render(request, "tasks/obstacles/obstacle_new.html", {"task": task, "form": form})


@page_methods
def obstacle_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an obstacle with its story, and take a comment, an escalation, or its resolution."""
    obstacle = get_obstacle(request.user, pk)
    form = ObstacleWordsForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if not may_speak(obstacle, request.user):
            raise PermissionDenied
        try:
            if form.is_valid():
                return _act(request, obstacle, form.cleaned_data["words"])
        except Refused as refusal:
            put_beside(form, refusal)
            status = 403 if refusal.code == "not_allowed" else 409
    return render(
        request, "tasks/obstacles/obstacle_detail.html", _page(request, obstacle, form), status=status
    )


def _act(request: SignedInRequest, obstacle: Obstacle, words: str) -> HttpResponse:
    action = request.POST.get("action")
    if action == "comment":
        comment_obstacle(obstacle=obstacle, words=words, by=request.user)
        messages.success(request, _("Your words are added."))
    elif action == "escalate":
        escalate_obstacle(obstacle=obstacle, words=words, by=request.user)
        messages.success(request, _("The obstacle is lifted to the next level."))
    elif action == "resolve":
        resolve_obstacle(obstacle=obstacle, resolution=words, by=request.user)
        messages.success(request, _("The obstacle is resolved."))
    else:
        raise BadRequest
    return redirect("tasks:obstacle_detail", obstacle.pk)


def _page(request: SignedInRequest, obstacle: Obstacle, form: ObstacleWordsForm) -> dict[str, Any]:
    higher = next_level(Level(obstacle.level))
    task_is_seen = type(obstacle.task).objects.visible_to(request.user).filter(pk=obstacle.task_id)
    return {
        "obstacle": obstacle,
        "steps": obstacle.steps.select_related("by", "from_task"),
        "form": form,
        "may_speak": obstacle.is_open and may_speak(obstacle, request.user),
        "may_resolve": obstacle.is_open and may_resolve(obstacle, request.user),
        "may_escalate": obstacle.is_open and higher is not None and may_raise(obstacle.task, request.user),
        "task_is_seen": task_is_seen.exists(),
        "today": timezone.localdate(),
        **directives_on(obstacle, request.user, moment_of(timezone.localdate())),
    }
