"""Pages of dashboard."""

from django.http import Http404, HttpRequest, HttpResponse


def dashboard(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
