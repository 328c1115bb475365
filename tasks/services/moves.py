"""What a change of lead is about and takes along: read in one order, locked in one order, counted for the preview."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Milestone, Period, Reminder, Report, Task
from tasks.services.handovers import Subject, led, open_reports
from tasks.services.people import people_of


@dataclass(frozen=True)
class Move:
    """What a reassignment takes along for one campaign or task."""

    subject: Subject
    old_unit: Unit | None
    report: Report | None = None
    reminders: int = 0
    milestones: int = 0


@dataclass(frozen=True)
class ReassignmentPreview:
    """What a reassignment will move, and who will be told."""

    moves: list[Move]
    people: list[User] = field(default_factory=list)


def read_subjects(subjects: Iterable[Subject], *, lock: bool = False) -> list[Subject]:
    """Return the campaigns, then the tasks, read anew in the order of their keys.

    With ``lock`` they are locked, so that of two administrators who reassign the same thing, be it alone or
    with others, the second finds what the first has done.
    """
    wanted = list(subjects)
    campaigns: QuerySet[Campaign] = Campaign.objects.select_related("lead_unit")
    tasks: QuerySet[Task] = Task.objects.select_related("campaign", "lead_unit")
    if lock:
        # Whoever needs several of these rows locks campaign, task, period, report in this order.
        campaigns = campaigns.select_for_update(of=("self",), no_key=True)
        tasks = tasks.select_for_update(of=("self",), no_key=True)
    chosen = [row.pk for row in wanted if isinstance(row, Campaign)]
    found: list[Subject] = list(campaigns.filter(pk__in=chosen).order_by("pk")) if chosen else []
    chosen = [row.pk for row in wanted if isinstance(row, Task)]
    return [*found, *tasks.filter(pk__in=chosen).order_by("pk")] if chosen else found


def histories(subjects: Sequence[Subject]) -> dict[Subject, list[LeadAssignment]]:
    """Return the leads of each of ``subjects``, the oldest first."""
    history: dict[Subject, list[LeadAssignment]] = defaultdict(list)
    rows = LeadAssignment.objects.filter(led(subjects)).select_related("unit", "campaign", "task")
    for lead in rows.order_by("starts_on"):
        history[lead.subject].append(lead)
    return history


def opened_days(subjects: Sequence[Subject]) -> dict[Subject, dt.date | None]:
    """Return for each of ``subjects`` when the earliest open reporting period of its book opened."""
    books = {row: row.book_id if isinstance(row, Campaign) else row.campaign.book_id for row in subjects}
    opened: dict[int, dt.date] = {}
    for period in Period.objects.filter(book__in=set(books.values())).open().order_by("-month"):
        opened[period.book_id] = period.opens_on  # the earliest stays
    return {row: opened.get(book) for row, book in books.items()}


@contextmanager
def naming(subject: Subject, *, of: int) -> Iterator[None]:
    """Let a refusal say which one of many stands in the way."""
    try:
        yield
    except Refused as refusal:
        if of == 1:
            raise
        text = _("“%(subject)s”: %(why)s") % {"subject": str(subject), "why": str(refusal.message)}
        raise Refused(text, code=refusal.code, field=refusal.field) from refusal


def preview_of(
    subjects: Sequence[Subject], old_units: Sequence[Unit | None], others: set[int]
) -> ReassignmentPreview:
    """Return what moves with ``subjects``; told are the people of ``old_units`` and of the ``others``."""
    tasks = [row.pk for row in subjects if isinstance(row, Task)]
    reports = {row.task_id: row for row in open_reports(tasks).select_related("period", "unit")}
    reminders = dict(
        Reminder.objects.unsent().filter(task__in=tasks).order_by().values_list("task").annotate(Count("pk"))
    )
    milestones = dict(
        Milestone.objects.open().filter(task__in=tasks).order_by().values_list("task").annotate(Count("pk"))
    )
    moves = [
        Move(
            subject=row,
            old_unit=old_unit,
            report=reports.get(row.pk) if isinstance(row, Task) else None,
            reminders=reminders.get(row.pk, 0) if isinstance(row, Task) else 0,
            milestones=milestones.get(row.pk, 0) if isinstance(row, Task) else 0,
        )
        for row, old_unit in zip(subjects, old_units, strict=True)
    ]
    units = others | {old_unit.pk for old_unit in old_units if old_unit}
    return ReassignmentPreview(moves=moves, people=people_of(units))


def lead_values(lead: LeadAssignment) -> dict[str, str]:
    """Return what messages say of a lead."""
    subject = lead.subject
    return {
        "task": str(subject),
        "task_en": subject.name_en if isinstance(subject, Campaign) else "",
        "unit": lead.unit.name,
        "unit_en": lead.unit.name_en,
        "day": lead.starts_on.isoformat(),
    }


def address_of(subject: Subject) -> str:
    """Return where the page of a campaign or task is."""
    return f"/tasks/{subject.pk}/" if isinstance(subject, Task) else f"/campaigns/{subject.pk}/"
