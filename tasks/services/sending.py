"""Sending what is ready: claimed by a conditional update, handed over outside any transaction, recorded.

A claim that dies before ``handed_at`` was certainly not sent, and is simply taken up again; one that dies after
it may have been sent, is sent again (at least once), and is flagged. Whatever is written after claiming is
written under the claim: a worker that was taken for dead and was only slow changes nothing any more.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import smtplib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone

from commands.models import User
from tasks.digest import digest_mail
from tasks.models import Channel, Notification, Reminder, ReminderState
from tasks.models.reminders import ReminderQuerySet
from tasks.notices import reminder_values
from tasks.rules.reminders import RETRY_MINUTES, is_sending_time, retry_after
from tasks.rules.reports import FILEABLE
from tasks.services.calendar import working_calendar
from tasks.services.reminders import plan_reminders

logger = logging.getLogger(__name__)

PEOPLE = 50
"""For how many people a worker claims at once; the others are free for another worker."""

CLOCKS_MAY_DIFFER = dt.timedelta(seconds=5)
"""What another machine has just planned for "now" may lie ahead by this one's clock; its wake-up is not lost."""


def send_reminders(*, now: dt.datetime) -> int:
    """Send every reminder that is ready and return how many were delivered.

    Any number of workers may run this at once: each row is claimed by one of them.
    """
    release_stuck(now=now)
    if not settings.REMIND_AT_ANY_TIME and not is_sending_time(timezone.localtime(now), working_calendar()):
        return 0
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if Reminder.objects.ready(today - dt.timedelta(microseconds=1)).exists():
        # Left over from a day that was missed: a later stage may have taken its place, and one is enough.
        plan_reminders(now=now)
    delivered = 0
    while rows := _claim(now + CLOCKS_MAY_DIFFER):
        rows = _drop_needless(rows)
        delivered += _to_inboxes([row for row in rows if row.channel == Channel.INBOX])
        delivered += _by_mail([row for row in rows if row.channel == Channel.EMAIL])
    return delivered


@transaction.atomic
def release_stuck(*, now: dt.datetime) -> int:
    """Take up again what a dead worker had claimed; flag what it may already have sent.

    What has outlived as many workers as there are attempts is given up: it may be what kills them.
    """
    silent = Reminder.objects.stuck(now - dt.timedelta(minutes=settings.REMINDER_STUCK_MINUTES))
    # Skipped: what another worker is releasing at this moment.
    locked = silent.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    if not (ids := list(locked)):
        return 0
    stuck = Reminder.objects.filter(pk__in=ids)
    stuck.filter(handed_at__isnull=False).update(maybe_duplicate=True)
    spent = stuck.filter(attempts__gt=len(RETRY_MINUTES))
    spent.update(state=ReminderState.FAILED, outcome="given_up: the worker ended each time")
    stuck.filter(state=ReminderState.SENDING).update(
        state=ReminderState.PLANNED, claim=None, claimed_at=None, handed_at=None
    )
    return len(ids)


def _claim(now: dt.datetime) -> list[Reminder]:
    """Claim what is ready for some people, the most urgent first; another worker may get there first.

    All of a person's reminders go together, so that one mail carries them however many there are.
    """
    claim = uuid.uuid4()
    with transaction.atomic():
        rows = Reminder.objects.ready(now).order_by().filter(recipient__in=_people(now))
        # Skipped, and left for the next time: what somebody is cancelling or moving at this moment. A worker
        # never waits for people, who may be waiting for other rows of the same person.
        locked = rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        Reminder.objects.filter(pk__in=list(locked)).update(
            state=ReminderState.SENDING,
            claim=claim,
            claimed_at=timezone.now(),
            handed_at=None,
            attempts=F("attempts") + 1,
        )
    claimed = Reminder.objects.filter(claim=claim, state=ReminderState.SENDING)
    related = ("recipient", "task", "report__period", "milestone", "lead__unit", "lead__campaign")
    return list(claimed.select_related(*related).order_by("due_at", "id"))


def _people(now: dt.datetime) -> list[int]:
    """Return the people with the most urgent reminders, locked: two workers never share a person's."""
    ready = Reminder.objects.ready(now).order_by().values("recipient")
    urgent = ready.annotate(first=Min("due_at")).order_by("first", "recipient")
    people = User.objects.filter(pk__in=[row["recipient"] for row in urgent[:PEOPLE]])
    return list(
        people.order_by().select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    )


def _ours(rows: Iterable[Reminder]) -> ReminderQuerySet:
    """Return those of ``rows``, all of one claim, that are still this worker's."""
    rows = list(rows)
    claims = {row.claim for row in rows}
    return Reminder.objects.filter(
        pk__in=[row.pk for row in rows], claim__in=claims, state=ReminderState.SENDING
    )


def _needless(row: Reminder) -> str:
    """Return why ``row`` need not go out after all: what it chases was done a moment ago."""
    if not row.recipient.is_active:
        return "disabled"
    if row.report and row.report.state not in FILEABLE:
        return "filed"
    if row.report and not row.report.period.is_open:
        return "closed"
    if row.milestone and row.milestone.completed_on:
        return "reached"
    if row.lead and row.lead.acknowledged_at:
        return "acknowledged"
    if row.lead and row.lead.ends_on:
        return "moved"
    if row.task and not row.lead and not row.task.is_open:
        return "closed"
    return ""


def _drop_needless(rows: list[Reminder]) -> list[Reminder]:
    kept, dropped = [], defaultdict(list)
    for row in rows:
        if reason := _needless(row):
            dropped[reason].append(row)
        else:
            kept.append(row)
    for reason, group in dropped.items():
        _ours(group).update(state=ReminderState.CANCELLED, outcome=reason)
    return kept


def _record_sent(rows: Iterable[Reminder]) -> int:
    return _ours(rows).update(state=ReminderState.SENT, sent_at=timezone.now(), outcome="delivered")


@transaction.atomic
def _to_inboxes(rows: list[Reminder]) -> int:
    """Write the messages and record them as sent in one transaction: exactly once."""
    held = set(_ours(rows).select_for_update(no_key=True).values_list("pk", flat=True)) if rows else set()
    rows = [row for row in rows if row.pk in held]
    if not rows:
        return 0
    Notification.objects.bulk_create(
        Notification(
            recipient_id=row.recipient_id,
            kind=f"reminder_{row.subject_kind}",
            values=reminder_values(row),
            link=row.link,
        )
        for row in rows
    )
    return _record_sent(rows)


def _by_mail(rows: list[Reminder]) -> int:
    """Send each recipient one digest over one connection; return how many reminders were delivered."""
    by_recipient: dict[int, list[Reminder]] = defaultdict(list)
    for row in rows:
        by_recipient[row.recipient_id].append(row)
    connection, waiting, delivered = get_connection(), list(by_recipient.values()), 0
    try:
        while waiting:
            connection.open()
            delivered += _mail_one(waiting.pop(0), connection)
    except OSError as error:
        # Nobody answers there: the rest waits together. One by one, each would wait for the time-out.
        logger.warning("The mail server cannot be reached: %s", error)
        _try_again([row for group in waiting for row in group], error)
    finally:
        _close(connection)
    return delivered


def _close(connection: BaseEmailBackend) -> None:
    with suppress(OSError):  # an SMTPException is one; what was sent is sent, however the line ends
        connection.close()


def _mail_one(rows: list[Reminder], connection: BaseEmailBackend) -> int:
    """Send one person's reminders. Whatever is wrong with them is theirs: the next person's go out all the same."""
    recipient = rows[0].recipient
    if not recipient.email:
        _ours(rows).update(state=ReminderState.FAILED, outcome="no_address")
        return 0
    try:
        message = digest_mail(recipient, rows)
    except Exception as error:
        logger.exception("The mail to %s could not be written", recipient.username)
        _try_again(rows, error)
        return 0
    if _ours(rows).update(handed_at=timezone.now(), claimed_at=timezone.now()) < len(rows):
        logger.warning("Another worker has taken over the mail to %s", recipient.username)
        return 0
    try:
        message.connection = connection
        message.send()
    except Exception as error:
        _record_failure(rows, error)
        _close(connection)  # whatever state it was left in, the next mail begins anew
        return 0
    return _record_sent(rows)


def _record_failure(rows: list[Reminder], error: Exception) -> None:
    username = rows[0].recipient.username
    if _is_permanent(error):
        logger.warning("The mail to %s was refused: %s", username, error)
        _ours(rows).update(state=ReminderState.FAILED, outcome=_outcome("refused", error))
        return
    expected = isinstance(error, OSError)  # every SMTPException is one
    logger.warning("The mail to %s will be tried again: %s", username, error, exc_info=not expected)
    answered = isinstance(error, smtplib.SMTPException) and not isinstance(
        error, smtplib.SMTPServerDisconnected
    )
    if expected and not answered:
        _ours(rows).update(maybe_duplicate=True)  # the line broke: perhaps after the server had it all
    _try_again(rows, error)


def _is_permanent(error: Exception) -> bool:
    """Say whether trying again is pointless: the server said no for good (5xx), or the address cannot be sent to.

    4xx is "not now": a full mailbox, or a server that lets strangers wait (greylisting).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, (smtplib.SMTPNotSupportedError, UnicodeError, ValueError))


def _outcome(code: str, error: Exception) -> str:
    return f"{code}: {error}"[:300]


def _try_again(rows: list[Reminder], error: Exception) -> None:
    """Plan a further attempt after a passing fault, with a wait that grows and is never quite the same."""
    by_attempts: dict[int, list[Reminder]] = defaultdict(list)
    for row in rows:
        by_attempts[row.attempts].append(row)
    for attempts, group in by_attempts.items():
        wait = retry_after(attempts)
        if wait is None:
            _ours(group).update(state=ReminderState.FAILED, outcome=_outcome("given_up", error))
            continue
        jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, hides nothing
        _ours(group).update(
            state=ReminderState.PLANNED,
            planned_for=timezone.now() + wait * jitter,
            outcome=_outcome("retrying", error),
            claim=None,
            handed_at=None,
        )
