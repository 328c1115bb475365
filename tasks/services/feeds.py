"""Private calendar addresses: made, revoked, and found again by their token."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import transaction

from commands.models import User
from commands.services.events import record_event
from tasks.models import CalendarFeed

NOTED_EVERY = dt.timedelta(hours=1)
"""How exactly the last fetch is kept; calendar programs ask all day long."""


def _hash(token: str) -> str:
    # A token of 256 random bits cannot be guessed, so that a fast hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_feed(*, by: User) -> str:
    """Make ``by`` a calendar address and return its token, which is kept nowhere; an earlier one is out of use."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    renewed = bool(CalendarFeed.objects.filter(user=by).delete()[0])
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.create(user=by, token_hash=_hash(token))
    record_event(action="feed.renew" if renewed else "feed.make", about=by, by=by)
    return token


@transaction.atomic
def revoke_feed(*, by: User) -> None:
    """Take ``by``'s calendar address out of use; nothing is written where there is none."""
    if CalendarFeed.objects.filter(user=by).delete()[0]:
        record_event(action="feed.revoke", about=by, by=by)


def find_feed(*, token: str, now: dt.datetime) -> CalendarFeed | None:
    """Return the feed of ``token`` and note that it was fetched; None: unknown, revoked, or its person disabled."""
    feeds = CalendarFeed.objects.filter(token_hash=_hash(token), user__is_active=True)
    feed = feeds.select_related("user").first()
    if feed and (feed.used_at is None or now - feed.used_at > NOTED_EVERY):
        CalendarFeed.objects.filter(pk=feed.pk).update(used_at=now)
    return feed
