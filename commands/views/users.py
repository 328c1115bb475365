"""Pages of users."""

from django.http import Http404, HttpRequest, HttpResponse


def user_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def user_new(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def user_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
