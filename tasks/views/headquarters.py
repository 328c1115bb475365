"""The command headquarters with what they command. The structure is open to everybody who signs in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from commands.models import Headquarters
from tasks.boards.areas import Area
from tasks.boards.campaigns import campaign_rows
from tasks.boards.headquarters import headquarters_board, headquarters_rows
from tasks.models import TaskBook
from tasks.views.access import SignedInRequest


@require_safe
def headquarters_list(request: SignedInRequest) -> HttpResponse:
    """Show the headquarters of today with nameplates, teams, campaigns and tasks by light."""
    today = timezone.localdate()
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, today)
    headquarters = Headquarters.objects.standing_on(today).with_nameplates().with_teams(today)
    campaigns = campaign_rows(area)
    rows = headquarters_rows(headquarters, area, campaigns)
    direct = [row for row in campaigns if row.campaign.headquarters_id is None]
    context = {"rows": rows, "direct": direct, "area": area}
    return render(request, "tasks/headquarters/headquarters_list.html", context)


@require_safe
def headquarters_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one headquarters: its nameplates over time, teams, posts, campaigns and tasks by light."""
    today = timezone.localdate()
    loaded = Headquarters.objects.with_nameplates().with_teams(today)
    headquarters = get_object_or_404(loaded, pk=pk)
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, today, headquarters=headquarters)
    board = headquarters_board(headquarters, area)
    context = {"headquarters": headquarters, "board": board, "area": area}
    return render(request, "tasks/headquarters/headquarters_detail.html", context)
