"""Sending what is ready: claimed by a conditional update, handed over outside any transaction, recorded.

A claim that dies before ``handed_at`` was certainly not sent, and is simply taken up again; one that dies after
it may have been sent, is sent again (at least once), and is flagged. Whatever is written after claiming is
written under the claim: a worker that was taken for dead and was only slow changes nothing any more.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, models, transaction
from django.db.models import Count, F, Min
from django.utils import timezone

from commands.models import User
from tasks.channels import CARRIERS
from tasks.errands import Errand, errands
from tasks.models import Channel, Reminder, ReminderState, Robot
from tasks.models.reminders import ReminderQuerySet
from tasks.rules.reminders import MOST_DEATHS, Kind, is_sending_time
from tasks.services.calendar import working_calendar
from tasks.services.handing import fall_back, hand_over, put_into_inboxes, put_off
from tasks.services.reminders import needless, plan_reminders

logger = logging.getLogger(__name__)

PEOPLE = 50
"""For how many people a worker claims at once; the others are free for another worker."""

ROWS = 2_000
"""How many reminders a worker claims at once, but never less than one person's: what it dies with is soon done again."""

OURS = (Channel.INBOX, Channel.EMAIL)
ROUNDS = (OURS, (Channel.APP,), (Channel.GROUP,), OURS)
"""What is claimed together, in this order: a robot that is slow to answer keeps nobody's mail waiting.

The last round takes what an app could not deliver and goes by mail instead.
"""

CLOCKS_MAY_DIFFER = dt.timedelta(seconds=5)
"""What another machine has just planned for "now" may lie ahead by this one's clock; its wake-up is not lost."""


def send_reminders(*, now: dt.datetime) -> int:
    """Send every reminder that is ready and return how many were delivered.

    Any number of workers may run this at once: each row is claimed by one of them. Most of the time there is nothing
    to do, and one question tells so.
    """
    if not Reminder.objects.to_handle(now + CLOCKS_MAY_DIFFER, _silent_since(now)).exists():
        return 0
    release_stuck(now=now)
    if not settings.REMIND_AT_ANY_TIME and not is_sending_time(timezone.localtime(now), working_calendar()):
        return 0
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if Reminder.objects.ready(today - dt.timedelta(microseconds=1)).exists():
        # Left over from a day that was missed: a later stage may have taken its place, and one is enough.
        plan_reminders(now=now)
    delivered = 0
    for channels in ROUNDS:
        while (claimed := _claim(now + CLOCKS_MAY_DIFFER, channels)) is not None:
            told, rows = claimed
            delivered += told + _deliver(rows)
    return delivered


def _deliver(rows: list[Errand]) -> int:
    by_channel: dict[str, list[Errand]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel].append(row)
    return sum(hand_over(group, CARRIERS[channel]()) for channel, group in by_channel.items())


@transaction.atomic
def release_stuck(*, now: dt.datetime) -> int:
    """Take up again what a dead worker had claimed; flag what it may already have sent.

    A death is counted apart from what the other side answered: it says nothing of the message. Only what was in hand
    at ``MOST_DEATHS`` of them is given up, for it may be what kills the workers.
    """
    if not (rows := _stuck_rows(_silent_since(now))):
        return 0
    ids = [row.pk for row in rows]
    stuck = Reminder.objects.filter(pk__among=ids)
    # What only stood behind loses no attempt by it, however many workers end before its turn.
    in_hand, perhaps = _in_hand(rows)
    stuck.exclude(pk__in=in_hand).filter(attempts__gt=0).update(attempts=F("attempts") - 1)
    stuck.filter(pk__in=in_hand).update(deaths=F("deaths") + 1)
    stuck.filter(pk__in=perhaps).update(maybe_duplicate=True)
    spent = stuck.filter(deaths__gte=MOST_DEATHS)
    given_up = errands(spent)
    spent.update(state=ReminderState.FAILED, outcome="given_up: the worker ended each time")
    for row in given_up:
        fall_back([row])
    stuck.filter(state=ReminderState.SENDING).update(
        state=ReminderState.PLANNED, claim=None, claimed_at=None, handed_at=None
    )
    return len(ids)


def _stuck_rows(before: dt.datetime) -> list[Reminder]:
    """Return, locked, all rows of each claim of which nothing has moved since ``before``.

    The first row of a claim stands for all of it. Whoever holds that takes the claim as a whole, and nobody else a part:
    what one row tells of its message would be lost to the others.
    """
    silent = Reminder.objects.stuck(before)
    firsts = list(silent.order_by().values("claim").annotate(first=Min("pk")).values_list("first", flat=True))
    held = Reminder.objects.filter(pk__among=firsts, state=ReminderState.SENDING).order_by("pk")
    claims = set(held.select_for_update(skip_locked=True, no_key=True).values_list("claim", flat=True))
    rows = list(silent.filter(claim__in=claims).order_by("due_at", "id").select_for_update(no_key=True))
    # It may have waited for a worker that was only slow, and that goes on.
    moved = Reminder.objects.filter(claim__in=claims, state=ReminderState.SENDING, claimed_at__gte=before)
    alive = set(moved.values_list("claim", flat=True))
    return [row for row in rows if row.claim not in alive]


def _silent_since(now: dt.datetime) -> dt.datetime:
    """Return when a worker must have claimed what it has not handed over by ``now`` to be taken for dead."""
    return now - dt.timedelta(minutes=settings.REMINDER_STUCK_MINUTES)


def _in_hand(rows: Iterable[Reminder]) -> tuple[list[int], list[int]]:
    """Return the ids of what dead workers, each known by its claim, were busy with, and of those what may be sent.

    That is the messages that were being handed over, else the first in line, which was being written.
    """
    by_claim: dict[uuid.UUID | None, list[Reminder]] = defaultdict(list)
    for row in rows:
        by_claim[row.claim].append(row)
    found: list[int] = []
    perhaps: list[int] = []
    for claimed in by_claim.values():
        begun = {_message(row) for row in claimed if row.handed_at}
        busy = begun or {_message(min(claimed, key=lambda row: row.attempts))}
        ids = [row.pk for row in claimed if _message(row) in busy]
        found += ids
        perhaps += ids if begun else []
    return found, perhaps


def _message(row: Reminder) -> tuple[object, ...]:
    """Return what the rows of one message have in common."""
    return (row.recipient_id, row.robot_id, row.kind == Kind.WEEKLY)


@transaction.atomic
def _claim(now: dt.datetime, channels: Collection[str]) -> tuple[int, list[Errand]] | None:
    """Claim what is ready for some people or groups, the most urgent first; another worker may get there first.

    All of a person's reminders go together, so that one message carries them however many there are. What is for
    inboxes is in them when this ends; return how much that was, and what else was claimed. None: nothing is ready.
    """
    ready = Reminder.objects.ready(now).order_by().filter(channel__in=channels)
    rows = ready.filter(**_addressees(ready, "robot" if Channel.GROUP in channels else "recipient"))
    # Skipped, and left for the next time: what somebody is cancelling or moving at this moment. A worker
    # never waits for people, who may be waiting for other rows of the same person.
    locked = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    if not locked:
        return None
    told, others = _told(locked, with_apps=Channel.APP in channels)
    return told, _claimed(others)


def _told(ids: list[int], *, with_apps: bool) -> tuple[int, list[Errand]]:
    """Put into inboxes what, of locked rows, is for them; return how much that was, and what else is wanted.

    A row that cannot even be looked at is found by halves and waits by itself: it holds up nobody else's.
    """
    try:
        with transaction.atomic():
            rows = Reminder.objects.filter(pk__among=ids).order_by("due_at", "id")
            wanted = _drop_needless(errands(rows, with_apps=with_apps))
            told = put_into_inboxes([row for row in wanted if row.channel == Channel.INBOX])
    except (InterfaceError, OperationalError, ProgrammingError):
        raise  # the database's own, and no row's
    except Exception as error:
        if len(ids) == 1:
            logger.exception("Reminder %s could not be made ready", ids[0])
            put_off(Reminder.objects.get(pk=ids[0]), error)
            return 0, []
        middle = len(ids) // 2
        halves = [_told(half, with_apps=with_apps) for half in (ids[:middle], ids[middle:])]
        others = [row for _number, some in halves for row in some]
        return sum(number for number, _some in halves), sorted(others, key=lambda row: (row.due_at, row.pk))
    return told, [row for row in wanted if row.channel != Channel.INBOX]


def _claimed(rows: list[Errand]) -> list[Errand]:
    """Claim locked rows, and return them as they are then."""
    if not rows:
        return []
    claim = uuid.uuid4()
    Reminder.objects.filter(pk__among=[row.pk for row in rows]).update(
        state=ReminderState.SENDING,
        claim=claim,
        claimed_at=timezone.now(),
        handed_at=None,
        attempts=F("attempts") + 1,
    )
    return [row._replace(claim=claim, attempts=row.attempts + 1) for row in rows]


def _addressees(ready: ReminderQuerySet, column: str) -> dict[str, list[int]]:
    """Return the addressees with the most urgent reminders, locked: two workers never share a person's."""
    counted = ready.values(column).annotate(first=Min("due_at"), number=Count("pk"))
    urgent: list[int] = []
    total = 0
    for row in counted.order_by("first", column)[:PEOPLE]:
        if urgent and total + row["number"] > ROWS:
            break
        urgent.append(row[column])
        total += row["number"]
    rows: models.QuerySet[User] | models.QuerySet[Robot]
    rows = Robot.objects.all() if column == "robot" else User.objects.all()
    chosen = rows.filter(pk__in=urgent)
    locked = chosen.order_by().select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    return {f"{column}__in": list(locked)}


def _drop_needless(rows: list[Errand]) -> list[Errand]:
    """Cancel, of locked rows, what need not go out after all: what it chases was done a moment ago."""
    kept, dropped, reasons = [], defaultdict(list), needless(rows)
    for row in rows:
        if reason := reasons.get(row.pk, "") if row.addressee.is_active else "disabled":
            dropped[reason].append(row)
        else:
            kept.append(row)
    for reason, group in dropped.items():
        ids = [row.pk for row in group]
        Reminder.objects.filter(pk__among=ids).update(state=ReminderState.CANCELLED, outcome=reason)
    return kept
