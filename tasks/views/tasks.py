"""The ledger, and the page of a task."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commands.roles import Power
from tasks.boards.filing import SAID
from tasks.boards.ledger import filing_codes, ledger_csv
from tasks.boards.life import life_of
from tasks.boards.moments import moment_of
from tasks.boards.tasks import task_board, with_decisions
from tasks.filters.tasks import TaskFilter
from tasks.models import TaskBook
from tasks.models.tasks import TaskQuerySet
from tasks.views.access import SignedInRequest, get_task, page_number
from tasks.views.as_of import about_the_day, day_asked, not_yet
from tasks.views.kept import keep_page

PAGE_SIZE = 100


@require_safe
@keep_page
def task_list(request: SignedInRequest) -> HttpResponse:
    """Show the ledger of the tasks the reader may see, a hundred to a page; or hand it out as CSV."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    chosen = TaskFilter(request.GET, user=request.user, book=book, day=day)
    tasks: TaskQuerySet = chosen.qs
    if request.GET.get("export") == "csv":
        return _as_csv(chosen, tasks)
    page = Paginator(tasks.with_names(), PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    page.object_list = chosen.moment.shown(page.object_list)
    codes = filing_codes(page.object_list, chosen.period, chosen.moment)
    context = {"filter": chosen, "page": page, "codes": codes, "words": SAID}
    context |= about_the_day(request.user, day)
    context["may_reassign"] = request.user.duties.may(Power.REASSIGN) and not context["is_past"]
    return render(request, "tasks/tasks/task_list.html", context)


def _as_csv(chosen: TaskFilter, tasks: TaskQuerySet) -> HttpResponse:
    """Return every task of the filter, not just one page, as a file."""
    table = ledger_csv(tasks, chosen.period, chosen.moment)
    response = HttpResponse(table, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ledger-{chosen.task_book.year}.csv"'
    return response


@require_safe
@keep_page
def task_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one task: its light and why, plan and reports, milestones, leads, and its story by month."""
    task, moment = get_task(request.user, pk), moment_of(day_asked(request.GET))
    about = about_the_day(request.user, moment.day)
    then = moment.task(task)
    if then is None:
        return not_yet(task, about, request)
    life = life_of(then, request.user, moment)
    board = with_decisions(task_board(then, request.user, moment), life)
    context = {"task": then, "board": board, **about, **life}
    return render(request, "tasks/tasks/task_detail.html", context)
