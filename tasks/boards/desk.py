"""What a unit's desk says: what there is to do, the most hurtful first, and what is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from commands.models import Unit, User
from tasks.boards.directives import ToAnswer, to_answer
from tasks.models import LeadAssignment, Period, Report, StateChoices
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.reports import FILEABLE, ReportState
from tasks.services.calendar import working_calendar

SOON = 3
"""Working days before the due day from which a line is marked."""


@dataclass(frozen=True)
class Deadline:
    """How a report stands to its due time, in working days."""

    period: Period
    workdays: int
    """Left until the due day, or passed since."""
    kind: str
    """late, just_late (no working day since), again (filed once, and returned), today, left."""

    @classmethod
    def of(cls, report: Report, now: dt.datetime, calendar: WorkingCalendar) -> Deadline:
        """Work out how ``report`` stands at ``now``."""
        today, due = timezone.localdate(now), timezone.localdate(report.period.due_at)
        days = calendar.workdays_between(today, due)
        if now > report.period.due_at:
            late = "late" if days < 0 else "just_late"
            return cls(report.period, abs(days), "again" if report.first_submitted_at else late)
        return cls(report.period, days, "today" if today == due else "left")

    @property
    def is_late(self) -> bool:
        """Say whether the due time has passed without a filing."""
        return self.kind in {"late", "just_late"}

    @property
    def is_soon(self) -> bool:
        """Say whether it is time to begin."""
        return self.workdays <= SOON


@dataclass(frozen=True)
class ToFile:
    """A report to be filed, as a line of the desk."""

    report: Report
    deadline: Deadline
    before_percent: Decimal | None = None
    before_month: dt.date | None = None

    @property
    def tone(self) -> str:
        """Return the mark of the line: what is late or returned, what is soon, the rest."""
        if self.deadline.is_late or self.report.state == ReportState.RETURNED:
            return "late"
        return "soon" if self.deadline.is_soon else ""


@dataclass(frozen=True)
class Handover:
    """A task or campaign taken over, to be acknowledged."""

    lead: LeadAssignment
    old_unit: Unit | None
    is_future: bool


@dataclass(frozen=True)
class Done:
    """What needs nothing more, of one state: of the open periods, and the year's missed ones."""

    state: StateChoices
    reports: list[Report]


@dataclass(frozen=True)
class Desk:
    """Everything on the desk of a person's units."""

    to_file: list[ToFile]
    to_answer: list[ToAnswer]
    """Directives."""
    handovers: list[Handover]
    period: Period | None
    """The latest open period."""
    several_units: bool
    done: list[Done]

    @property
    def count(self) -> int:
        """Return how many things there are to do."""
        return len(self.to_file) + len(self.to_answer) + len(self.handovers)

    @property
    def lines(self) -> list[ToFile | ToAnswer]:
        """Return reports and directives in one order: what is late or returned, what is soon, the rest.

        Reports keep their own order; a directive comes before those that fall due after it.
        """
        lines: list[ToFile | ToAnswer] = list(self.to_file)
        for row in self.to_answer:
            place = next((n for n, line in enumerate(lines) if _urgency(line) > _urgency(row)), len(lines))
            lines.insert(place, row)
        return lines


def desk_of(user: User, now: dt.datetime) -> Desk:
    """Return the desk of ``user``: a fixed number of queries for any number of reports."""
    calendar = working_calendar()
    reports = Report.objects.fileable_by(user).to_file().with_names().with_last_accepted().by_urgency(now)
    return Desk(
        to_answer=to_answer(user, timezone.localdate(now), calendar),
        to_file=[_line(report, now, calendar) for report in reports.select_related("saved_by")],
        handovers=handovers_of(user, timezone.localdate(now)),
        period=Period.objects.open().select_related("book").order_by("-month").first(),
        several_units=len(user.duties.unit_ids) > 1,
        done=_done(user, now),
    )


def _line(report: Report, now: dt.datetime, calendar: WorkingCalendar) -> ToFile:
    return ToFile(
        report=report,
        deadline=Deadline.of(report, now, calendar),
        before_percent=getattr(report, "before_percent", None),
        before_month=getattr(report, "before_month", None),
    )


def _urgency(line: ToFile | ToAnswer) -> tuple[int, dt.date]:
    """Return the place of a line among others: by its mark, then by its day."""
    marks = ("late", "soon", "")
    day = line.due.day if isinstance(line, ToAnswer) else timezone.localdate(line.report.period.due_at)
    return marks.index(line.tone), day


def _done(user: User, now: dt.datetime) -> list[Done]:
    """Return what the units have behind them, by state, in the order in which the desk shows it."""
    year = timezone.localdate(now).year
    this_month = Q(period__closed_at__isnull=True) & ~Q(state__in=FILEABLE)
    reports = list(
        Report.objects.fileable_by(user)
        .filter(this_month | Q(state=StateChoices.MISSED, period__month__year=year))
        .with_names()
        .order_by("-period__month", "task__campaign__number", "task__code")
    )
    return [
        Done(state, [report for report in reports if report.state == state])
        for state in (
            StateChoices.SUBMITTED,
            StateChoices.ACCEPTED,
            StateChoices.MISSED,
            StateChoices.EXEMPT,
        )
    ]


def handovers_of(user: User, today: dt.date) -> list[Handover]:
    """Return what the person's units have taken over and not acknowledged, and from whom."""
    waiting = (
        LeadAssignment.objects.to_acknowledge()
        .filter(unit__in=user.duties.unit_ids)
        .select_related("task__campaign", "campaign", "unit")
        .order_by("starts_on", "pk")
    )
    leads = list(waiting)
    before = _units_before(leads)
    return [
        Handover(lead, before.get((lead.task_id, lead.campaign_id, lead.starts_on)), lead.starts_on > today)
        for lead in leads
    ]


def _units_before(
    leads: Iterable[LeadAssignment],
) -> dict[tuple[int | None, int | None, dt.date | None], Unit]:
    """Return who led until the day each of ``leads`` begins, by task, campaign and day."""
    tasks = [lead.task_id for lead in leads if lead.task_id]
    campaigns = [lead.campaign_id for lead in leads if lead.campaign_id]
    ended = LeadAssignment.objects.filter(
        Q(task__in=tasks) | Q(campaign__in=campaigns), ends_on__isnull=False
    ).select_related("unit")
    return {(lead.task_id, lead.campaign_id, lead.ends_on): lead.unit for lead in ended}


@dataclass(frozen=True)
class Turn:
    """Where a report stands among those its filer works through, and which one comes next."""

    number: int
    of: int
    next_pk: int | None


def turn_of(user: User, report: Report, now: dt.datetime) -> Turn:
    """Return the place of ``report`` on the desk; the next after it, or the first where it is the last."""
    pks = list(Report.objects.fileable_by(user).to_file().by_urgency(now).values_list("pk", flat=True))
    place = pks.index(report.pk) if report.pk in pks else -1
    others = [*pks[place + 1 :], *pks[: max(place, 0)]]
    return Turn(number=place + 1, of=len(pks), next_pk=others[0] if others else None)
