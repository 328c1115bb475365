"""The audit trail: who did what, when, from where, with what before and after. Nothing can be changed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commands.models import Event
from commands.roles import Power
from tasks.boards.files import as_csv
from tasks.event_words import tell
from tasks.filters.events import EventFilter
from tasks.views.access import SignedInRequest, page_number, require_power

PAGE_SIZE = 50
CHUNK = 1000


@require_safe
@require_power(Power.ADMINISTER)
def event_list(request: SignedInRequest) -> HttpResponse:
    """Show the audit trail, newest first, fifty to a page; or hand out all that the filters keep as CSV."""
    found = EventFilter(request.GET)
    if request.GET.get("export") == "csv":
        response = HttpResponse(as_csv(_headings(), _rows(found.qs)), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="events-{timezone.localdate()}.csv"'
        return response
    page = Paginator(found.qs, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    context = {"filter": found, "page_obj": page, "told": tell(list(page.object_list))}
    return render(request, "tasks/events/event_list.html", context)


def _headings() -> list[str]:
    return [_("When"), _("Who"), _("From where"), _("Action"), _("Kind"), _("About"), _("Before"), _("After")]


def _rows(events: Iterable[Event]) -> Iterator[list[object]]:
    """Yield each event as the cells of its row; names are looked up for a thousand at a time."""
    rows = list(events)
    for start in range(0, len(rows), CHUNK):
        for told in tell(rows[start : start + CHUNK]):
            event = told.event
            yield [
                timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S"),
                event.actor_name,
                told.source,
                told.action,
                told.kind,
                event.subject_label,
                "; ".join(f"{line.label}: {line.before}" for line in told.lines if line.before),
                "; ".join(f"{line.label}: {line.after}" for line in told.lines if line.after),
            ]
