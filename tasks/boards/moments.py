"""The moment of which a page tells: now, or the end of a past day; and the rows as they stood then.

Everything that differs between the two is here. A board asks its area for tasks, reports or milestones, and
gets the rows of today or those that were kept of that day, with the same fields to read and count by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from commands.models import Headquarters, TeamHistory, Unit, UnitName, WorkTeam
from commands.models.ranges import in_force
from tasks.models import (
    Campaign,
    Light,
    Milestone,
    PastCampaign,
    PastMilestone,
    PastPeriod,
    PastReport,
    PastSupport,
    PastTask,
    Period,
    Report,
    Task,
    TaskBook,
)
from tasks.models.campaigns import CampaignQuerySet
from tasks.models.milestones import MilestoneQuerySet
from tasks.models.past import standing_on
from tasks.models.reports import ReportQuerySet
from tasks.models.tasks import TaskQuerySet

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """Now, or the end of ``day``."""

    day: dt.date
    is_past: bool

    @property
    def at(self) -> dt.datetime:
        """Return the last moment that counts."""
        if not self.is_past:
            return timezone.now()
        midnight = timezone.make_aware(dt.datetime.combine(self.day + ONE_DAY, dt.time.min))
        return midnight - dt.timedelta(microseconds=1)

    def tasks(self) -> TaskQuerySet:
        """Return all tasks; those of a past day name the task itself in ``task``, see ``KEY``."""
        return PastTask.objects.on(self.day) if self.is_past else Task.objects.all()

    def reports(self) -> ReportQuerySet:
        """Return all reports."""
        return PastReport.objects.filter(standing_on(self.day)) if self.is_past else Report.objects.all()

    def milestones(self) -> MilestoneQuerySet:
        """Return all milestones."""
        return (
            PastMilestone.objects.filter(standing_on(self.day)) if self.is_past else Milestone.objects.all()
        )

    def lights(self) -> QuerySet[Light]:
        """Return the recorded lights."""
        return Light.every.known_at(self.at) if self.is_past else Light.objects.all()

    def lit(self, path: str, period: F) -> Q:
        """Return the condition that a light at ``path`` is the one recorded for ``period``, as it was known."""
        mine = Q(**{f"{path}period": period})
        if not self.is_past:
            return mine & Q(**{f"{path}replaced_at__isnull": True})
        replaced = Q(**{f"{path}replaced_at__isnull": True}) | Q(**{f"{path}replaced_at__gt": self.at})
        return mine & Q(**{f"{path}recorded_at__lte": self.at}) & replaced

    def periods(self, book: TaskBook) -> list[Period]:
        """Return the periods of ``book`` that have opened, oldest first."""
        if not self.is_past:
            return list(book.periods.filter(opened_at__isnull=False).order_by("month"))
        kept = PastPeriod.objects.filter(standing_on(self.day), period__book=book, opened_at__isnull=False)
        return [then.put_on(then.period) for then in kept.select_related("period").order_by("period__month")]

    def task(self, task: Task) -> Task | None:
        """Return ``task``, loaded with its names, as it stood; None where it was not known yet."""
        if not self.is_past:
            return task
        kept = PastTask.objects.on(self.day).filter(task=task).with_names()
        found = self.shown(kept.select_related("campaign__book", "work_team"))
        return found[0] if found else None

    def supporting(self, task: Task) -> list[Unit]:
        """Return the units that support ``task``, in their order and under their names."""
        if not self.is_past:
            return list(task.supporting_units.all())
        kept = PastSupport.objects.filter(standing_on(self.day), task=task.pk)
        units = list(Unit.objects.filter(pk__in=kept.values("unit")))
        self.call(units=units)
        return units

    def shown(self, tasks: Iterable[Task]) -> list[Task]:
        """Return ``tasks`` as a page shows them: as tasks, and under the names of the day."""
        if not self.is_past:
            return list(tasks)
        found = [cast("Any", row).as_task(self.day) for row in tasks]
        units = [task.lead_unit for task in found if task.lead_unit]
        teams = [team for task in found if (team := task._state.fields_cache.get("work_team"))]
        self.call(units=units, teams=teams)
        self.dress(campaign for task in found if (campaign := task._state.fields_cache.get("campaign")))
        return found

    def call(
        self,
        *,
        units: Iterable[Unit] = (),
        headquarters: Iterable[Headquarters] = (),
        teams: Iterable[WorkTeam] = (),
    ) -> None:
        """Put the names of the day on rows, for showing only: a query for each kind of them."""
        if not self.is_past:
            return
        units, headquarters, teams = list(units), list(headquarters), list(teams)
        if units:
            UnitName.objects.call(units, self.day)
        if headquarters:
            plates = Headquarters.objects.with_nameplates().in_bulk({row.pk for row in headquarters})
            for row in headquarters:
                then = plates[row.pk].called_on(self.day)
                row.name, row.name_en = then.name, then.name_en
        if teams:
            history = TeamHistory.objects.filter(in_force(self.day), team__in=teams)
            names = {row.team_id: row for row in history}
            for team in teams:
                if then_called := names.get(team.pk):
                    team.name, team.name_en = then_called.name, then_called.name_en

    def campaign_had(self, path: str, **values: Any) -> Q:
        """Return the condition that the campaign at ``path`` of a row had ``values``: its command, its supervisor."""
        if not self.is_past:
            return Q(**{f"{path}{name}": value for name, value in values.items()})
        return Q(
            **{
                f"{path}pk__in": PastCampaign.objects.filter(standing_on(self.day), **values).values(
                    "campaign"
                )
            }
        )

    def supervised(self, campaigns: CampaignQuerySet) -> QuerySet[Any]:
        """Return those of ``campaigns`` that a leader supervises, by number; of a past day as they stood."""
        if not self.is_past:
            return campaigns.exclude(supervisor_title="").order_by("number")
        kept = PastCampaign.objects.filter(standing_on(self.day), campaign__in=campaigns)
        return kept.exclude(supervisor_title="").order_by("campaign__number")

    def dress(self, campaigns: Iterable[Campaign]) -> list[Campaign]:
        """Return ``campaigns`` as they stood; of a past day only those that there were then."""
        found = list(campaigns)
        if not self.is_past or not found:
            return found
        kept = PastCampaign.objects.filter(standing_on(self.day), campaign__in={row.pk for row in found})
        then = {row.campaign_id: row for row in kept.select_related("lead_unit", "headquarters")}
        dressed = [_as_it_stood(row, then[row.pk]) for row in found if row.pk in then]
        self.call(
            units=[row.lead_unit for row in dressed if row.lead_unit],
            headquarters=[row.headquarters for row in dressed if row.headquarters],
        )
        return dressed


def _as_it_stood(campaign: Campaign, then: PastCampaign) -> Campaign:
    then.put_on(campaign)
    campaign.lead_unit, campaign.headquarters = then.lead_unit, then.headquarters
    return campaign


def moment_of(day: dt.date) -> Moment:
    """Return now where ``day`` is today, and otherwise the end of it."""
    return Moment(day, is_past=day != timezone.localdate())
