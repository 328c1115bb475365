"""What the parts of the demo share: the world they are told in, and the story of one task."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from commands.models import Headquarters, Unit
from tasks.demo.clock import Clock
from tasks.demo.courses import Points
from tasks.demo.people import People
from tasks.demo.script import Organisation, TaskScript, day_in
from tasks.models import Ladder, LeadAssignment, Milestone, Period, Task, TaskBook
from tasks.rules.plans import scheduled_percent
from tasks.rules.reminders import Kind, Stages


@dataclass
class World:
    """The demo year as it is today."""

    clock: Clock
    rng: random.Random
    book: TaskBook
    organisation: Organisation
    units: dict[str, Unit]
    headquarters: dict[str, Headquarters]
    people: People
    periods: list[Period] = field(default_factory=list)

    @cached_property
    def ladders(self) -> dict[Kind, Stages]:
        """Return the ladders by which people were reminded."""
        return Ladder.objects.in_force()

    @property
    def launched_on(self) -> dt.date:
        """Return the day of the conference."""
        assert self.book.launched_on is not None  # noqa: S101  written with the book
        return self.book.launched_on

    def day(self, text: str) -> dt.date:
        """Return a day of the book's year."""
        return day_in(self.book.year, text)

    @property
    def opened(self) -> list[Period]:
        """Return the periods that have opened, oldest first."""
        return [period for period in self.periods if period.opened_at]

    @property
    def fallen_due(self) -> list[Period]:
        """Return the periods whose reports have fallen due."""
        return [period for period in self.opened if period.due_at <= self.clock.now]

    @property
    def closed(self) -> list[Period]:
        """Return the periods that have closed."""
        return [period for period in self.periods if period.closed_at]

    @property
    def desk_period(self) -> Period:
        """Return the period that people are filing for now.

        In the first days of a month that is still the month before, while it takes late reports.
        """
        open_ones = [period for period in self.opened if not period.closed_at]
        newest = open_ones[-1]
        fresh = self.clock.calendar.workdays_between(newest.opens_on, self.clock.today) < 3
        return open_ones[0] if fresh else newest


@dataclass
class Story:
    """A task of the demo, with all that its reports are told from."""

    number: int
    """Its place in the ledger; neighbours use different words."""
    script: TaskScript
    task: Task
    finished_on: dt.date | None = None
    plans: list[tuple[dt.date, Points]] = field(default_factory=list)
    """Versions of the plan by the day from which each is in force."""
    milestones: list[Milestone] = field(default_factory=list)
    leads: list[LeadAssignment] = field(default_factory=list)
    """Who leads and led; a change that is still to come is not among them."""
    planned_lead: LeadAssignment | None = None

    @property
    def in_trouble(self) -> bool:
        """Say whether the task comes to a light other than green or blue."""
        return bool(self.script.course & {"yellow", "red"})

    def scheduled(self, day: dt.date) -> Decimal:
        """Return what the plan in force on ``day`` asks for by then."""
        in_force = [points for starts_on, points in self.plans if starts_on <= day] or [self.plans[0][1]]
        return scheduled_percent(in_force[-1], self.task.starts_on, day) or Decimal(0)

    def scheduled_for(self, period: Period) -> Decimal:
        """Return what the plan asks for by the due day of ``period``."""
        return self.scheduled(timezone.localdate(period.due_at))

    def lead_on(self, day: dt.date) -> LeadAssignment:
        """Return who leads on ``day``; the first lead for days before it."""
        leads = [lead for lead in self.leads if lead.starts_on <= day]
        return (leads or self.leads[:1])[-1]

    def owes(self, period: Period) -> bool:
        """Say whether a report is due for ``period``: the task had begun, and was not closed out before."""
        next_month = (period.month + dt.timedelta(days=31)).replace(day=1)
        ended = self.finished_on is not None and self.finished_on < period.opens_on
        return self.task.starts_on < next_month and not ended

    def ends_in(self, period: Period) -> bool:
        """Say whether ``period`` is the last one: the task is closed out within it."""
        if self.finished_on is None:
            return False
        next_month = (period.month + dt.timedelta(days=31)).replace(day=1)
        return period.opens_on <= self.finished_on < next_month
