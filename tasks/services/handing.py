"""Handing over what was claimed, by whatever channel, and recording what became of it.

Whatever is written here is written under the claim: a worker that was taken for dead and was only slow changes
nothing any more. What a channel cannot deliver for good goes on to the person's next channel.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from commands.models import User
from commands.models.writing import insert_rows
from tasks.channels import Carrier, Fault, Refusal
from tasks.channels.carrier import Handover
from tasks.errands import Errand, errands
from tasks.models import Channel, ChannelChoice, Notification, Reminder, ReminderState, Robot
from tasks.models.reminders import ReminderQuerySet
from tasks.rules.channels import next_channel
from tasks.rules.reminders import Kind, retry_after

logger = logging.getLogger(__name__)

Rows = list[Errand]


def ours(rows: Iterable[Errand]) -> ReminderQuerySet:
    """Return those of ``rows``, all of one claim, that are still this worker's."""
    rows = list(rows)
    claims = {row.claim for row in rows}
    return Reminder.objects.filter(
        pk__among=[row.pk for row in rows], claim__in=claims, state=ReminderState.SENDING
    )


def _record_sent(rows: Iterable[Errand]) -> int:
    return ours(rows).update(**_sent())


def _sent() -> dict[str, Any]:
    return {"state": ReminderState.SENT, "sent_at": timezone.now(), "outcome": "delivered"}


def put_into_inboxes(rows: Rows) -> int:
    """Write the messages of locked ``rows`` and record them as sent, in one transaction: exactly once."""
    if not rows:
        return 0
    messages = [(row.person.pk, f"reminder_{row.kind}", row.values, row.link) for row in rows]
    Reminder.objects.filter(pk__among=[row.pk for row in rows]).update(**_sent(), attempts=F("attempts") + 1)
    return insert_rows(Notification, ("recipient_id", "kind", "values", "link"), messages)


Pairs = list[tuple[Rows, Handover]]
"""Messages in words, each of one addressee, with the rows that it carries."""
Ended = list[tuple[Rows, Fault | None]]
"""The rows of messages that were handed over, and what was wrong."""


def hand_over(rows: Rows, carrier: Carrier) -> int:
    """Send each addressee one message with all of theirs; return how many reminders were delivered."""
    try:
        delivered = _one_by_one(_in_turn(rows), carrier)
    finally:
        carrier.close()
    for robot, outcome in carrier.robots.items():
        Robot.objects.filter(pk=robot).update(outcome=outcome[:300], used_at=timezone.now())
    return delivered


def _one_by_one(waiting: list[Rows], carrier: Carrier) -> int:
    """Hand over some at a time and return how many reminders were delivered.

    While they are on their way, what came of those before is recorded and the next are put into words and noted as
    begun, in one transaction: nobody waits for the disk. A worker that dies leaves three messages in doubt at most.
    """
    begun, done, delivered = Pairs(), Ended(), 0
    away = _nobody_answers(carrier)
    with ThreadPoolExecutor(carrier.side_by_side) as threads:
        while begun or done or (waiting and not away):
            flying = [(each, threads.submit(_fault_of, handover)) for each, handover in begun]
            # What a worker ended with before is written with nothing else in hand, which would be blamed for it.
            number = 0 if (begun or done) and waiting and waiting[0][0].deaths else carrier.side_by_side
            some, waiting = waiting[:number], waiting[number:]
            following = [pair for each in some if (pair := _written(each, carrier))]
            with transaction.atomic():
                delivered += _record(done)
                begun = _begin(following)
            done = [(each, flight.result()) for each, flight in flying]
            if away := next((fault for _each, fault in done if fault and fault.away), None):
                waiting, begun = [each for each, _handover in begun] + waiting, Pairs()
    if away:
        # The rest waits together. One by one, each would wait for the time-out.
        logger.warning("The channel cannot be reached: %s", away)
        _try_again([row for each in waiting for row in each], away)
    return delivered


def _in_turn(rows: Rows) -> list[Rows]:
    """Return each addressee's rows: a message of theirs; a weekly digest is a mail of its own.

    What has failed before comes last: were it what ends the worker, the others' has gone out by then.
    """
    by_addressee: dict[object, Rows] = defaultdict(list)
    for row in rows:
        by_addressee[row.addressee, row.kind == Kind.WEEKLY].append(row)
    return sorted(by_addressee.values(), key=lambda each: each[0].attempts)


def _nobody_answers(carrier: Carrier) -> Fault | None:
    try:
        carrier.open()
    except OSError as error:
        return Fault(error, away=True)
    return None


def _written(rows: Rows, carrier: Carrier) -> tuple[Rows, Handover] | None:
    """Put one addressee's reminders into words. What is wrong with them is theirs: the next one's go out all the same."""
    try:
        return rows, carrier.write(rows)
    except Fault as fault:
        _record_fault(rows, fault)
    except Exception as error:
        logger.exception("The message to %s could not be written", rows[0].addressee.pk)
        _try_again(rows, Fault(error))
    return None


def _begin(pairs: Pairs) -> Pairs:
    """Note, just before, that messages are being handed over: what died without it was certainly not sent.

    One row of a message speaks for all. Return those that are still this worker's.
    """
    begun = Pairs()
    for rows, handover in pairs:
        if ours(rows[:1]).update(handed_at=timezone.now(), claimed_at=timezone.now()):
            begun.append((rows, handover))
        else:
            logger.warning("Another worker has taken over the message to %s", rows[0].addressee.pk)
    return begun


def _record(ended: Ended) -> int:
    """Record what became of each message and return how many reminders were delivered."""
    delivered = 0
    for rows, fault in ended:
        if fault:
            _record_fault(rows, fault)
        else:
            delivered += _record_sent(rows)
    return delivered


def _fault_of(handover: Handover) -> Fault | None:
    try:
        handover()
    except Fault as fault:
        return fault
    except Exception as error:
        logger.exception("A message could not be handed over")
        return Fault(error)
    return None


def _record_fault(rows: Rows, fault: Fault) -> None:
    addressee = rows[0].addressee.pk
    if isinstance(fault, Refusal):
        logger.warning("The message to %s was refused: %s", addressee, fault)
        _give_up(rows, _outcome(fault.code, fault))
        return
    expected = fault.__cause__ is None or isinstance(fault.__cause__, OSError)  # every SMTPException is one
    logger.warning(
        "The message to %s will be tried again: %s", addressee, fault, exc_info=None if expected else fault
    )
    if fault.perhaps:
        ours(rows).update(maybe_duplicate=True)
    _try_again(rows, fault)


def _outcome(code: str, error: Exception) -> str:
    words = str(error).replace("\0", "")  # of whatever a server answers; PostgreSQL takes no NUL
    return (f"{code}: {words}" if words else code)[:300]


def _try_again(rows: Rows, fault: Fault) -> None:
    """Plan a further attempt after a passing fault, with a wait that grows and is never quite the same."""
    by_faults: dict[int, Rows] = defaultdict(list)
    for row in rows:
        by_faults[row.attempts - row.deaths].append(row)
    for faults, group in by_faults.items():
        wait = retry_after(faults)
        if wait is None:
            _give_up(group, _outcome("given_up", fault))
            continue
        jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, hides nothing
        ours(group).update(
            state=ReminderState.PLANNED,
            planned_for=timezone.now() + max(wait * jitter, fault.wait or dt.timedelta()),
            outcome=_outcome("retrying", fault),
            claim=None,
            handed_at=None,
        )


def put_off(row: Reminder, error: Exception) -> None:
    """Plan a further attempt at a locked row that nobody has claimed; it fails in the end like one that was."""
    row.attempts += 1
    wait = retry_after(row.attempts - row.deaths)
    row.outcome = _outcome("retrying" if wait else "given_up", error)
    if wait:
        row.planned_for = timezone.now() + wait
    else:
        row.state = ReminderState.FAILED
    row.save(update_fields=["attempts", "outcome", "planned_for", "state"])


@transaction.atomic
def _give_up(rows: Rows, outcome: str) -> None:
    """Record that a channel failed for good, and plan the next channel in its place."""
    if ours(rows).update(state=ReminderState.FAILED, outcome=outcome):
        fall_back(rows)


def fall_back(rows: Sequence[Errand]) -> None:
    """Plan, for now, the next channel of the person whose ``rows`` failed; a group's people have channels of their own."""
    if isinstance(person := rows[0].addressee, Robot):
        return
    able = _able(person)
    theirs = Reminder.objects.filter(recipient=person, stage__in={row.stage for row in rows})
    present: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for row in errands(theirs.filter(due_on__in={row.due_on for row in rows})):
        present[row.stage_key].add(row.channel)
    following = [(row, next_channel(row.channel, present=present[row.stage_key], able=able)) for row in rows]
    Reminder.objects.bulk_create(
        (
            Reminder(
                **{f"{row.column}_id": row.subject},
                kind=row.kind,
                due_on=row.due_on,
                stage=row.stage,
                task_id=row.task_id,
                in_place_of=row.in_place_of,
                recipient=person,
                channel=channel,
                due_at=row.due_at,
                planned_for=timezone.now(),
                fallback_of_id=row.pk,
            )
            for row, channel in following
            if channel
        ),
        ignore_conflicts=True,
    )


def _able(person: User) -> set[str]:
    """Return the channels by which ``person`` can be reached and has not refused to be."""
    able: set[str] = {Channel.INBOX}
    if person.email and not ChannelChoice.objects.filter(user=person, email=False).exists():
        able.add(Channel.EMAIL)
    if Robot.objects.of(person).active().exists():
        able.add(Channel.APP)
    return able
