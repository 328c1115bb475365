"""The area of a board: whose eyes, which book, which day, narrowed to a strategic goal or a headquarters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from commands.models import Headquarters, User
from tasks.boards.moments import Moment, moment_of
from tasks.models import (
    Campaign,
    LightRule,
    LightSum,
    Milestone,
    PastTask,
    Period,
    StrategicGoal,
    Task,
    TaskBook,
)
from tasks.models.campaigns import CampaignQuerySet
from tasks.models.lights import summed, thresholds_in_force
from tasks.models.milestones import MilestoneQuerySet
from tasks.models.reports import ReportQuerySet
from tasks.models.tasks import TaskQuerySet
from tasks.rules.lights import Thresholds


@dataclass(frozen=True)
class Area:
    """What a person sees of one task book, as it is or as it stood at the end of a past ``day``.

    Cancelled tasks are not counted anywhere. Whoever reads of the past sees of it what they see today.
    """

    user: User
    book: TaskBook
    day: dt.date
    goal: StrategicGoal | None = None
    headquarters: Headquarters | None = None
    supervisor: str = ""
    """The title of the leader who supervises the campaigns; empty for all."""

    @cached_property
    def moment(self) -> Moment:
        """Return the moment of which the area tells."""
        return moment_of(self.day)

    def campaigns(self) -> CampaignQuerySet:
        """Return the campaigns of the area, by number."""
        campaigns = Campaign.objects.visible_to(self.user).filter(book=self.book).order_by("number")
        if self.goal:
            campaigns = campaigns.filter(goals=self.goal)
        return campaigns.filter(self.moment.campaign_had("", **self._under)) if self._under else campaigns

    @property
    def _under(self) -> dict[str, Any]:
        """Return who commands and supervises the campaigns of the area, as far as it is narrowed to them."""
        under = {"headquarters": self.headquarters, "supervisor_title": self.supervisor}
        return {name: value for name, value in under.items() if value}

    def tasks(self) -> TaskQuerySet:
        """Return the tasks that count in the area's figures, as they stood."""
        tasks = self.moment.tasks().visible_to(self.user).in_book(self.book.pk).counted()
        if self.goal:
            tasks = tasks.filter(campaign__goals=self.goal)
        return tasks.filter(self.moment.campaign_had("campaign__", **self._under)) if self._under else tasks

    def all_tasks(self) -> TaskQuerySet:
        """Return every task the person sees, of whatever book, cancelled ones too: for histories."""
        return Task.objects.visible_to(self.user)

    def all_campaigns(self) -> CampaignQuerySet:
        """Return every campaign the person sees, of whatever book: for histories."""
        return Campaign.objects.visible_to(self.user)

    def milestones(self) -> MilestoneQuerySet:
        """Return the milestones of those tasks that are under way."""
        return self.moment.milestones().filter(task__in=self.tasks().open().keys())

    def of_then(self, milestones: Iterable[Milestone]) -> list[Milestone]:
        """Return ``milestones``, loaded with their tasks, with those tasks as they stood."""
        found = list(milestones)
        if self.moment.is_past:
            asked = {f"{PastTask.KEY}__in": {one.task_id for one in found}}
            wanted = self.moment.tasks().filter(**asked).with_names()
            tasks = {task.pk: task for task in self.moment.shown(wanted)}
            for one in found:
                one.task = tasks[one.task_id]
        return found

    def reports(self, period: Period) -> ReportQuerySet:
        """Return the reports of those tasks for ``period``."""
        return self.moment.reports().filter(period=period, task__in=self.tasks().keys())

    def light_sums(self, campaigns: Sequence[Campaign], periods: Sequence[Period]) -> QuerySet[Any, Any]:
        """Return what the recorded lights of ``campaigns`` come to for ``periods``, as ``summed`` tells.

        Whoever sees all of today is told what is kept; whoever sees some tasks, or asks about a past day, what
        the lights of those tasks come to.
        """
        if self.is_partial or self.moment.is_past:
            tasks = self.tasks().filter(campaign__in=campaigns)
            return summed(self.moment.lights().filter(period__in=periods, task__in=tasks.keys()))
        return LightSum.objects.filter(campaign__in=campaigns, period__in=periods).as_summed()

    @cached_property
    def rules(self) -> list[LightRule]:
        """Return the versions of the lights' rules."""
        return list(LightRule.objects.all())

    @cached_property
    def thresholds(self) -> Thresholds:
        """Return the numbers of the lights in force on the area's day."""
        return thresholds_in_force(self.rules, self.day)

    @cached_property
    def closing_thresholds(self) -> dict[dt.date, Thresholds]:
        """Return for each closed month the numbers that were in force when it closed."""
        ended = {period.month: period.closed_at for period in self.periods if period.closed_at}
        return {month: thresholds_in_force(self.rules, timezone.localdate(at)) for month, at in ended.items()}

    @cached_property
    def periods(self) -> list[Period]:
        """Return the book's periods that have opened, oldest first."""
        return self.moment.periods(self.book)

    @cached_property
    def filing_period(self) -> Period | None:
        """Return the period whose filing the area's figures tell of."""
        return filing_period(self.periods)

    @property
    def is_partial(self) -> bool:
        """Say whether the person sees less than the whole district."""
        return not self.user.duties.sees_all

    @cached_property
    def ledger(self) -> str:
        """Return the address of the ledger with exactly this area's tasks; further filters can be added."""
        chosen = {"book": self.book, "goal": self.goal, "headquarters": self.headquarters}
        query: dict[str, object] = {name: row.pk for name, row in chosen.items() if row}
        if self.supervisor:
            query["supervisor"] = self.supervisor
        if self.moment.is_past:
            query["as_of"] = self.day.isoformat()
        return f"{reverse('tasks:task_list')}?{urlencode(query)}"


def filing_period(periods: list[Period]) -> Period | None:
    """Return the period whose filing matters: the oldest that is open, or else the last one that was.

    In the first days of a month two can be open; until the older one closes, what is late in it comes first.
    """
    return next((period for period in periods if period.is_open), periods[-1] if periods else None)
