"""The units and what they lead. The structure is open to everybody who signs in, the tasks to those who see them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from commands.models import Post, Unit, UnitName
from tasks.boards.areas import Area
from tasks.boards.units import unit_board, unit_groups
from tasks.models import TaskBook
from tasks.views.access import SignedInRequest, page_number
from tasks.views.as_of import about_the_day, day_asked

PAGE_SIZE = 50


@require_safe
def unit_list(request: SignedInRequest) -> HttpResponse:
    """Show the units by kind, with the campaigns and tasks that they lead."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, day)
    is_past = day != timezone.localdate()
    units = Unit.objects.existing_on(day) if is_past else Unit.objects.all()
    context = {"groups": unit_groups(units, area), "area": area, **about_the_day(request.user, day)}
    return render(request, "tasks/units/unit_list.html", context)


@require_safe
def unit_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one unit: names over time, what it leads and led, its people, and how it files."""
    unit = get_object_or_404(Unit.objects.select_related("merged_into"), pk=pk)
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    UnitName.objects.call([unit], day)
    area = Area(request.user, book, day)
    board = unit_board(unit, area)
    page = Paginator(board.tasks, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    page.object_list = area.moment.shown(page.object_list)
    context = {"unit": unit, "board": board, "page": page, "area": area, **about_the_day(request.user, day)}
    context["is_unstaffed"] = Post.objects.units_without_reporter(day).filter(pk=pk).exists()
    return render(request, "tasks/units/unit_detail.html", context)
