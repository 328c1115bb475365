"""Pages of users: who may sign in, what posts they hold, and their first passwords."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from commands.filters.users import UserFilter
from commands.forms.fields import put_beside
from commands.forms.users import EndPostForm, PostForm, UserForm
from commands.models import Post, User
from commands.roles import ROLES, Power
from commands.services.posts import end_post, give_post
from commands.services.refusals import Refused
from commands.services.users import create_user, reset_password, set_active
from commands.views.access import SignedInRequest, get_person, get_post, require_power
from luohu.templatetags.ui import name_in_language

PAGE = 50


@require_safe
@require_power(Power.ADMINISTER)
def user_list(request: SignedInRequest) -> HttpResponse:
    """List the people with the posts they hold now or will hold."""
    today = timezone.localdate()
    posts = Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today))
    users = User.objects.order_by("-is_active", "username").prefetch_related(
        Prefetch("posts", posts.select_related("unit", "headquarters"), to_attr="live_posts")
    )
    found = UserFilter(request.GET, queryset=users)
    page = Paginator(found.qs, PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page_obj": page,
        "today": today,
        "unstaffed": Post.objects.units_without_reporter(today),
    }
    return render(request, "commands/users/user_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
@sensitive_variables("password")
def user_new(request: SignedInRequest) -> HttpResponse:
    """Create an account, and show its first password once."""
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person, password = create_user(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            return _show_password(request, person, password, is_new=True)
    context = {"form": form, "roles": ROLES.values()}
    return render(request, "commands/users/user_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
def user_detail(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Show one person; give and end posts, reset the password, disable and enable."""
    person = get_person(pk)
    if request.method != "POST":
        return _detail(request, person)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("unknown action")
    return action(request, person)


def _detail(
    request: SignedInRequest,
    person: User,
    *,
    give_form: PostForm | None = None,
    end_form: EndPostForm | None = None,
) -> HttpResponse:
    """Draw the page of a person, with a form that was refused in place of the fresh one."""
    posts = []
    today = timezone.localdate()
    for post in person.posts.select_related("unit", "headquarters").order_by("-starts_on", "-id"):
        ended = post.ends_on is not None and post.ends_on <= today
        refused = end_form is not None and end_form.post == post
        form = end_form if refused else None if ended else EndPostForm(post=post)
        posts.append({"post": post, "ended": ended, "form": form, "refused": refused})
    context = {
        "person": person,
        "posts": posts,
        "give_form": give_form or PostForm(),
        "roles": ROLES.values(),
        "today": today,
    }
    return render(request, "commands/users/user_detail.html", context)


def _give_post(request: SignedInRequest, person: User) -> HttpResponse:
    form = PostForm(request.POST)
    if form.is_valid():
        try:
            post = give_post(user=person, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            text = _("%(person)s now holds the post %(role)s.")
            messages.success(request, text % {"person": person, "role": post.get_role_display()})
            return redirect("commands:user_detail", pk=person.pk)
    return _detail(request, person, give_form=form)


def _end_post(request: SignedInRequest, person: User) -> HttpResponse:
    number = request.POST.get("post", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise BadRequest("no post")
    post = get_post(person, int(number))
    form = EndPostForm(request.POST, post=post)
    if form.is_valid():
        try:
            kept = end_post(post=post, ends_on=form.cleaned_data["ends_on"], by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(
                request, _("The end of the post was noted.") if kept else _("The post was taken back.")
            )
            _warn_of_units(request, [post], form.cleaned_data["ends_on"])
            return redirect("commands:user_detail", pk=person.pk)
    return _detail(request, person, end_form=form)


@sensitive_variables("password")
def _reset_password(request: SignedInRequest, person: User) -> HttpResponse:
    try:
        password = reset_password(user=person, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("commands:user_detail", pk=person.pk)
    # Who asks for a new password has often locked themself out with guesses at the old one.
    get_adapter(request)._delete_login_attempts_cached_email(request, username=person.username)  # noqa: SLF001
    return _show_password(request, person, password, is_new=False)


def _set_active(request: SignedInRequest, person: User, *, active: bool) -> HttpResponse:
    try:
        set_active(user=person, active=active, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        text = _("%(person)s can sign in again.") if active else _("%(person)s can no longer sign in.")
        messages.success(request, text % {"person": person})
        if not active:
            _warn_of_units(request, person.posts.all(), timezone.localdate())
    return redirect("commands:user_detail", pk=person.pk)


def _warn_of_units(request: SignedInRequest, posts: Iterable[Post], day: dt.date) -> None:
    """Say which units of these posts have nobody left who files for them from ``day`` on."""
    units = Post.objects.units_without_reporter(day).filter(pk__in=[post.unit_id for post in posts])
    for unit in units:
        text = _(
            "%(unit)s has no reporter any more. Until somebody is given the post, reminders go to its head, and"
            " without one to the supervision office."
        )
        messages.warning(request, text % {"unit": name_in_language(unit)})


def _enable(request: SignedInRequest, person: User) -> HttpResponse:
    return _set_active(request, person, active=True)


def _disable(request: SignedInRequest, person: User) -> HttpResponse:
    return _set_active(request, person, active=False)


ACTIONS: dict[str, Callable[[SignedInRequest, User], HttpResponse]] = {
    "give_post": _give_post,
    "end_post": _end_post,
    "reset_password": _reset_password,
    "disable": _disable,
    "enable": _enable,
}


@sensitive_variables("password")
def _show_password(request: SignedInRequest, person: User, password: str, *, is_new: bool) -> HttpResponse:
    """Answer with a first password, this once: it is kept nowhere, neither by us nor by the browser."""
    context = {"person": person, "password": password, "is_new": is_new}
    response = render(request, "commands/users/user_password.html", context)
    add_never_cache_headers(response)
    return response
