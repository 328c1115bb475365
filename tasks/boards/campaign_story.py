"""The story of a campaign month by month: its light, what its units reported, and what was decided."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Case, Count, F, FilteredRelation, Q, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from tasks.boards.campaigns import CampaignBoard, closed_lights
from tasks.boards.decisions import Decided, by_period, decisions_on
from tasks.boards.directives import DirectiveLine
from tasks.models import (
    Campaign,
    ChangeRequest,
    Closing,
    Decision,
    LeadAssignment,
    LightChoices,
    PastTask,
    Period,
    Submission,
    Task,
)

TOLD = 12
"""Reports of a month that are told, exceptions first; the ledger has them all."""
OPEN = 3
"""Months that are shown at once, and exceptions and decisions within each; the others fold away."""


@dataclass(frozen=True)
class Told:
    """What a unit reported on a task, as the office accepted it; ``light`` is the recorded one, or else the unit's."""

    task: Task
    filing: Submission
    light: str
    accepted: int
    """How many reports of that month are accepted in all."""

    @property
    def is_exception(self) -> bool:
        """Say whether it is behind, or tells of a problem."""
        return self.light in {LightChoices.RED, LightChoices.YELLOW} or bool(self.filing.problems)


@dataclass(frozen=True)
class CampaignMonth:
    """One month of a campaign: where it stood, what was told and decided."""

    period: Period
    light: str
    actual: Decimal | None
    scheduled: Decimal | None
    change: Decimal | None
    """Percentage points since the month before."""
    accepted: int
    told: list[Told] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)

    @property
    def exceptions(self) -> list[Told]:
        """Return what is shown at once: the worst."""
        return [one for one in self.told if one.is_exception][:OPEN]

    @property
    def others(self) -> list[Told]:
        """Return what folds away."""
        shown = self.exceptions
        return [one for one in self.told if one not in shown]

    @property
    def untold(self) -> int:
        """Return how many more accepted reports there are than are told."""
        return self.accepted - len(self.told)

    @property
    def decided_first(self) -> list[Decided]:
        """Return the latest decisions, shown at once."""
        return self.decided[:OPEN]

    @property
    def decided_before(self) -> list[Decided]:
        """Return the decisions that fold away."""
        return self.decided[OPEN:]


@dataclass(frozen=True)
class CampaignStory:
    """The months of a campaign's year, newest first."""

    months: list[CampaignMonth]

    @property
    def recent(self) -> list[CampaignMonth]:
        """Return the months shown at once."""
        return self.months[:OPEN]

    @property
    def earlier(self) -> list[CampaignMonth]:
        """Return the months that fold away."""
        return self.months[OPEN:]


def campaign_story(
    campaign: Campaign, board: CampaignBoard, directives: Sequence[DirectiveLine]
) -> CampaignStory:
    """Return the story of ``campaign`` as far as its page's reader sees it: four queries, whatever there is to tell.

    Only what the office accepted is told, and of ``directives`` those that the page shows its reader.
    """
    told, area = _told(board), board.area
    decisions = _as_known(_decisions(campaign, board, directives), board)
    decided = by_period(decisions, area.periods)
    months: list[CampaignMonth] = []
    lights = closed_lights(board.trend, area)
    for period in area.periods:
        light, actual, scheduled = _standing(period, board, lights)
        before = months[-1].actual if months else None
        change = None if actual is None or before is None else actual - before
        rows = told[period.pk]
        accepted = rows[0].accepted if rows else 0
        month = CampaignMonth(
            period, light, actual, scheduled, change, accepted, rows, decided.get(period.pk, [])
        )
        months.append(month)
    return CampaignStory(months[::-1])


def _standing(
    period: Period, board: CampaignBoard, lights: dict[dt.date, str]
) -> tuple[str, Decimal | None, Decimal | None]:
    """Return light, actual and scheduled progress: as recorded for a closed month, otherwise as they stand."""
    if period.closed_at is None:
        return board.tally.light, board.tally.actual, board.tally.scheduled
    points = [point for point in board.trend.points if point.month == period.month]
    light = lights.get(period.month, str(LightChoices.GREY))
    return (light, points[0].actual, points[0].scheduled) if points else (light, None, None)


def _told(board: CampaignBoard) -> dict[int, list[Told]]:
    """Return what was accepted by period, the worst first, a dozen of each month: two queries."""
    moment = board.area.moment
    held = Q(reopened_at__isnull=True) | Q(reopened_at__gt=moment.at)
    tasks, periods = board.tasks.keys(), board.area.periods
    light = Coalesce(F("lit__final"), F("own_light"))
    urgency = Case(
        When(shown_light=LightChoices.RED, then=Value(0)),
        When(shown_light=LightChoices.YELLOW, then=Value(1)),
        When(~Q(problems=""), then=Value(2)),
        default=Value(3),
    )
    place = Window(RowNumber(), partition_by="report__period", order_by=[urgency, F("report__task__code")])
    accepted = Submission.objects.filter(held, decision=Decision.ACCEPTED, decided_at__lte=moment.at)
    wanted = accepted.filter(report__task__in=tasks, report__period__in=periods)
    wanted = wanted.annotate(
        lit=FilteredRelation(
            "report__task__lights", condition=moment.lit("report__task__lights__", F("report__period"))
        )
    )
    number = Window(Count("pk"), partition_by="report__period")
    ranked = wanted.annotate(shown_light=light).annotate(place=place, accepted=number)
    ranked = ranked.filter(place__lte=TOLD)
    filings = list(ranked.select_related("report__task", "unit").order_by("place"))
    moment.call(units=[filing.unit for filing in filings])
    rows = _as_they_stood([filing.report.task for filing in filings], board)
    told: dict[int, list[Told]] = defaultdict(list)
    for filing in filings:
        task = rows[filing.report.task_id]
        one = Told(task, filing, filing.shown_light, filing.accepted)  # type: ignore[attr-defined]  # annotated above
        told[filing.report.period_id].append(one)
    return told


def _as_they_stood(tasks: Iterable[Task], board: CampaignBoard) -> dict[int, Task]:
    """Return ``tasks`` by their keys, with their titles of the day."""
    found, moment = {task.pk: task for task in tasks}, board.area.moment
    if moment.is_past:
        wanted = moment.tasks().filter(**{f"{PastTask.KEY}__in": list(found)})
        found |= {task.pk: task for task in moment.shown(wanted.with_names())}
    return found


def _as_known(decisions: list[Decided], board: CampaignBoard) -> list[Decided]:
    """Return ``decisions`` with their tasks and units under the names of the day."""
    about = [one.row for one in decisions if one.kind in {"lead", "change", "closing"} and one.row.task]
    rows = _as_they_stood([row.task for row in about], board)
    for row in about:
        row.task = rows[row.task_id]
    board.area.moment.call(units=[one.row.unit for one in decisions if one.kind == "lead"])
    return decisions


def _decisions(
    campaign: Campaign, board: CampaignBoard, directives: Sequence[DirectiveLine]
) -> list[Decided]:
    """Return what was decided: leads, changes and close-outs in a query each, what is loaded already besides."""
    at, keys = board.area.moment.at, board.tasks.keys()
    leads = LeadAssignment.objects.known_at(at).changes().filter(Q(campaign=campaign) | Q(task__in=keys))
    return decisions_on(
        leads=leads.select_related("task", "unit"),
        changes=ChangeRequest.objects.filter(task__in=keys, decided_at__lte=at).select_related("task"),
        closings=Closing.objects.filter(task__in=keys, decided_at__lte=at).select_related("task"),
        obstacles=board.cleared,
        directives=directives,
    )
