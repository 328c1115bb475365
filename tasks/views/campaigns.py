"""Pages of campaigns."""

from django.http import Http404, HttpRequest, HttpResponse


def campaign_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
