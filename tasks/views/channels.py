"""Channels: the robots of groups, which administrators keep, and each person's own."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from commands.forms.fields import put_beside
from commands.models import User
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.channels.unsubscribing import weekly_digest_reader
from tasks.forms.channels import ChannelChoiceForm, GroupRobotForm, OwnAppForm
from tasks.models import CalendarFeed, ChannelChoice, Robot
from tasks.models.channels import RobotQuerySet
from tasks.services import channels
from tasks.services.feeds import make_feed, revoke_feed
from tasks.views.access import SignedInRequest, require_power
from tasks.wording import reminder_outcome


@sensitive_post_parameters("address", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
def channel_list(request: SignedInRequest) -> HttpResponse:
    """List the robots of groups, and set another one up."""
    form = GroupRobotForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _added(request, form):
        return redirect("tasks:channel_list")
    robots = Robot.objects.of_groups().select_related("unit", "headquarters").order_by("-is_active", "name")
    return render(request, "tasks/channels/channel_list.html", {"rows": _rows(robots), "form": form})


@require_POST
@require_power(Power.ADMINISTER)
def channel_change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try a group's robot, or take it out of use or into use again."""
    _act(request, get_object_or_404(Robot.objects.of_groups(), pk=pk))
    return redirect("tasks:channel_list")


@sensitive_post_parameters("address", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
def own_channels(request: SignedInRequest) -> HttpResponse:
    """Show by which channels a person is reached; choose among them, try mail, set up an app."""
    action = request.POST.get("action")
    if request.method != "POST":
        return _draw_own_channels(request)
    if action == "try_email":
        _tell(request, channels.try_email(by=request.user))
        return redirect("tasks:own_channels")
    if action == "choose":
        return _choose(request)
    if action == "add":
        app_form = OwnAppForm(request.POST)
        if app_form.is_valid() and _added(request, app_form, owner=request.user):
            return redirect("tasks:own_channels")
        return _draw_own_channels(request, app_form=app_form)
    raise BadRequest("unknown action")


def _choose(request: SignedInRequest) -> HttpResponse:
    form = ChannelChoiceForm(request.POST)
    if not form.is_valid():
        return _draw_own_channels(request, form=form)
    channels.choose_channels(**form.cleaned_data, by=request.user)
    messages.success(request, _("Your choice was kept."))
    return redirect("tasks:own_channels")


def _draw_own_channels(
    request: SignedInRequest,
    *,
    form: ChannelChoiceForm | None = None,
    app_form: OwnAppForm | None = None,
    address: str = "",
) -> HttpResponse:
    """Draw a person's page, with a form that was refused in place of the fresh one, or with a new ``address``."""
    choice = ChannelChoice.objects.filter(user=request.user).first()
    context = {
        "form": form or ChannelChoiceForm(instance=choice),
        "app_form": app_form or OwnAppForm(),
        "rows": _rows(Robot.objects.of(request.user).active()),
        "feed": CalendarFeed.objects.filter(user=request.user).first(),
        "address": address,
    }
    return render(request, "tasks/channels/own_channels.html", context)


@require_POST
def own_channel_change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try one's own app, or take it out of use."""
    _act(request, get_object_or_404(Robot.objects.of(request.user), pk=pk))
    return redirect("tasks:own_channels")


@require_POST
def own_feed(request: SignedInRequest) -> HttpResponse:
    """Make oneself a calendar address, shown this once, or revoke it."""
    action = request.POST.get("action")
    if action == "revoke":
        revoke_feed(by=request.user)
        messages.success(request, _("The calendar address is out of use."))
        return redirect("tasks:own_channels")
    if action != "make":
        raise BadRequest("unknown action")
    path = reverse("tasks:calendar_feed", args=[make_feed(by=request.user)])
    response = _draw_own_channels(request, address=settings.SITE_URL + path)
    add_never_cache_headers(response)
    return response


@csrf_exempt  # mail programs have no session and no token of ours (RFC 8058); the address itself is signed
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def digest_refuse(request: HttpRequest, token: str) -> HttpResponse:
    """Take the person whose mail holds this address off the weekly digest; a look alone changes nothing."""
    user = weekly_digest_reader(token)
    if user is None:
        raise Http404
    done = request.method == "POST"
    if done:
        channels.refuse_weekly_digest(user=user)
    return render(request, "tasks/channels/digest_refuse.html", {"done": done})


def _rows(robots: RobotQuerySet) -> list[dict[str, object]]:
    return [{"robot": robot, "outcome": reminder_outcome(robot.outcome)} for robot in robots]


def _added(request: SignedInRequest, form: forms.Form, owner: User | None = None) -> bool:
    try:
        robot = channels.add_robot(**form.cleaned_data, owner=owner, by=request.user)
    except Refused as refusal:
        put_beside(form, refusal)
        return False
    messages.success(
        request, _("“%(name)s” is set up. Send a test message to see it arrive.") % {"name": robot.name}
    )
    return True


def _try(request: SignedInRequest, robot: Robot) -> None:
    _tell(request, channels.try_robot(robot=robot, by=request.user))


def _disable(request: SignedInRequest, robot: Robot) -> None:
    channels.set_robot_active(robot=robot, active=False, by=request.user)
    messages.success(request, _("“%(name)s” is out of use.") % {"name": robot.name})


def _enable(request: SignedInRequest, robot: Robot) -> None:
    channels.set_robot_active(robot=robot, active=True, by=request.user)
    messages.success(request, _("“%(name)s” is in use again.") % {"name": robot.name})


ACTIONS: dict[str, Callable[[SignedInRequest, Robot], None]] = {
    "try": _try,
    "disable": _disable,
    "enable": _enable,
}


def _act(request: SignedInRequest, robot: Robot) -> None:
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("unknown action")
    action(request, robot)


def _tell(request: SignedInRequest, outcome: str) -> None:
    if outcome == "delivered":
        messages.success(request, _("The test message was taken. See whether it arrived."))
    else:
        why = reminder_outcome(outcome)
        messages.error(request, _("The test failed. %(why)s") % {"why": why})
