"""Posts: given, ended, and never the last administrator's."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Post, Unit, User
from commands.roles import FUNCTIONS, ROLES, Place, RoleCode
from commands.services.events import record_event
from commands.services.refusals import Refused


@transaction.atomic
def give_post(
    *,
    user: User,
    role: str,
    unit: Unit | None = None,
    headquarters: Headquarters | None = None,
    function: str = "",
    starts_on: dt.date,
    by: User | None,
) -> Post:
    """Give ``user`` a role in a unit, in a headquarters or for the district, from ``starts_on`` on.

    ``function`` is what it is called in a headquarters: commander, deputy, office, liaison. Raises Refused where
    the role or the function does not exist there, the place no longer works, or the post is held already.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_place(role, unit, headquarters, starts_on)
    if function and (headquarters is None or function not in FUNCTIONS.get(role, ())):
        message = _("This function does not go with the role and the place.")
        raise Refused(message, code="function", field="function")
    held = Post.objects.filter(user=user, role=role, unit=unit, headquarters=headquarters)
    if held.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)).exists():
        raise Refused(_("This person holds the same post already."), code="held", field="role")
    post = Post(user=user, role=role, unit=unit, headquarters=headquarters, starts_on=starts_on)
    post.function = function
    post.full_clean()
    post.save()
    record_event(action="post.give", about=post, after=_as_values(post), by=by)
    return post


@transaction.atomic
def end_post(*, post: Post, ends_on: dt.date, by: User | None) -> Post | None:
    """Let ``post`` hold no longer from ``ends_on`` on, and return it.

    A post given by mistake need not be kept for a day: ended before it was ever held overnight, its row is
    taken back and None returned; the events tell of it. Raises Refused where the post has ended already, where
    the end lies before the start, and where the district would be left without an administrator.
    """
    keep_an_administrator(without=post.user, day=ends_on, posts=[post])
    post = (
        Post.objects.select_for_update(of=("self",))
        .select_related("user", "unit", "headquarters")
        .get(pk=post.pk)
    )
    today = timezone.localdate()
    if post.ends_on is not None and post.ends_on <= today:
        raise Refused(_("This post has ended already."), code="ended", field="ends_on")
    if ends_on <= post.starts_on and post.starts_on < today:
        raise Refused(_("The end must be later than the start."), code="too_early", field="ends_on")
    before = _as_values(post)
    if ends_on <= post.starts_on:
        record_event(action="post.withdraw", about=post, before=before, by=by)
        post.delete()
        return None
    post.ends_on = ends_on
    post.full_clean()
    post.save(update_fields=["ends_on"])
    record_event(action="post.end", about=post, before=before, after=_as_values(post), by=by)
    return post


def keep_an_administrator(*, without: User, day: dt.date, posts: list[Post] | None = None) -> None:
    """Refuse if the district had no administrator from ``day`` on without ``posts`` (all, if None) of a person.

    Only posts without an end count, so that no two ends add up to a day with nobody. All administrators'
    rows are locked: two of them could otherwise remove each other at the same moment.
    """
    rows = Post.objects.select_for_update().filter(role=RoleCode.ADMINISTRATOR).select_related("user")
    lasting = [
        post
        for post in rows.order_by("pk")
        if post.user.is_active and post.ends_on is None and post.starts_on <= day
    ]
    gone = [post for post in lasting if post.user_id == without.pk and (posts is None or post in posts)]
    if gone and len(gone) == len(lasting):
        raise Refused(
            _("This is the last administrator. Give somebody else the post first."), code="last_administrator"
        )


def _check_place(role: str, unit: Unit | None, headquarters: Headquarters | None, day: dt.date) -> None:
    """Refuse a post where its role does not exist, or where nobody works any more."""
    if role not in ROLES:
        raise Refused(_("There is no such role."), code="unknown_role", field="role")
    places = ROLES[role].places
    if Place.UNIT in places:
        if unit is None:
            raise Refused(_("This role is held in a unit: choose one."), code="place", field="unit")
    elif unit is not None:
        raise Refused(_("This role is not held in a unit: leave this empty."), code="place", field="unit")
    if headquarters is not None and Place.HEADQUARTERS not in places:
        raise Refused(
            _("This role is not held in a headquarters: leave this empty."),
            code="place",
            field="headquarters",
        )
    if unit is not None and not unit.works_on(day):
        raise Refused(_("This unit is no longer active."), code="unit_inactive", field="unit")
    if headquarters is not None and headquarters.dissolved_on is not None:
        raise Refused(
            _("This headquarters has been dissolved."), code="headquarters_dissolved", field="headquarters"
        )


def _as_values(post: Post) -> dict[str, object]:
    """Return what the audit trail keeps of a post."""
    return {
        "user": post.user_id,
        "role": post.role,
        "unit": post.unit_id,
        "headquarters": post.headquarters_id,
        **({"function": post.function} if post.function else {}),
        "starts_on": post.starts_on,
        "ends_on": post.ends_on,
    }
