"""A move of many tasks, told while it happens: the page grows line by line, without a script and without a queue.

Five hundred tasks take some seconds. They move in one transaction in the request itself, hundred by hundred, and
each hundred is a line of the page: so there is no state to keep between page and job, and none to clean up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from commands.services.events import SOURCE, told_from
from commands.services.refusals import Refused
from tasks.models import Task
from tasks.services.leads import reassign_in_steps
from tasks.views.access import SignedInRequest

AT_ONCE = 100
"""Up to so many move without a word in between; and so many make a step."""
HERE = "<!-- steps -->"


def moving(
    tasks: Sequence[Task], decision: dict[str, Any], request: SignedInRequest
) -> StreamingHttpResponse:
    """Answer with the page of the move, which does it as it is read: all of it, or nothing."""
    context = {"count": len(tasks), "decision": decision}
    page = render_to_string("tasks/leads/many_moving.html", context, request)
    lines = _lines(tasks, decision, request, page, SOURCE.get(), translation.get_language())
    response = StreamingHttpResponse(lines)
    response["X-Accel-Buffering"] = "no"  # a proxy that waits for the end would show no progress
    response["Cache-Control"] = "no-store"
    return response


def _lines(
    tasks: Sequence[Task],
    decision: dict[str, Any],
    request: SignedInRequest,
    page: str,
    source: str,
    language: str | None,
) -> Iterator[str]:
    """Yield the page up to where it grows, a line for each hundred, and the rest."""
    head, _here, tail = page.partition(HERE)
    yield head
    try:
        # The middleware that set both is through by the time the page is read.
        with told_from(source), translation.override(language):
            for done in reassign_in_steps(subjects=tasks, batch=AT_ONCE, **decision, by=request.user):
                text = _("%(done)d of %(count)d moved") % {"done": done, "count": len(tasks)}
                yield format_html("<li>{}</li>", text)
            yield render_to_string("tasks/leads/_moved.html", {"count": len(tasks)}, request)
    except Refused as refusal:
        yield render_to_string("tasks/leads/_moved.html", {"refused": refusal.message}, request)
    yield tail
