"""The units and what they lead. The structure is open to everybody who signs in, the tasks to those who see them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from commands.models import Unit
from tasks.boards.areas import Area
from tasks.boards.units import unit_board, unit_groups
from tasks.models import TaskBook
from tasks.views.access import SignedInRequest, page_number

PAGE_SIZE = 50


@require_safe
def unit_list(request: SignedInRequest) -> HttpResponse:
    """Show the units by kind, with the campaigns and tasks that they lead."""
    today = timezone.localdate()
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, today)
    groups = unit_groups(Unit.objects.all(), area)
    return render(request, "tasks/units/unit_list.html", {"groups": groups, "area": area})


@require_safe
def unit_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one unit: names over time, what it leads and led, its people, and how it files."""
    unit = get_object_or_404(Unit, pk=pk)
    today = timezone.localdate()
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, today)
    board = unit_board(unit, area)
    page = Paginator(board.tasks, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    context = {"unit": unit, "board": board, "page": page, "area": area}
    return render(request, "tasks/units/unit_detail.html", context)
