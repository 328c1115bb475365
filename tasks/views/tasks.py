"""Pages of tasks."""

from django.http import Http404, HttpRequest, HttpResponse


def task_list(request: HttpRequest) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404


def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer 404 until the page is built."""
    raise Http404
