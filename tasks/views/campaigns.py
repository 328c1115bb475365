"""The campaigns, and the page of one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from commands.models import Headquarters
from tasks.boards.campaigns import campaign_board, campaign_rows
from tasks.boards.directives import directives_on
from tasks.filters.areas import AreaForm
from tasks.models import StrategicGoal, TaskBook
from tasks.views.access import SignedInRequest, get_campaign, page_number
from tasks.views.kept import keep_page

PAGE_SIZE = 50


@require_safe
@keep_page
def campaign_list(request: SignedInRequest) -> HttpResponse:
    """Show the campaigns of a book with goals, command, lead unit and figures."""
    today = timezone.localdate()
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    form = AreaForm(
        request.GET,
        goals=list(StrategicGoal.objects.all()),
        headquarters=list(Headquarters.objects.standing_on(today)),
        books=list(TaskBook.objects.all()),
    )
    area = form.area(request.user, book, today)
    rows = campaign_rows(area, with_goals=True)
    return render(request, "tasks/campaigns/campaign_list.html", {"form": form, "area": area, "rows": rows})


@require_safe
@keep_page
def campaign_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one campaign: its standing, curve, tasks, and who led it when."""
    campaign = get_campaign(request.user, pk)
    board = campaign_board(campaign, request.user, timezone.localdate())
    page = Paginator(board.tasks, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    directives = directives_on(campaign, request.user, timezone.localdate())
    context = {"campaign": campaign, "board": board, "page": page, **directives}
    return render(request, "tasks/campaigns/campaign_detail.html", context)
