"""The page of a task: why its light is as it is, plan against reports, and its story month by month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import Power
from tasks.boards.charts import Chart, progress_chart
from tasks.boards.dashboard import reasons_of
from tasks.boards.filing import FILING, REPORT_CODES
from tasks.models import (
    Baseline,
    Decision,
    LeadAssignment,
    Light,
    Milestone,
    Reminder,
    Report,
    StateChoices,
    Submission,
    Task,
)
from tasks.rules.reports import FILEABLE

MONTHS_OPEN = 3
"""Months of the story that are shown at once; the earlier ones fold away."""
REMINDERS_SHOWN = 10


@dataclass(frozen=True)
class MilestoneLine:
    """A milestone with what became of it: done, late (past its day, open) or open; and the days it was late."""

    milestone: Milestone
    state: str
    days_late: int


@dataclass(frozen=True)
class Month:
    """One month of the story: what was reported, what the office said, what light it gave.

    ``told`` says that the report is accepted: only then do its words show. What a unit has drafted, filed or
    got back stays between it and the office.
    """

    report: Report
    state: str
    """How the filing stands, in words."""
    tone: str
    light: Light | None
    submission: Submission | None
    change: Decimal | None
    """Percentage points since the accepted report before; None where there was none."""

    @property
    def told(self) -> bool:
        """Say whether the report is accepted."""
        return self.report.state == StateChoices.ACCEPTED


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


def task_board(task: Task, user: User, day: dt.date) -> TaskBoard:
    """Return the page of ``task`` for ``user``: the same number of queries for any number of reports."""
    reports = _reports(task)
    plan = plan_shown(task, day)
    leads = list(task.leads.select_related("unit", "decided_by").order_by("-starts_on"))
    accepted = [report for report in reports if report.state == StateChoices.ACCEPTED]
    figures = [(timezone.localdate(r.period.due_at), r.actual_percent or Decimal(0)) for r in accepted]
    return TaskBoard(
        reasons=reasons_of(task, day),
        lead=next((lead for lead in leads if lead.starts_on <= day and not _ended(lead, day)), None),
        leads=leads,
        supporting=[unit for unit in task.supporting_units.all() if unit.pk != task.lead_unit_id],
        milestones=[milestone_line(one, day) for one in task.milestones.all()],
        chart=progress_chart(
            plan.points_by_day() if plan else {}, figures[::-1], task.starts_on, task.due_on, day
        ),
        plan=plan,
        story=_story(task, reports),
        to_file=_to_file(reports, user),
        to_review=_to_review(task, reports, user),
        may_reassign=task.is_open and user.duties.may(Power.REASSIGN),
        reminders=_reminders(task, user),
    )


def _ended(lead: LeadAssignment, day: dt.date) -> bool:
    return lead.ends_on is not None and lead.ends_on <= day


def _reports(task: Task) -> list[Report]:
    """Return the task's reports, newest first, each with the filing that the office accepted."""
    accepted = Submission.objects.filter(decision=Decision.ACCEPTED).select_related(
        "submitted_by", "decided_by", "unit"
    )
    reports = task.reports.select_related("period", "unit").order_by("-period__month")
    return list(reports.prefetch_related(Prefetch("submissions", accepted, to_attr="accepted_filings")))


def plan_shown(task: Task, day: dt.date) -> Baseline | None:
    """Return the plan in force; a first one that starts later than ``day`` is shown too."""
    versions = list(task.baselines.order_by("version").prefetch_related("points"))
    in_force = [version for version in versions if version.starts_on <= day]
    shown = in_force[-1:] or versions[-1:]
    return shown[0] if shown else None


def milestone_line(milestone: Milestone, day: dt.date) -> MilestoneLine:
    """Return ``milestone`` with what has become of it by ``day``."""
    done = milestone.completed_on
    late = max(((done or day) - milestone.due_on).days, 0)
    state = "done" if done else ("late" if late else "open")
    return MilestoneLine(milestone, state, late)


def _story(task: Task, reports: list[Report]) -> list[Month]:
    """Return the months, newest first."""
    lights = {light.period_id: light for light in task.lights.all()}
    story: list[Month] = []
    before: Decimal | None = None
    for report in reversed(reports):
        change = None
        if report.state == StateChoices.ACCEPTED:
            change = None if before is None else (report.actual_percent or Decimal(0)) - before
            before = report.actual_percent
        filings: list[Submission] = report.accepted_filings  # type: ignore[attr-defined]  # set by _reports
        state, tone = _filing_state(report)
        filing = filings[-1] if filings else None
        story.append(Month(report, state, tone, lights.get(report.period_id), filing, change))
    return story[::-1]


_TONES = {"late": "yellow", "missed": "red", "returned": "yellow"}


def _filing_state(report: Report) -> tuple[str, str]:
    """Return in words how a report's filing stands, and its tone. A draft is nobody's business but its unit's."""
    code = {StateChoices.DUE: "waiting", StateChoices.DRAFT: "waiting"}.get(
        StateChoices(report.state), report.state
    )
    if report.state == StateChoices.ACCEPTED:
        code = "late" if report.timeliness == "late" else "on_time"
    words = {**REPORT_CODES, **FILING}[code][0]
    return str(words), _TONES.get(code, "green" if code == "on_time" else "")


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
    """Return the latest reminders about the task, as far as ``user`` may look them up."""
    reminders = Reminder.objects.visible_to(user).filter(task=task).select_related("recipient", "robot")
    return list(reminders.order_by("-planned_for", "-id")[:REMINDERS_SHOWN])
