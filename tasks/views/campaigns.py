"""The campaigns, and the page of one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commands.models import Headquarters
from tasks.boards.areas import Area
from tasks.boards.campaign_story import campaign_story
from tasks.boards.campaigns import campaign_board, campaign_rows
from tasks.boards.directives import directives_on
from tasks.boards.moments import moment_of
from tasks.filters.areas import AreaForm
from tasks.filters.fields import supervisor_choices
from tasks.models import Campaign, StrategicGoal, TaskBook
from tasks.views.access import SignedInRequest, get_campaign, page_number
from tasks.views.as_of import about_the_day, day_asked, not_yet
from tasks.views.kept import keep_page

PAGE_SIZE = 50


@require_safe
@keep_page
def campaign_list(request: SignedInRequest) -> HttpResponse:
    """Show the campaigns of a book with goals, command, lead unit and figures."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    books = list(TaskBook.objects.all())
    asked = next((row for row in books if str(row.pk) == request.GET.get("book")), book)
    form = AreaForm(
        request.GET,
        goals=list(StrategicGoal.objects.all()),
        headquarters=list(Headquarters.objects.standing_on(day)),
        books=books,
        supervisors=supervisor_choices(
            Campaign.objects.visible_to(request.user).filter(book=asked), moment_of(day)
        ),
    )
    area = form.area(request.user, book, day)
    rows = campaign_rows(area, with_goals=True)
    context = {"form": form, "area": area, "rows": rows, **about_the_day(request.user, day)}
    return render(request, "tasks/campaigns/campaign_list.html", context)


@require_safe
@keep_page
def campaign_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one campaign: its standing, curve, tasks, and who led it when."""
    campaign, day = get_campaign(request.user, pk), day_asked(request.GET)
    area, about = Area(request.user, campaign.book, day), about_the_day(request.user, day)
    if not area.moment.dress([campaign]):
        return not_yet(campaign, about, request)
    board = campaign_board(campaign, area)
    page = Paginator(board.tasks, PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    page.object_list = area.moment.shown(page.object_list)
    directives = directives_on(campaign, request.user, area.moment)
    story = campaign_story(campaign, board, directives["directives"])
    context = {"campaign": campaign, "board": board, "page": page, "story": story, **about, **directives}
    return render(request, "tasks/campaigns/campaign_detail.html", context)
