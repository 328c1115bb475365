"""Pages of headquarters."""

from django.http import Http404, HttpRequest, HttpResponse


def headquarters_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def headquarters_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
