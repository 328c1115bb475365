"""Pages for what went wrong, in our design: each says what happened and what to do next."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token

log = logging.getLogger(__name__)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that no page of ours sends (400)."""
    return render(request, "400.html", status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for something seen but not allowed (403), in the words of the refusal if it has any."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a page that does not exist, or not for this person (404)."""
    return render(request, "404.html", status=404)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form sent from a page that has grown old (403), and tell how to save what was typed."""
    log.warning("CSRF check failed on %s: %s", request.path, reason)
    return render(request, "403_csrf.html", status=403)


@requires_csrf_token
def method_not_allowed(request: HttpRequest, allow: str) -> HttpResponse:
    """Answer for a button's address opened as a page, and the like (405)."""
    response = render(request, "405.html", status=405)
    response.headers["Allow"] = allow
    return response


@requires_csrf_token
def too_large(request: HttpRequest) -> HttpResponse:
    """Answer for a request longer than any form of ours (413)."""
    return render(request, "413.html", status=413)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours (500). Asks neither the database nor the session: either may be the fault."""
    return HttpResponse(loader.get_template("500.html").render(), status=500)
