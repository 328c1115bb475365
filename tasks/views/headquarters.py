"""The command headquarters with what they command. The structure is open to everybody who signs in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from commands.models import Headquarters
from tasks.boards.areas import Area
from tasks.boards.campaigns import campaign_rows
from tasks.boards.headquarters import dressed, headquarters_board, headquarters_rows
from tasks.models import TaskBook
from tasks.views.access import SignedInRequest
from tasks.views.as_of import about_the_day, day_asked


@require_safe
def headquarters_list(request: SignedInRequest) -> HttpResponse:
    """Show the headquarters of today or of a past day: nameplates, teams, campaigns, and tasks by light."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, day)
    headquarters = dressed(Headquarters.objects.standing_on(day).with_nameplates(), day)
    campaigns = campaign_rows(area)
    rows = headquarters_rows(headquarters, area, campaigns)
    direct = [row for row in campaigns if row.campaign.headquarters_id is None]
    context = {**about_the_day(request.user, day), "rows": rows, "direct": direct, "area": area}
    return render(request, "tasks/headquarters/headquarters_list.html", context)


@require_safe
def headquarters_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one headquarters: its nameplates over time, teams, posts, campaigns and tasks by light."""
    day = day_asked(request.GET)
    found = get_object_or_404(Headquarters.objects.with_nameplates(), pk=pk)
    (headquarters,) = dressed([found], day)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, day, headquarters=headquarters)
    board = headquarters_board(headquarters, area)
    context = {**about_the_day(request.user, day), "headquarters": headquarters, "board": board, "area": area}
    return render(request, "tasks/headquarters/headquarters_detail.html", context)
