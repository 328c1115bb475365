"""A small district in 2026: five tasks of two units, and what people do about them from January to December."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from commands.models import Unit, User
from tasks.models import Addressee, Directive, LeadAssignment, Milestone, Obstacle, Report, Task
from tasks.services.answers import give_answer
from tasks.services.directives import close_directive, issue_directive
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.milestones import complete_milestone
from tasks.services.obstacles import raise_obstacle, resolve_obstacle
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report, return_report
from tests import factories
from tests.factories import at
from tests.tasks.almanac import NEW_YEAR, Thing, workday, worked
from tests.tasks.stories import again, current, typed

NEVER = at(dt.date(2027, 1, 1), 0)
HANDOVER = dt.date(2026, 9, 23)
"""A day before the reports on September fall due; the 25th is Mid-Autumn."""
OUTAGE = (at(dt.date(2026, 6, 24), 0), at(dt.date(2026, 6, 27), 0))
"""From Wednesday to Friday, around the due day of the reports on June; it ends on a Saturday."""
EAST = {"reporter": "reporter", "head": "head"}
SOUTH = {"reporter": "other_reporter", "head": "other_head"}
OF_EAST, OF_SOUTH = [(NEW_YEAR, EAST)], [(NEW_YEAR, SOUTH)]
OF_BOTH = [(NEW_YEAR, EAST), (at(HANDOVER, 0), SOUTH)]


def due_day(month: int) -> dt.date:
    """Return the day on which the reports on a month fall due: the 25th, or the last working day before it."""
    day = dt.date(2026, month, 25)
    return day if worked(day) else workday(day, -1)


def closing(month: int) -> dt.datetime:
    """Return when a month closes, after five working days for late filing."""
    return at(workday(due_day(month), 5) + dt.timedelta(days=1), 0)


Units = list[tuple[dt.datetime, dict[str, str]]]


@dataclass
class District:
    """Five tasks, each named by its unit's habit; the last changes hands in September."""

    people: dict[str, User]
    south: Unit
    prompt: Task
    late: Task
    returned: Task
    never: Task
    moved: Task
    happenings: dict[dt.datetime, Callable[[], object]] = field(default_factory=dict, kw_only=True)
    """What people do, by moment."""
    things: list[Thing] = field(default_factory=list, kw_only=True)
    """What they are reminded of meanwhile."""

    def __post_init__(self) -> None:
        for story in (_reports, _returns, _milestones, _handover, _directives, _obstacle):
            self.things += story(self)

    def by(self, name: str) -> User:
        """Return a person as the next request sees them."""
        return again(self.people[name])

    def happens(self, moment: dt.datetime, act: Callable[..., object], *about: object) -> dt.datetime:
        """Let somebody do something at ``moment``, or a minute later where another does."""
        while moment in self.happenings:
            moment += dt.timedelta(minutes=1)
        self.happenings[moment] = partial(act, *about)
        return moment

    def report(self, task: Task, month: int) -> Report:
        """Return a task's report on a month."""
        return Report.objects.get(task=task, period__month=dt.date(2026, month, 1))

    def report_id(self, task: Task, month: int) -> int:
        """Return its id, which is known once the month has begun."""
        return self.report(task, month).pk

    def file(self, task: Task, month: int, by: str) -> None:
        """File the report on a month as it stands."""
        report = current(self.report(task, month))
        content = typed(actual_percent=Decimal("99.0"))
        submit_report(report=report, content=content, version=report.version, by=self.by(by))

    def accept(self, task: Task, month: int) -> None:
        """Let the office accept it."""
        accept_report(report=self.report(task, month), by=self.by("office"))

    def send_back(self, task: Task, month: int) -> None:
        """Let the office return it."""
        return_report(report=self.report(task, month), words="请补充", by=self.by("office"))

    def due(self, task: Task, month: int, units: Units, done: dt.datetime) -> Thing:
        """Return a report that is due, and done at some moment or when its month closes."""
        pk = partial(self.report_id, task, month)
        return Thing("report", pk, due_day(month), units, min(done, closing(month)))


def _reports(of: District) -> Iterator[Thing]:
    """Two file in time and late, two never; one of these has changed hands in September."""
    for month in range(1, 13):
        day = due_day(month)
        # Before anybody is asked in odd months; in even ones when asked for the second time.
        early = at(workday(day, -6), 10, 20) if month % 2 else at(workday(day, -3), 16, 40)
        yield of.due(of.prompt, month, OF_EAST, of.happens(early, of.file, of.prompt, month, "reporter"))
        of.happens(at(workday(day, -1), 11, 15), of.accept, of.prompt, month)
        filed = of.happens(at(workday(day, 1), 15, 10), of.file, of.late, month, "other_reporter")
        yield of.due(of.late, month, OF_SOUTH, filed)
        yield of.due(of.never, month, OF_EAST, NEVER)
        yield of.due(of.moved, month, OF_BOTH if month >= HANDOVER.month else OF_EAST, NEVER)


def _returns(of: District) -> Iterator[Thing]:
    """File a day before the due day; late on the second evening after it the office returns it."""
    for month in range(1, 13):
        day, task = due_day(month), of.returned
        filed = of.happens(at(workday(day, -1), 16, 30), of.file, task, month, "reporter")
        yield of.due(task, month, OF_EAST, filed)
        back = of.happens(at(workday(day, 2), 21, 10), of.send_back, task, month)
        corrected = of.happens(at(workday(day, 4), 16, 20), of.file, task, month, "reporter")
        pk = partial(of.report_id, task, month)
        yield Thing("returned", pk, back.date(), OF_EAST, corrected, known=back)


def _milestones(of: District) -> Iterator[Thing]:
    """Reached before and after their day, and never; two fall on holidays, one into the outage."""
    for task, units, due, reached in (
        (of.never, OF_EAST, dt.date(2026, 2, 20), None),
        (of.prompt, OF_EAST, dt.date(2026, 3, 31), at(dt.date(2026, 3, 30), 15)),
        (of.late, OF_SOUTH, dt.date(2026, 5, 3), at(dt.date(2026, 5, 7), 10, 10)),
        (of.never, OF_EAST, dt.date(2026, 6, 25), None),
        (of.late, OF_SOUTH, dt.date(2026, 6, 26), at(dt.date(2026, 6, 26), 17)),
        (of.moved, OF_BOTH, dt.date(2026, 10, 8), None),
        (of.prompt, OF_EAST, dt.date(2026, 12, 10), at(dt.date(2026, 12, 11), 16)),
    ):
        milestone, done = factories.milestone(task=task, due_on=due), NEVER
        if reached:
            done = of.happens(reached, _reach, of, milestone, reached.date(), units[0][1]["reporter"])
        yield Thing("milestone", partial(int, milestone.pk), due, units, done)


def _reach(of: District, milestone: Milestone, day: dt.date, by: str) -> None:
    complete_milestone(milestone=milestone, completed_on=day, by=of.by(by))


def _handover(of: District) -> Iterator[Thing]:
    """Decided a week ahead, acknowledged late."""
    of.happens(
        at(HANDOVER - dt.timedelta(days=7), 10),
        lambda: reassign(
            subject=of.moved, unit=of.south, starts_on=HANDOVER, reason="调整", by=of.by("administrator")
        ),
    )
    done = of.happens(
        at(dt.date(2026, 9, 29), 10, 30), lambda: acknowledge_lead(lead=_lead(of), by=of.by("other_head"))
    )
    yield Thing("lead", lambda: _lead(of).pk, HANDOVER, OF_SOUTH, done)


def _lead(of: District) -> LeadAssignment:
    return LeadAssignment.objects.get(task=of.moved, unit=of.south)


def _directives(of: District) -> Iterator[Thing]:
    """One answered too late; one over the Labour Day holidays never answered, and closed in the end."""
    for issued, due, over, answered in (
        (dt.date(2026, 3, 16), dt.date(2026, 3, 20), at(dt.date(2026, 3, 24), 15), True),
        (dt.date(2026, 4, 20), dt.date(2026, 4, 30), at(dt.date(2026, 5, 20), 11), False),
    ):
        known = of.happens(at(issued, 10, 5), _issue, of, due)
        done = of.happens(over, _answer if answered else _close, of, due)
        yield Thing("directive", partial(_addressee_id, due), due, OF_SOUTH, done, known)


def _issue(of: District, due: dt.date) -> None:
    issue_directive(subject=of.late, text="请抓紧推进。", units=[of.south], due_on=due, by=of.by("leader"))


def _addressee_id(due: dt.date) -> int:
    return Addressee.objects.get(directive__due_on=due).pk


def _answer(of: District, due: dt.date) -> None:
    addressee = Addressee.objects.get(directive__due_on=due)
    give_answer(
        addressee=addressee, words={1: "已落实。"}, version=addressee.version, by=of.by("other_reporter")
    )


def _close(of: District, due: dt.date) -> None:
    close_directive(directive=Directive.objects.get(due_on=due), words="已知悉。", by=of.by("leader"))


def _obstacle(of: District) -> Iterator[Thing]:
    """Climb to the top, five working days a level: one clock runs out in the outage, and waits for its end."""
    raised = of.happens(
        at(dt.date(2026, 6, 15), 10, 30),
        lambda: raise_obstacle(
            task=of.late,
            what="地块权属不清",
            needs="请确认权属",
            wanted_by=dt.date(2026, 7, 31),
            by=of.by("other_reporter"),
        ),
    )
    of.happens(
        at(dt.date(2026, 7, 20), 9, 30),
        lambda: resolve_obstacle(obstacle=Obstacle.objects.get(), resolution="已确认。", by=of.by("office")),
    )
    for known, last_day, climbs, told in (
        (raised, dt.date(2026, 6, 23), OUTAGE[1], ("reporter", "head")),
        (OUTAGE[1], dt.date(2026, 7, 3), at(dt.date(2026, 7, 4), 0), ("hq_office",)),
        (
            at(dt.date(2026, 7, 4), 0),
            dt.date(2026, 7, 10),
            at(dt.date(2026, 7, 11), 0),
            ("hq_office", "office"),
        ),
    ):
        ladder = {-2: told, 0: told}
        yield Thing("obstacle", lambda: Obstacle.objects.get().pk, last_day, OF_SOUTH, climbs, known, ladder)
