"""Task books as administrators keep them: what is in one, and what is still to be done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q

from commands.models import Unit
from tasks.models import Campaign, LeadAssignment, Lifecycle, Period, Task, TaskBook
from tasks.models.tasks import UNFINISHED


@dataclass(frozen=True)
class TaskLine:
    """A task in its book; ``lead`` is the unit that answers for it now, or will from its start on."""

    task: Task
    lead: Unit | None
    carried_to: Task | None


@dataclass(frozen=True)
class CampaignBlock:
    """A campaign in its book, with its tasks."""

    campaign: Campaign
    lead: Unit | None
    tasks: list[TaskLine]


@dataclass(frozen=True)
class BookBoard:
    """The page of a task book."""

    book: TaskBook
    campaigns: list[CampaignBlock]
    periods: list[Period]
    before: TaskBook | None
    next: Period | None
    """The first month not yet open: the filing rule can still move it and those after it."""

    @property
    def lines(self) -> list[TaskLine]:
        """Return all tasks of the book."""
        return [line for block in self.campaigns for line in block.tasks]

    @property
    def unfinished(self) -> list[TaskLine]:
        """Return the tasks that are neither done nor cancelled."""
        return [line for line in self.lines if line.task.lifecycle in UNFINISHED]

    @property
    def left(self) -> list[TaskLine]:
        """Return the unfinished tasks that were not carried over: they keep the book open."""
        return [line for line in self.unfinished if line.carried_to is None]

    @property
    def open_months(self) -> list[Period]:
        """Return the months not yet closed: they keep the book open too."""
        return [period for period in self.periods if period.closed_at is None]

    @property
    def may_close(self) -> bool:
        """Say whether nothing keeps the book open any more."""
        return self.book.closed_at is None and not self.left and not self.open_months


def book_rows() -> list[TaskBook]:
    """Return the books, the latest first, with how many campaigns and tasks each holds: ``campaign_count`` …"""
    tasks = Count("campaigns__tasks", distinct=True)
    finished = Q(campaigns__tasks__lifecycle__in=UNFINISHED)
    return list(
        TaskBook.objects.order_by("-year").annotate(
            campaign_count=Count("campaigns", distinct=True),
            task_count=tasks,
            unfinished_count=Count("campaigns__tasks", filter=finished, distinct=True),
        )
    )


def book_board(book: TaskBook) -> BookBoard:
    """Return the page of ``book``: six queries, whatever is in it."""
    tasks = Task.objects.order_by("code").select_related(
        "lead_unit", "work_team", "carried_from", "carried_to"
    )
    campaigns = list(
        book.campaigns.select_related("headquarters", "lead_unit", "carried_from")
        .order_by("number")
        .prefetch_related(Prefetch("tasks", tasks, to_attr="lines"))
    )
    ahead = _leads_ahead(book)
    periods = list(book.periods.order_by("month"))
    return BookBoard(
        book=book,
        campaigns=[_block(campaign, ahead) for campaign in campaigns],
        periods=periods,
        before=TaskBook.objects.before(book),
        next=next((period for period in periods if period.opened_at is None), None),
    )


def _leads_ahead(book: TaskBook) -> dict[tuple[str, int], Unit]:
    """Return who will lead what nobody leads yet."""
    waiting = Q(task__campaign__book=book, task__lead_unit__isnull=True) | Q(
        campaign__book=book, campaign__lead_unit__isnull=True
    )
    found: dict[tuple[str, int], Unit] = {}
    for lead in LeadAssignment.objects.filter(waiting).select_related("unit").order_by("-starts_on"):
        found["task" if lead.task_id else "campaign", lead.task_id or lead.campaign_id or 0] = lead.unit
    return found


def _block(campaign: Campaign, ahead: dict[tuple[str, int], Unit]) -> CampaignBlock:
    tasks: list[Task] = campaign.lines  # type: ignore[attr-defined]  # prefetched by ``book_board``
    lines = [
        TaskLine(
            task=task,
            lead=task.lead_unit or ahead.get(("task", task.pk)),
            carried_to=getattr(task, "carried_to", None),
        )
        for task in tasks
    ]
    return CampaignBlock(campaign, campaign.lead_unit or ahead.get(("campaign", campaign.pk)), lines)


def next_year(today: dt.date) -> int:
    """Return the year for which a book is wanted next."""
    last = TaskBook.objects.order_by("-year").values_list("year", flat=True).first()
    return last + 1 if last else today.year


def next_code(campaign: Campaign) -> str:
    """Return a code that no task has: year, campaign, place."""
    taken = set(Task.objects.filter(campaign__book=campaign.book_id).values_list("code", flat=True))
    place = campaign.tasks.exclude(lifecycle=Lifecycle.CANCELLED).count() + 1
    while (code := f"{campaign.book.year}-{campaign.number:02}-{place:02}") in taken:
        place += 1
    return code
