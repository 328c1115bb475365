"""The area of a board: whose eyes, which book, narrowed to a strategic goal or a headquarters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from commands.models import Headquarters, User
from tasks.models import Campaign, Milestone, Period, Report, StrategicGoal, Task, TaskBook
from tasks.models.campaigns import CampaignQuerySet
from tasks.models.milestones import MilestoneQuerySet
from tasks.models.reports import ReportQuerySet
from tasks.models.tasks import TaskQuerySet


@dataclass(frozen=True)
class Area:
    """What a person sees of one task book. Cancelled tasks are not counted anywhere."""

    user: User
    book: TaskBook
    day: dt.date
    goal: StrategicGoal | None = None
    headquarters: Headquarters | None = None

    def campaigns(self) -> CampaignQuerySet:
        """Return the campaigns of the area, by number."""
        campaigns = Campaign.objects.visible_to(self.user).filter(book=self.book)
        if self.goal:
            campaigns = campaigns.filter(goals=self.goal)
        if self.headquarters:
            campaigns = campaigns.filter(headquarters=self.headquarters)
        return campaigns

    def tasks(self) -> TaskQuerySet:
        """Return the tasks that count in the area's figures."""
        tasks = Task.objects.visible_to(self.user).in_book(self.book.pk).counted()
        if self.goal:
            tasks = tasks.filter(campaign__goals=self.goal)
        if self.headquarters:
            tasks = tasks.filter(campaign__headquarters=self.headquarters)
        return tasks

    def all_tasks(self) -> TaskQuerySet:
        """Return every task the person sees, of whatever book, cancelled ones too: for histories."""
        return Task.objects.visible_to(self.user)

    def all_campaigns(self) -> CampaignQuerySet:
        """Return every campaign the person sees, of whatever book: for histories."""
        return Campaign.objects.visible_to(self.user)

    def milestones(self) -> MilestoneQuerySet:
        """Return the open milestones of those tasks."""
        return Milestone.objects.open().filter(task__in=self.tasks())

    def reports(self, period: Period) -> ReportQuerySet:
        """Return the reports of those tasks for ``period``."""
        return Report.objects.filter(period=period, task__in=self.tasks())

    @cached_property
    def periods(self) -> list[Period]:
        """Return the book's periods that have opened, oldest first."""
        return list(self.book.periods.filter(opened_at__isnull=False).order_by("month"))

    @property
    def filing_period(self) -> Period | None:
        """Return the period whose filing the area's figures tell of."""
        return filing_period(self.periods)

    @property
    def is_partial(self) -> bool:
        """Say whether the person sees less than the whole district."""
        return not self.user.duties.sees_all

    @property
    def ledger(self) -> str:
        """Return the address of the ledger with exactly this area's tasks; further filters can be added."""
        chosen = {"book": self.book, "goal": self.goal, "headquarters": self.headquarters}
        query = urlencode({name: row.pk for name, row in chosen.items() if row})
        return f"{reverse('tasks:task_list')}?{query}"


def filing_period(periods: list[Period]) -> Period | None:
    """Return the period whose filing matters: the oldest that is open, or else the last one that was.

    In the first days of a month two can be open; until the older one closes, what is late in it comes first.
    """
    return next((period for period in periods if period.is_open), periods[-1] if periods else None)
