"""The page of a task: why its light is as it is, plan against reports, and its story month by month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commands.models import Unit, User
from commands.roles import Power
from tasks.boards.charts import Chart, progress_chart
from tasks.boards.dashboard import reasons_of
from tasks.boards.decisions import decisions_on
from tasks.boards.leads import in_force, leads_known
from tasks.boards.milestones import MilestoneLine, marks_of, milestone_line
from tasks.boards.moments import Moment
from tasks.boards.story import Month, decided_in, reports_of, story_of
from tasks.models import (
    Baseline,
    LeadAssignment,
    Reminder,
    Report,
    StateChoices,
    Task,
)
from tasks.rules.reports import FILEABLE

MONTHS_OPEN = 3
"""Months of the story that are shown at once; the earlier ones fold away."""
REMINDERS_SHOWN = 10


@dataclass(frozen=True)
class TaskBoard:
    """Everything on the page of a task."""

    reasons: list[str]
    lead: LeadAssignment | None
    """Today's."""
    leads: list[LeadAssignment]
    supporting: list[Unit]
    milestones: list[MilestoneLine]
    chart: Chart | None
    plan: Baseline | None
    """The one in force."""
    plans: list[Baseline]
    """All its versions that are known, the first one first."""
    story: list[Month]
    to_file: Report | None
    to_review: Report | None
    may_reassign: bool
    reminders: list[Reminder] = field(default_factory=list)

    @property
    def recent(self) -> list[Month]:
        """Return the months shown at once, newest first."""
        return self.story[:MONTHS_OPEN]

    @property
    def earlier(self) -> list[Month]:
        """Return the months that fold away."""
        return self.story[MONTHS_OPEN:]


def task_board(task: Task, user: User, moment: Moment) -> TaskBoard:
    """Return the page of ``task`` for ``user``: the same number of queries for any number of reports."""
    reports, day = reports_of([task], moment), moment.day
    plans = plans_known(task, moment)
    leads = leads_known(task, moment)
    milestones = [milestone_line(one, day) for one in moment.milestones().filter(task=task.pk)]
    return TaskBoard(
        # That the office set it stands beside, with who did and until when.
        reasons=reasons_of(task, day, without="set_by_office"),
        lead=in_force(leads, moment),
        leads=leads,
        supporting=[unit for unit in moment.supporting(task) if unit.pk != task.lead_unit_id],
        milestones=milestones,
        chart=_chart(task, reports, plans, milestones, day),
        plan=plan_of(plans, day),
        plans=plans,
        story=story_of(task, reports, moment),
        to_file=None if moment.is_past else _to_file(reports, user),
        to_review=None if moment.is_past else _to_review(task, reports, user),
        may_reassign=not moment.is_past and task.is_unfinished and user.duties.may(Power.REASSIGN),
        reminders=[] if moment.is_past else _reminders(task, user),
    )


def with_decisions(board: TaskBoard, life: dict[str, Any]) -> TaskBoard:
    """Return ``board`` with what was decided in each month, of what the page shows besides (``life_of``)."""
    decided = decisions_on(
        leads=board.leads[:-1],  # the first one came with the task
        changes=life["changes"],
        closings=life["closings"],
        obstacles=life["obstacles"],
        directives=life["directives"],
    )
    return replace(board, story=decided_in(board.story, decided))


def _chart(
    task: Task, reports: list[Report], plans: list[Baseline], milestones: list[MilestoneLine], day: dt.date
) -> Chart | None:
    """Return the plan in force, those before it, what was accepted, and the milestones, over time."""
    plan = plan_of(plans, day)
    accepted = [report for report in reversed(reports) if report.state == StateChoices.ACCEPTED]
    return progress_chart(
        plan.points_by_day() if plan else {},
        [(timezone.localdate(r.period.due_at), r.actual_percent or Decimal(0)) for r in accepted],
        task.starts_on,
        task.due_on,
        day,
        earlier=[one.points_by_day() for one in plans if plan and one.version < plan.version],
        marks=marks_of(milestones),
    )


def plans_known(task: Task, moment: Moment) -> list[Baseline]:
    """Return the versions of the plan that were known, the first one first, each with its points."""
    known = task.baselines.known_at(moment.at).select_related("approved_by")
    return list(known.order_by("version").prefetch_related("points"))


def plan_of(plans: list[Baseline], day: dt.date) -> Baseline | None:
    """Return which of the versions is in force; a first one that starts later than ``day`` is shown too."""
    in_force = [version for version in plans if version.starts_on <= day]
    shown = in_force[-1:] or plans[-1:]
    return shown[0] if shown else None


def _to_file(reports: list[Report], user: User) -> Report | None:
    """Return the report that ``user`` can file now, the oldest first."""
    mine = [
        report
        for report in reports
        if report.unit_id in user.duties.unit_ids and report.state in FILEABLE and report.period.is_open
    ]
    return mine[-1] if mine else None


def _to_review(task: Task, reports: list[Report], user: User) -> Report | None:
    """Return the report that waits for ``user``'s decision, the oldest first."""
    duties = user.duties
    if not duties.is_office or not duties.reviews(task.campaign.headquarters_id):
        return None
    waiting = [
        report
        for report in reports
        if report.state == StateChoices.SUBMITTED and report.unit_id not in duties.unit_ids
    ]
    return waiting[-1] if waiting else None


def _reminders(task: Task, user: User) -> list[Reminder]:
    """Return the latest reminders about the task, as far as ``user`` may look them up; none of its directives."""
    visible = Reminder.objects.visible_to(user).filter(task=task, directive__isnull=True)
    reminders = visible.select_related("recipient", "robot")
    return list(reminders.order_by("-planned_for", "-id")[:REMINDERS_SHOWN])
