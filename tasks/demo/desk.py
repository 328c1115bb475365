"""The months still being filed for: some reports filed, some begun, some returned, the rest due."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from tasks.demo.filings import Filing
from tasks.demo.world import Story, World
from tasks.models import Period

STILL_GREEN = Decimal("-9.4")


def tell_open_month(filing: Filing) -> Filing:
    """Tell where the report of an open period stands today."""
    world, story = filing.world, filing.story
    desk = world.desk_period
    if filing.period.month > desk.month:
        return filing  # the month has hardly begun
    known = world.organisation.desk.get(story.task.title) if filing.period == desk else None
    if _has_hardly_begun(filing):
        return _in_state(filing, known if known in {"draft", "returned"} else "due")
    return _in_state(filing, known or _chosen_state(filing))


def _has_hardly_begun(filing: Filing) -> bool:
    """Say whether the period is so young that nobody but the demo's own desk has begun."""
    clock = filing.world.clock
    return clock.calendar.workdays_between(filing.period.opens_on, clock.today) < 3


def _chosen_state(filing: Filing) -> str:
    """Choose a state: the nearer the due day, the more has been filed."""
    world, story = filing.world, filing.story
    chance, share = world.rng.random(), _filed_share(world, filing.period)
    past_due = filing.period.due_at <= world.clock.now
    if chance > share:
        state = "draft" if world.rng.random() < min(share, 0.3) else "due"
    elif chance > share * 0.97:
        state = "returned"
    else:
        state = "accepted" if world.rng.random() < 0.6 else "submitted"
    if story.in_trouble and not past_due and state == "accepted":
        return "submitted"  # an accepted report would bring tomorrow's light today
    if past_due and not story.in_trouble and _would_fall_behind(filing):
        return "accepted"
    return state


def _filed_share(world: World, period: Period) -> float:
    """Return what share of the reports is filed by now."""
    if period.due_at <= world.clock.now:
        return 0.92
    left = world.clock.calendar.workdays_between(world.clock.today, timezone.localdate(period.due_at))
    for days, share in ((1, 0.86), (2, 0.78), (4, 0.6), (7, 0.4), (11, 0.16)):
        if left <= days:
            return share
    return 0.04


def _would_fall_behind(filing: Filing) -> bool:
    """Say whether a task that goes well would be lit yellow only because its report is not accepted yet."""
    return filing.before - filing.story.scheduled_for(filing.period) < STILL_GREEN


def _in_state(filing: Filing, state: str) -> Filing:
    world = filing.world
    submitted = _filed_at(filing)
    if state == "draft":
        return filing.draft(submitted)
    if state == "submitted":
        return filing.submit(submitted)
    if state == "returned":
        return _returned(filing, submitted)
    if state == "accepted":
        filing.submit(submitted)
        return filing.accept(world.clock.soon_after(submitted, filing.limit))
    return filing


def _filed_at(filing: Filing) -> dt.datetime:
    """Return a moment of the last few working days, mostly before the report fell due."""
    clock, period = filing.world.clock, filing.period
    opened_at = period.opened_at or clock.now
    end = clock.now
    if period.due_at <= clock.now and filing.world.rng.random() > 0.08:
        end = period.due_at
    first = clock.at(clock.calendar.add(timezone.localdate(end), -5))
    # It was filed by whoever leads now, so not before they took over.
    since = clock.at(_lead_since(filing.story, clock.today))
    return clock.moment(max(first, opened_at, since), end)


def _lead_since(story: Story, today: dt.date) -> dt.date:
    return story.lead_on(today).starts_on


def _returned(filing: Filing, submitted: dt.datetime) -> Filing:
    """Tell a report that waits to be corrected; on the demo's own desk the figure had fallen."""
    clock, texts = filing.world.clock, filing.phrases.texts
    on_desk = filing.story.task.title in filing.world.organisation.desk
    words, wrong = filing.phrases.words("return_words"), filing.percent
    if on_desk and filing.before > 2:
        words, wrong = texts["returned_for_falling"], filing.before - Decimal("1.4")
    filing.submit(submitted, wrong)
    return filing.give_back(clock.soon_after(submitted, filing.limit), words)
