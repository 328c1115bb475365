"""Task books: a year's book is opened, its filing rule kept, and in the end closed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.events import Entry, record_event, record_events
from commands.services.names import saved
from commands.services.refusals import Refused
from tasks.models import Lifecycle, Milestone, Period, Task, TaskBook
from tasks.models.tasks import UNFINISHED
from tasks.rules.periods import PeriodDates, period_dates
from tasks.services.calendar import working_calendar
from tasks.services.headquarters import named
from tasks.services.passing_on import pass_on
from tasks.services.past import keep
from tasks.services.periods import create_periods, filing_rule
from tasks.services.reminders import reconcile

RULE = ("due_day", "due_time", "due_month", "roll", "grace_workdays")
"""The fields of a book that make its filing rule."""


def lock_open_book(book_id: int) -> TaskBook:
    """Return the book, locked, so that it is not closed meanwhile. Raises Refused ``book_closed``."""
    book = TaskBook.objects.select_for_update(no_key=True).get(pk=book_id)
    if book.closed_at is not None:
        raise Refused(_("The task book is closed."), code="book_closed")
    return book


def lock_unfinished(task: Task) -> Task:
    """Return the task, locked after its book. Raises Refused ``book_closed``, ``not_open``."""
    lock_open_book(task.campaign.book_id)
    rows = Task.objects.select_related("campaign").select_for_update(of=("self",), no_key=True)
    task = rows.get(pk=task.pk)
    if task.lifecycle not in UNFINISHED:
        raise Refused(_("This task has ended, and stays as it is."), code="not_open")
    return task


@transaction.atomic
def create_book(*, by: User, **values: Any) -> TaskBook:
    """Open a year's task book (任务书), with its twelve periods by its filing rule.

    Raises Refused ``invalid`` beside the field that is wrong, the year where it has a book already.
    """
    book = saved(TaskBook(**values))
    record_event(action="book.create", about=book, after=values, by=by)
    create_periods(book=book, by=by)
    return book


@dataclass(frozen=True)
class Moved:
    """A period that another filing rule moves."""

    period: Period
    dates: PeriodDates

    @property
    def due_at(self) -> dt.datetime:
        """Return when its reports would fall due."""
        return timezone.make_aware(dt.datetime.combine(self.dates.due_on, self.dates.due_time))


def moved_periods(book: TaskBook) -> list[Moved]:
    """Return the periods that the book's rule, saved or not, would move: only those not yet opened.

    Where reports are being filed people have been told when they are due, and what is closed is history.
    """
    rule, calendar = filing_rule(book), working_calendar()
    waiting = book.periods.filter(opened_at__isnull=True).order_by("month")
    moved = [Moved(period, period_dates(period.month, rule, calendar)) for period in waiting]
    return [each for each in moved if _differs(each)]


def _differs(moved: Moved) -> bool:
    period = moved.period
    return (period.due_at, period.closes_on) != (moved.due_at, moved.dates.closes_on)


@transaction.atomic
def edit_book(*, book: TaskBook, by: User, **values: Any) -> TaskBook:
    """Change what the book is called and its filing rule; periods not yet opened follow the rule.

    Raises Refused ``book_closed``, and ``invalid`` beside the field that is wrong.
    """
    book = lock_open_book(book.pk)
    before = {name: getattr(book, name) for name in values}
    changed = [name for name, value in values.items() if before[name] != value]
    if not changed:
        return book
    for name in changed:
        setattr(book, name, values[name])
    saved(book)
    for each in moved_periods(book) if set(changed) & set(RULE) else []:
        period, dates = each.period, each.dates
        period.due_at, period.closes_on = each.due_at, dates.closes_on
        period.is_provisional = dates.is_provisional
        period.save(update_fields=["due_at", "closes_on", "is_provisional"])
        keep([period], now=timezone.now())
    record_event(
        action="book.edit",
        about=book,
        before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
        by=by,
    )
    return book


@transaction.atomic
def close_book(*, book: TaskBook, by: User) -> TaskBook:
    """Close a book whose months are all closed; what was carried over ends here and goes on in the next book.

    So do the obstacles and directives still open on it, from now on.
    Raises Refused ``book_closed``, ``periods_open``, and ``open_tasks``, naming what is neither done, cancelled
    nor carried over.
    """
    book = lock_open_book(book.pk)
    months = book.periods.filter(closed_at__isnull=True).order_by("month")
    if found := [f"{period.month:%Y-%m}" for period in months]:
        raise Refused(
            _("These months are not closed yet: %(months)s.") % {"months": named(found)}, code="periods_open"
        )
    unfinished = Task.objects.in_book(book.pk).unfinished().order_by("pk")
    tasks = list(unfinished.select_for_update(of=("self",), no_key=True))
    carried = set(Task.objects.filter(carried_from__in=tasks).values_list("carried_from", flat=True))
    if left := [task.code for task in tasks if task.pk not in carried]:
        raise Refused(
            _("%(count)d tasks are still open, and not carried over: %(tasks)s.")
            % {"count": len(left), "tasks": named(left)},
            code="open_tasks",
        )
    ended = Task.objects.filter(pk__in=[task.pk for task in tasks])
    entries = [
        Entry("task.carry", task, {"lifecycle": task.lifecycle}, {"lifecycle": Lifecycle.CARRIED})
        for task in tasks
    ]
    ended.update(lifecycle=Lifecycle.CARRIED)
    book.closed_at = timezone.now()
    book.save(update_fields=["closed_at"])
    keep(ended, now=book.closed_at)
    record_events(entries=entries, by=by)
    record_event(action="book.close", about=book, after={"carried": len(tasks)}, by=by)
    reconcile(rows=Milestone.objects.filter(task__in=ended), now=book.closed_at)
    pass_on(tasks=tasks, campaigns=book.campaigns.all(), by=by)
    return book
