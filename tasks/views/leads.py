"""Pages of leads."""

from django.http import Http404, HttpRequest, HttpResponse


def reassignment_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def reassignment_new(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def lead_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
