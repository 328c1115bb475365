"""One report of the demo, in whatever state, with its submissions: every row as the services would leave it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commands.models import User
from tasks.demo.phrases import Phrases, metric_value, own_light
from tasks.demo.world import Story, World
from tasks.models import Decision, Period, Report, Submission, Timeliness
from tasks.rules.reports import ReportState, is_on_time


@dataclass
class Filing:
    """A report being told: the rows, and what is known of its month."""

    world: World
    phrases: Phrases
    story: Story
    period: Period
    percent: Decimal
    before: Decimal
    """Progress of the month before."""
    report: Report = field(init=False)
    submissions: list[Submission] = field(default_factory=list)

    def __post_init__(self) -> None:
        lead = self.story.lead_on(self.last_day)
        self.report = Report(task=self.story.task, period=self.period, unit=lead.unit)

    @property
    def last_day(self) -> dt.date:
        """Return the last day on which the report could move so far."""
        return min(self.world.clock.today, self.period.closes_on)

    @property
    def limit(self) -> dt.datetime:
        """Return the moment by which all that has happened to the report had happened."""
        limit = self.period.closed_at or self.world.clock.now
        if self.story.finished_on and self.story.ends_in(self.period):
            limit = min(limit, self.world.clock.at(self.story.finished_on, 17))
        return limit

    def content(self, moment: dt.datetime, percent: Decimal | None = None) -> dict[str, Any]:
        """Return the typed fields as of ``moment``."""
        percent = self.percent if percent is None else percent
        deviation = percent - self.story.scheduled_for(self.period)
        words = self.phrases.report(
            self.story,
            self.period.month.month,
            timezone.localdate(moment),
            percent=percent,
            before=self.before,
            behind=deviation < -10,
        )
        light = own_light(self.story, deviation)
        value = metric_value(self.story, percent)
        reasons = self._reasons(
            moment, percent, words["problems"], behind=light != "green" or deviation < -10
        )
        return {"actual_percent": percent, "metric_value": value, "own_light": light, **words, **reasons}

    def _reasons(
        self, moment: dt.datetime, percent: Decimal, problems: str, *, behind: bool
    ) -> dict[str, Any]:
        """Return what a filing says besides, where the task is behind or its figure has fallen."""
        texts, found = self.phrases.texts, dict[str, Any]()
        if behind:
            turn = self.story.number + self.period.month.month
            next_month = (timezone.localdate(moment).replace(day=1) + dt.timedelta(days=62)).replace(day=1)
            found["cause"] = problems or texts["behind_because"]
            found["measure"] = texts["catch_up"][turn % len(texts["catch_up"])]
            found["recovery_on"] = next_month - dt.timedelta(days=1)
        if percent < self.before:
            found["correction_reason"] = texts["fell_because"]
        return found

    def draft(self, moment: dt.datetime) -> Filing:
        """Let somebody have begun to type."""
        content = self.content(moment) | {"next_steps": "", "own_light": ""}
        self._type(content, moment, self._author())
        self.report.state = ReportState.DRAFT
        return self

    def submit(self, moment: dt.datetime, percent: Decimal | None = None) -> Filing:
        """File it at ``moment``."""
        report, lead = self.report, self.story.lead_on(timezone.localdate(moment))
        report.unit = lead.unit
        author = self._author()
        content = self.content(moment, percent)
        if self.submissions:
            content["progress"] += self.phrases.words("corrected")
        self._type(content, moment, author)
        if report.first_submitted_at is None:
            report.first_submitted_at = moment
            on_time = is_on_time(moment, self.period.due_at)
            report.timeliness = Timeliness.ON_TIME if on_time else Timeliness.LATE
        report.state, report.submitted_at, report.return_words = ReportState.SUBMITTED, moment, ""
        number = len(self.submissions) + 1
        row = Submission(
            report=report, number=number, unit=lead.unit, submitted_at=moment, submitted_by=author
        )
        for name, value in content.items():
            setattr(row, name, value)
        self.submissions.append(row)
        return self

    def give_back(self, moment: dt.datetime, words: str) -> Filing:
        """Let the office have returned it with words."""
        self._decide(Decision.RETURNED, moment, words)
        self.report.state, self.report.return_words = ReportState.RETURNED, words
        return self

    def accept(self, moment: dt.datetime) -> Filing:
        """Let the office have accepted it; now and then it says something."""
        stuck = self.percent - self.story.scheduled_for(self.period) < -10
        words = self.phrases.texts["catch_up_words"] if stuck else ""
        if not words and self.world.rng.random() < 0.12:
            words = self.phrases.words("accept_words")
        reviewer = self._decide(Decision.ACCEPTED, moment, words)
        self.report.state = ReportState.ACCEPTED
        self.report.accepted_at, self.report.accepted_by = moment, reviewer
        return self

    def miss(self) -> Filing:
        """Let it never have been filed."""
        self.report.state, self.report.timeliness = ReportState.MISSED, Timeliness.MISSED
        return self

    def _author(self) -> User:
        people, unit_id = self.world.people, self.report.unit.pk
        return people.heads[unit_id] if self.world.rng.random() < 0.1 else people.reporters[unit_id]

    def _type(self, content: dict[str, Any], moment: dt.datetime, author: User) -> None:
        for name, value in content.items():
            setattr(self.report, name, value)
        self.report.version += 1
        self.report.saved_at, self.report.saved_by = moment, author

    def _decide(self, decision: Decision, moment: dt.datetime, words: str) -> User:
        reviewer = self.world.people.reviewer(self.story.task.campaign.headquarters_id)
        row = self.submissions[-1]
        row.decision, row.decided_at, row.decided_by, row.words = decision, moment, reviewer, words
        self.report.version += 1
        return reviewer
