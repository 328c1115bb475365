"""Pages of calendar."""

from django.http import Http404, HttpRequest, HttpResponse


def calendar(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
