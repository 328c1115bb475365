"""The demo's monthly reports: settled months, and the months still being filed for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from tasks.demo.courses import follow, next_value
from tasks.demo.desk import tell_open_month
from tasks.demo.filings import Filing
from tasks.demo.phrases import Phrases
from tasks.demo.world import Story, World
from tasks.models import Period, Report, Submission
from tasks.rules.reports import ReportState

MISSED_REPORTS = 5
"""How many reports of the settled months nobody filed."""


def create_reports(world: World, stories: list[Story]) -> None:
    """Write every report from January to today, with its submissions."""
    if not world.opened:
        return
    phrases, missed = Phrases(world), _choose_missed(world, stories)
    filings = [filing for story in stories for filing in _reports_of(world, phrases, story, missed)]
    Report.objects.bulk_create([filing.report for filing in filings], batch_size=200)
    Submission.objects.bulk_create([row for filing in filings for row in filing.submissions], batch_size=200)


def _choose_missed(world: World, stories: list[Story]) -> set[tuple[int, int]]:
    """Choose which reports (task's number, month) were missed: never of late, so that the light has recovered."""
    months = [period.month.month for period in world.closed[1:-2]]
    calm = [story for story in stories if not story.in_trouble]
    chosen = {
        (story.number, world.rng.choice(months)) for story in world.rng.sample(calm, MISSED_REPORTS) if months
    }
    last = world.fallen_due[-1:]
    if last and last[0].closed_at and len(world.closed) > 2:
        chosen |= {(s.number, last[0].month.month) for s in stories if "missed" in s.script.course}
    return chosen


def _reports_of(world: World, phrases: Phrases, story: Story, missed: set[tuple[int, int]]) -> list[Filing]:
    """Return the reports of one task."""
    owed = [period for period in world.opened if story.owes(period)]
    due = [period for period in owed if period.due_at <= world.clock.now]
    values = follow([story.scheduled_for(period) for period in due], story.script.course, world.rng)
    filings: list[Filing] = []
    before, due_before = Decimal(0), None
    for index, period in enumerate(owed):
        scheduled = story.scheduled_for(period)
        if story.ends_in(period):
            percent = Decimal(100)
        elif index < len(values):
            percent = values[index]
        else:
            known = before if index else None
            percent = next_value(known, due_before, scheduled, trouble=story.in_trouble, rng=world.rng)
        filing = Filing(world, phrases, story, period, percent, before)
        filings.append(_tell(filing, missed=(story.number, period.month.month) in missed))
        if filings[-1].report.state != ReportState.MISSED:
            before, due_before = percent, scheduled
    return filings


def _tell(filing: Filing, *, missed: bool) -> Filing:
    story, period = filing.story, filing.period
    if missed and not story.ends_in(period):
        return filing.miss()
    if period.closed_at or story.ends_in(period):
        return _settle(filing)
    return tell_open_month(filing)


def _settle(filing: Filing) -> Filing:
    """Tell a report that was accepted: most on time, some late, some only after a return."""
    world, limit = filing.world, filing.limit
    clock, due_at = world.clock, filing.period.due_at
    chance = world.rng.random()
    if filing.story.ends_in(filing.period):
        submitted = clock.moment(_earlier(world, limit, 4, filing.period), limit - dt.timedelta(hours=3))
    elif chance < 0.06:
        submitted = clock.moment(due_at + dt.timedelta(minutes=30), limit - dt.timedelta(days=1))
    else:
        submitted = clock.moment(_earlier(world, due_at, 7, filing.period), due_at)
        if chance < 0.1:
            return _settle_twice(filing, submitted, limit)
    filing.submit(submitted)
    return filing.accept(clock.soon_after(submitted, limit))


def _settle_twice(filing: Filing, submitted: dt.datetime, limit: dt.datetime) -> Filing:
    """Tell a report that was returned, corrected and accepted."""
    clock = filing.world.clock
    wrong = max(filing.before, filing.percent - Decimal("1.5"))
    filing.submit(submitted, wrong)
    returned = clock.soon_after(submitted, limit - dt.timedelta(hours=8))
    filing.give_back(returned, filing.phrases.words("return_words"))
    again = clock.soon_after(returned, limit - dt.timedelta(hours=4))
    filing.submit(again)
    return filing.accept(clock.soon_after(again, limit))


def _earlier(world: World, moment: dt.datetime, workdays: int, period: Period) -> dt.datetime:
    """Return the morning some working days before ``moment``, within the period."""
    day = world.clock.calendar.add(timezone.localdate(moment), -workdays)
    opened_at = period.opened_at or moment
    return max(world.clock.at(day), opened_at)
