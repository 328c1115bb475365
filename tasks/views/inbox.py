"""Pages of inbox."""

from django.http import Http404, HttpRequest, HttpResponse


def inbox(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def inbox_read_all(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
