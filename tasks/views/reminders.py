"""Pages of reminders."""

from django.http import Http404, HttpRequest, HttpResponse


def reminder_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
