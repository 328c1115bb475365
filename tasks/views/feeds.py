"""What a person's calendar address answers to a calendar program, which has no session."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from tasks.boards.feeds import feed_of
from tasks.services.feeds import find_feed


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer the deadlines of the person whose token this is; unknown, revoked and disabled are all not found."""
    now = timezone.now()
    feed = find_feed(token=token, now=now)
    if feed is None:
        raise Http404
    content = feed_of(feed, timezone.localdate(now))
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response["Content-Disposition"] = 'inline; filename="luohu.ics"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
