"""The ledger, and the page of a task."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from commands.roles import Power
from tasks.boards.filing import FILING
from tasks.boards.ledger import filing_codes, ledger_csv
from tasks.boards.life import life_of
from tasks.boards.tasks import task_board
from tasks.filters.tasks import TaskFilter
from tasks.models import TaskBook
from tasks.models.tasks import TaskQuerySet
from tasks.views.access import SignedInRequest, get_task, page_number
from tasks.views.kept import keep_page

PAGE_SIZE = 100


@require_safe
@keep_page
def task_list(request: SignedInRequest) -> HttpResponse:
    """Show the ledger of the tasks the reader may see, a hundred to a page; or hand it out as CSV."""
    today = timezone.localdate()
    book = TaskBook.objects.current(today)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    chosen = TaskFilter(request.GET, user=request.user, book=book, day=today)
    tasks: TaskQuerySet = chosen.qs
    if request.GET.get("export") == "csv":
        return _as_csv(chosen, tasks)
    page = Paginator(tasks.with_names(), PAGE_SIZE).get_page(page_number(request.GET.get("page", 1)))
    codes = filing_codes(list(page.object_list), chosen.period)
    words = {code: words for code, (words, _condition) in FILING.items()}
    context = {"filter": chosen, "page": page, "codes": codes, "words": words}
    context["may_reassign"] = request.user.duties.may(Power.REASSIGN)
    return render(request, "tasks/tasks/task_list.html", context)


def _as_csv(chosen: TaskFilter, tasks: TaskQuerySet) -> HttpResponse:
    """Return every task of the filter, not just one page, as a file."""
    response = HttpResponse(ledger_csv(tasks, chosen.period), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ledger-{chosen.task_book.year}.csv"'
    return response


@require_safe
@keep_page
def task_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one task: its light and why, plan and reports, milestones, leads, and its story by month."""
    task = get_task(request.user, pk)
    board = task_board(task, request.user, timezone.localdate())
    context = {"task": task, "board": board, **life_of(task, request.user)}
    return render(request, "tasks/tasks/task_detail.html", context)
