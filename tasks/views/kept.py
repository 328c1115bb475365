"""Which version of the data a page shows, and pages kept for as long as it is the same.

What a page shows depends on its address, its language, the day, what its reader may see, and the data. Everything
that moves a figure leaves an event, drafts apart, and lights that move with the hour alone are caught up within ten minutes: so a
page drawn once holds for those who see the same until the next event, and for ten minutes at most.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language

from commands.models import User
from luohu.context import Chrome
from luohu.kept import draw, keep, once
from tasks.boards.versions import Version
from tasks.views.access import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]

SECONDS = 600
"""How long lights that move with the hour alone, and what is past due by the minute, may stand as they were."""


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()


def _shown(request: SignedInRequest, version: Version) -> tuple[object, ...]:
    """Return what a page shows, whoever reads it."""
    minutes = int(timezone.now().timestamp()) // SECONDS
    return request.get_full_path(), get_language(), timezone.localdate(), minutes, version.events


def _reader(user: User) -> tuple[object, ...]:
    """Return what decides what ``user`` may see: the posts of today, and who it is.

    Only leaders and the district's office see everything, and share a page with those of the same posts. Others
    also see what is addressed to them, or what they once issued: nobody else is shown theirs.
    """
    duties = user.duties
    posts = sorted((post.role, post.unit_id or 0, post.headquarters_id or 0) for post in duties.posts)
    return posts, user.is_demo, 0 if duties.is_leader or duties.reviews_all else user.pk


def _tag(request: SignedInRequest, version: Version) -> str | None:
    """Return the validator of the whole answer, frame and all; None where a message waits: that page is new.

    The forms of a page from before a new sign-in carry a token that no longer counts.
    """
    if get_messages(request):
        return None
    token = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    return f'"{_digest(_shown(request, version), request.user.pk, version.unread, token)}"'


def keep_page(view: View[P]) -> View[P]:
    """Keep what ``view`` shows for those who see the same.

    Let only the reader's own browser keep the answer, and ask each time whether it still holds: an unchanged page
    costs one small query.
    """

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        version = Version.for_reader(request.user)
        tag = _tag(request, version)
        response = get_conditional_response(request, etag=tag)
        if response is None:
            key = _digest(_shown(request, version), _reader(request.user))
            response = _answer(request, key, version, lambda: view(request, *args, **kwargs))
        if tag and response.status_code in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
            response.headers["ETag"] = tag
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer


def _answer(
    request: SignedInRequest, key: str, version: Version, view: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the page kept under ``key``, or draw and keep it; its frame is drawn anew."""
    with once(key) as page:
        if page:
            response = HttpResponse(headers=page.headers)
        else:
            response, page, may_keep = draw(request, view)
            if may_keep:
                keep(key, page, SECONDS)
    chrome = Chrome(request)
    chrome.unread = version.unread
    response.content = page.filled(request, {"chrome": chrome})
    return response
