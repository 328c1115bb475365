"""Directives as a reader sees them: lines of lists, the page of one, what waits, and what a desk says."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch

from commands.models import User
from tasks.boards.moments import Moment
from tasks.models import Addressee, Campaign, Directive, DirectivePoint, DirectiveStep, PointAnswer, Task
from tasks.models.directives import DirectiveQuerySet
from tasks.rules.calendar import WorkingCalendar
from tasks.services.calendar import working_calendar
from tasks.services.directives import Subject, campaign_of, may_close, may_issue, may_reply

SHOWN = 6
SOON = 3
"""Working days before the due day from which a line is marked."""
ANSWERING_TIME = 5
"""Working days that a new directive proposes for the answer."""
RANKS = {"overdue": 0, "unanswered": 1, "answered": 2, "closed": 3, "withdrawn": 3}
"""Exceptions first, as ``exceptions_first`` has it for today."""


@dataclass(frozen=True)
class DueDay:
    """How the day for an answer stands today, in working days."""

    day: dt.date
    workdays: int
    """Left until it, or passed since."""
    kind: str
    """late, just_late (no working day since), today, left."""
    is_provisional: bool
    is_workday: bool

    @classmethod
    def of(cls, day: dt.date, today: dt.date, calendar: WorkingCalendar) -> DueDay:
        """Work out how ``day`` stands on ``today``."""
        days = calendar.workdays_between(today, day)
        kind = "today" if day == today else "left"
        if day < today:
            kind = "late" if days < 0 else "just_late"
        return cls(day, abs(days), kind, calendar.is_provisional(day), calendar.is_workday(day))

    @property
    def is_late(self) -> bool:
        """Say whether it has passed."""
        return self.kind in {"late", "just_late"}


def proposed_day(today: dt.date) -> dt.date:
    """Return the day that a new directive proposes for the answer."""
    return working_calendar().add(today, ANSWERING_TIME)


@dataclass(frozen=True)
class DirectiveLine:
    """A directive as a line of a list."""

    directive: Directive
    due: DueDay
    state: str
    """overdue, unanswered, answered, closed, withdrawn."""
    answered: int
    addressed: int
    went_on: Task | Campaign | None = None
    """With which it went on, where the list is of last year's task or campaign."""


def lines_of(directives: Iterable[Directive], today: dt.date) -> list[DirectiveLine]:
    """Return ``directives``, loaded with their names, as lines: one query for the calendar."""
    rows = list(directives)
    calendar = working_calendar() if rows else None
    return [_line(directive, today, calendar) for directive in rows if calendar]


def _line(directive: Directive, today: dt.date, calendar: WorkingCalendar) -> DirectiveLine:
    units = list(directive.addressees.all())
    answered = sum(each.answered_at is not None for each in units)
    if directive.is_open:
        owed = "overdue" if directive.due_on < today else "unanswered"
        state = owed if answered < len(units) else "answered"
    else:
        state = "closed" if directive.closed_at else "withdrawn"
    due = DueDay.of(directive.due_on, today, calendar)
    gone = getattr(directive, "went_on", False)
    went_on = directive.subject_task or directive.campaign if gone else None
    return DirectiveLine(directive, due, state, answered, len(units), went_on)


def waiting_directives(user: User, moment: Moment) -> dict[str, Any]:
    """Return the directives open at ``moment`` that concern ``user``, exceptions first, and how many stand how.

    Whoever is not concerned is told nothing, not even a number.
    """
    mine, today = Directive.objects.visible_to(user), moment.day
    if moment.is_past:
        lines = lines_then(mine.open_at(moment.at), moment)
        states = Counter(line.state for line in lines)
        states["unanswered"] += states["overdue"]
        return {"directives": lines[:SHOWN], "directive_counts": states}
    counts = mine.counts(today)
    rows = mine.open().with_names().exceptions_first(today)[:SHOWN] if any(counts.values()) else []
    return {"directives": lines_of(rows, today), "directive_counts": counts}


def directives_on(subject: Subject, user: User, moment: Moment) -> dict[str, Any]:
    """Return what the page of a campaign, task or obstacle shows ``user`` of the directives on it.

    Of a past day as they stood at its end, and to those alone whom they concern today.
    """
    name = str(subject._meta.model_name)
    at = moment.at if moment.is_past else None
    rows: DirectiveQuerySet = getattr(Directive.objects.visible_to(user), f"of_{name}")(subject, at)
    if moment.is_past:
        return {"directives": lines_then(rows, moment)}
    shown = rows.exceptions_first(moment.day).prefetch_related("addressees", "task", "obstacle__task")
    shown = shown.select_related("campaign__book")
    return {
        "directives": lines_of(shown, moment.day),
        "directive_query": f"?{name}={subject.pk}",
        "may_issue_directive": may_issue(subject, user) and campaign_of(subject).book.closed_at is None,
    }


def lines_then(rows: DirectiveQuerySet, moment: Moment) -> list[DirectiveLine]:
    """Return ``rows`` as lines of a past day, exceptions first: what had been issued, as its steps tell it."""
    answers = DirectiveStep.objects.filter(at__lte=moment.at, kind__in=("answered", "returned"))
    loaded = rows.filter(issued_at__lte=moment.at).with_names()
    loaded = loaded.prefetch_related(Prefetch("addressees__steps", answers, to_attr="answers_then"))
    lines = lines_of((_as_it_stood(row, moment) for row in loaded), moment.day)
    return sorted(lines, key=lambda line: (RANKS[line.state], line.due.day, -line.directive.number))


def _as_it_stood(directive: Directive, moment: Moment) -> Directive:
    """Return ``directive`` without what came later, for showing only."""
    for name in ("closed_at", "withdrawn_at"):
        at = getattr(directive, name)
        setattr(directive, name, at if at and at <= moment.at else None)
    for part in directive.addressees.all():
        last: list[DirectiveStep] = part.answers_then[-1:]  # type: ignore[attr-defined]  # prefetched above
        part.answered_at = last[0].at if last and last[0].kind == "answered" else None
    return directive


# The desk


@dataclass(frozen=True)
class ToAnswer:
    """A directive that a unit has to acknowledge or to answer, as a line of its desk."""

    addressee: Addressee
    due: DueDay

    @property
    def tone(self) -> str:
        """Return the mark of the line, as those of reports have it."""
        if self.due.is_late or self.addressee.state == "returned":
            return "late"
        return "soon" if self.due.workdays <= SOON else ""


def to_answer(user: User, today: dt.date, calendar: WorkingCalendar) -> list[ToAnswer]:
    """Return what ``user``'s units owe an answer, the earliest day first: one query."""
    rows = Addressee.objects.of(user).owing().with_names().order_by("directive__due_on", "pk")
    return [ToAnswer(row, DueDay.of(row.directive.due_on, today, calendar)) for row in rows]


# The page of one


@dataclass(frozen=True)
class GivenAnswer:
    """One answer of a unit, point by point, and the words with which it was returned, if it was."""

    round: int
    points: list[tuple[DirectivePoint, str]]
    returned: DirectiveStep | None


@dataclass(frozen=True)
class UnitPart:
    """A unit addressed with what it has answered, as far as the reader is to read it."""

    addressee: Addressee
    is_mine: bool
    may_return: bool
    given: list[GivenAnswer] = field(default_factory=list)
    """The latest first. Whose units are only addressed as well, read their own alone."""


@dataclass(frozen=True)
class DirectivePage:
    """Everything on the page of a directive."""

    line: DirectiveLine
    points: list[DirectivePoint]
    """Empty where it is answered as a whole."""
    units: list[UnitPart]
    steps: list[DirectiveStep]
    may_reply: bool
    may_close: bool

    @property
    def owing(self) -> int:
        """Return how many units have yet to answer."""
        return self.line.addressed - self.line.answered


def directive_page(directive: Directive, user: User, today: dt.date) -> DirectivePage:
    """Return the page of ``directive`` for ``user``: the same number of queries for any number of units."""
    points = list(directive.points.all())
    closes = may_close(directive, user)
    steps = list(directive.steps.select_related("by", "addressee__unit", "from_task", "from_campaign__book"))
    reads_all = closes or not _only_addressed(directive, user)
    (line,) = lines_of([directive], today)
    return DirectivePage(
        line=line,
        points=[] if [point.text for point in points] == [directive.text] else points,
        units=_parts(directive, user, points, steps, reads_all=reads_all, closes=closes),
        steps=[step for step in steps if reads_all or _is_for(step, user)],
        may_reply=directive.is_open and may_reply(directive, user),
        may_close=directive.is_open and closes,
    )


def _only_addressed(directive: Directive, user: User) -> bool:
    """Say whether ``user`` is concerned as one of a unit addressed and not otherwise."""
    duties = user.duties
    in_charge = duties.is_office and duties.reviews(directive.commanded_campaign.headquarters_id)
    return not (duties.is_leader or in_charge or directive.issued_by_id == user.pk)


def _is_for(step: DirectiveStep, user: User) -> bool:
    """Say whether a unit's people read a step: the words with which another's answer was returned they do not."""
    return step.kind != "returned" or (step.addressee is not None and _is_of(step.addressee, user))


def _is_of(addressee: Addressee, user: User) -> bool:
    return addressee.unit_id in user.duties.unit_ids


def _parts(
    directive: Directive,
    user: User,
    points: list[DirectivePoint],
    steps: list[DirectiveStep],
    *,
    reads_all: bool,
    closes: bool,
) -> list[UnitPart]:
    answers = list(PointAnswer.objects.filter(addressee__directive=directive))
    parts = []
    for row in directive.addressees.all():
        mine = _is_of(row, user)
        given = _given(row, points, answers, steps) if mine or reads_all else []
        parts.append(UnitPart(row, mine, closes and directive.is_open and bool(row.answered_at), given))
    return sorted(parts, key=lambda part: not part.is_mine)


def _given(
    addressee: Addressee, points: list[DirectivePoint], answers: list[PointAnswer], steps: list[DirectiveStep]
) -> list[GivenAnswer]:
    """Return the answers that were given, the latest first. A draft is nobody's business but its unit's."""
    words = {(each.round, each.point_id): each.words for each in answers if each.addressee_id == addressee.pk}
    returns = {
        step.round: step for step in steps if step.addressee_id == addressee.pk and step.kind == "returned"
    }
    last = addressee.round if addressee.answered_at else addressee.round - 1
    return [
        GivenAnswer(n, [(point, words.get((n, point.pk), "")) for point in points], returns.get(n))
        for n in range(last, 0, -1)
    ]
