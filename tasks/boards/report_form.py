"""What stands on and beside the form of a month's report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from commands.models import User
from tasks.boards.desk import Deadline, Turn, turn_of
from tasks.boards.queue import Outlook, outlooks_of
from tasks.models import Light, Milestone, Report, Submission
from tasks.rules.reports import Footing
from tasks.services.calendar import working_calendar


@dataclass(frozen=True)
class FormBoard:
    """Everything that a person is shown while filling in a month's report."""

    report: Report
    deadline: Deadline
    turn: Turn
    outlook: Outlook
    footing: Footing
    accepted: Submission | None
    """What was accepted last, for an earlier month."""
    last: Submission | None
    """What was filed last, for an earlier month."""
    last_light: Light | None
    returned: Submission | None
    """The filing that the office gave back, by returning it or by reopening the report."""
    milestones: list[Milestone]

    @property
    def said(self) -> dict[str, str]:
        """Return the office's words on single fields, by field."""
        return dict(self.returned.field_words) if self.returned else {}

    @property
    def limit_points(self) -> str:
        """Return how many points behind the plan a figure may be before it has to be explained."""
        return f"{-self.footing.thresholds.yellow_below.normalize():f}"

    @property
    def repeats(self) -> bool:
        """Say whether the saved text is, letter for letter, the one accepted last."""
        return repeats(self.report.progress, self.accepted)


def repeats(progress: str, accepted: Submission | None) -> bool:
    """Say whether ``progress`` only repeats what was accepted last."""
    return accepted is not None and bool(progress.strip()) and progress.strip() == accepted.progress.strip()


def form_board(report: Report, user: User, now: dt.datetime) -> FormBoard:
    """Return what stands beside the form of ``report``: a fixed number of queries."""
    outlook = outlooks_of([report], now)[report.pk]
    earlier = Submission.objects.before(report).with_people()
    accepted, last = earlier.accepted().first(), earlier.first()
    return FormBoard(
        report=report,
        deadline=Deadline.of(report, now, working_calendar()),
        turn=turn_of(user, report, now),
        outlook=outlook,
        footing=Footing(outlook.scheduled, accepted.actual_percent if accepted else None, outlook.thresholds),
        accepted=accepted,
        last=last,
        last_light=Light.objects.filter(task=report.task_id, period=last.report.period_id).first()
        if last
        else None,
        returned=report.submissions.with_people().last() if report.return_words else None,
        milestones=list(
            Milestone.objects.filter(task=report.task_id).asked_in(
                report.period.month, timezone.localdate(now)
            )
        ),
    )
