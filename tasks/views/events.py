"""The audit trail: who did what, when, from where, with what before and after. Nothing can be changed here."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from commands.models import Event
from commands.roles import Power
from tasks.boards.events import events_csv, tell
from tasks.filters.events import EventFilter
from tasks.views.access import SignedInRequest, page_number, require_power

PAGE_SIZE = 50


@require_safe
@require_power(Power.ADMINISTER)
def event_list(request: SignedInRequest) -> HttpResponseBase:
    """Show the audit trail, newest first, fifty to a page; or hand out all that the filters keep as CSV."""
    found = EventFilter(request.GET)
    if request.GET.get("export") == "csv":
        file = _in_language(found.qs, translation.get_language())
        response = StreamingHttpResponse(file, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="events-{timezone.localdate()}.csv"'
        return response
    page = Paginator(found.qs, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    context = {"filter": found, "page_obj": page, "told": tell(list(page.object_list))}
    return render(request, "tasks/events/event_list.html", context)


def _in_language(events: QuerySet[Event], language: str | None) -> Iterator[str]:
    """Yield the file in the reader's language: the middleware that set it is through by the time the file is read."""
    with translation.override(language):
        yield from events_csv(events)
