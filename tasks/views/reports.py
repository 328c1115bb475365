"""Pages of reports."""

from django.http import Http404, HttpRequest, HttpResponse


def report_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def report_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
