"""Sending what is ready: claimed by a conditional update, handed over outside any transaction, recorded.

A claim that dies before ``handed_at`` was certainly not sent, and is simply taken up again; one that dies after
it may have been sent, is sent again (at least once), and is flagged.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import smtplib
import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from commands.models import User
from tasks.digest import digest_mail
from tasks.models import Channel, Notification, Reminder, ReminderState
from tasks.notices import reminder_values
from tasks.rules.reminders import is_sending_time, retry_after
from tasks.rules.reports import FILEABLE
from tasks.services.calendar import working_calendar

logger = logging.getLogger(__name__)

BATCH = 500
STUCK_AFTER = dt.timedelta(minutes=10)
PERMANENT = (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError, UnicodeError, ValueError)


def send_reminders(*, now: dt.datetime) -> int:
    """Send every reminder that is ready and return how many were delivered.

    Any number of workers may run this at once: each row is claimed by one of them.
    """
    release_stuck(now=now)
    if not settings.REMIND_AT_ANY_TIME and not is_sending_time(timezone.localtime(now), working_calendar()):
        return 0
    delivered = 0
    while rows := _claim(now):
        rows = _drop_needless(rows)
        delivered += _to_inboxes([row for row in rows if row.channel == Channel.INBOX])
        delivered += _by_mail([row for row in rows if row.channel == Channel.EMAIL])
    return delivered


def release_stuck(*, now: dt.datetime) -> int:
    """Take up again what a dead worker had claimed; flag what it may already have sent."""
    stuck = Reminder.objects.stuck(now - STUCK_AFTER)
    again = {"state": ReminderState.PLANNED, "claim": None, "claimed_at": None, "handed_at": None}
    unsure = stuck.filter(handed_at__isnull=False).update(maybe_duplicate=True, **again)
    return unsure + stuck.update(**again)


def _claim(now: dt.datetime) -> list[Reminder]:
    """Claim a batch of ready rows for this worker; another worker may get there first on any of them."""
    ids = list(Reminder.objects.ready(now).values_list("pk", flat=True)[:BATCH])
    if not ids:
        return []
    claim = uuid.uuid4()
    Reminder.objects.filter(pk__in=ids, state=ReminderState.PLANNED).update(
        state=ReminderState.SENDING, claim=claim, claimed_at=timezone.now(), attempts=F("attempts") + 1
    )
    claimed = Reminder.objects.filter(claim=claim, state=ReminderState.SENDING)
    related = ("recipient", "task", "report__period", "milestone", "lead__unit", "lead__campaign")
    return list(claimed.select_related(*related).order_by("due_at", "id"))


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
    return ""


def _drop_needless(rows: list[Reminder]) -> list[Reminder]:
    kept, dropped = [], defaultdict(list)
    for row in rows:
        if reason := _needless(row):
            dropped[reason].append(row.pk)
        else:
            kept.append(row)
    for reason, ids in dropped.items():
        Reminder.objects.filter(pk__in=ids).update(state=ReminderState.CANCELLED, outcome=reason)
    return kept


def _record_sent(rows: Iterable[Reminder]) -> None:
    Reminder.objects.filter(pk__in=[row.pk for row in rows], state=ReminderState.SENDING).update(
        state=ReminderState.SENT, sent_at=timezone.now(), outcome="delivered"
    )


@transaction.atomic
def _to_inboxes(rows: list[Reminder]) -> int:
    """Write the messages and record them as sent in one transaction: exactly once."""
    Notification.objects.bulk_create(
        Notification(
            recipient_id=row.recipient_id,
            kind=f"reminder_{row.subject_kind}",
            values=reminder_values(row),
            link=row.link,
        )
        for row in rows
    )
    _record_sent(rows)
    return len(rows)


def _by_mail(rows: list[Reminder]) -> int:
    """Send each recipient one digest over one connection; return how many reminders were delivered."""
    by_recipient: dict[int, list[Reminder]] = defaultdict(list)
    for row in rows:
        by_recipient[row.recipient_id].append(row)
    connection = get_connection()
    delivered = 0
    try:
        for group in by_recipient.values():
            delivered += _mail_one(group, connection)
    finally:
        connection.close()
    return delivered


def _mail_one(rows: list[Reminder], connection: BaseEmailBackend) -> int:
    recipient: User = rows[0].recipient
    ids = [row.pk for row in rows]
    if not recipient.email:
        Reminder.objects.filter(pk__in=ids).update(state=ReminderState.FAILED, outcome="no_address")
        return 0
    message: EmailMultiAlternatives = digest_mail(recipient, rows)
    Reminder.objects.filter(pk__in=ids).update(handed_at=timezone.now())
    try:
        message.connection = connection
        message.send()
    except PERMANENT as error:
        logger.warning("Mail to %s was refused: %s", recipient.username, error)
        Reminder.objects.filter(pk__in=ids).update(
            state=ReminderState.FAILED, outcome=_outcome("refused", error)
        )
        return 0
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("Mail to %s will be tried again: %s", recipient.username, error)
        connection.close()
        _try_again(rows, error)
        return 0
    _record_sent(rows)
    return len(rows)


def _outcome(code: str, error: Exception) -> str:
    return f"{code}: {error}"[:300]


def _try_again(rows: list[Reminder], error: Exception) -> None:
    """Plan a further attempt after a passing fault, with a wait that grows and is never quite the same."""
    for row in rows:
        wait = retry_after(row.attempts)
        update: dict[str, object]
        if wait is None:
            update = {"state": ReminderState.FAILED, "outcome": _outcome("given_up", error)}
        else:
            jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, hides nothing
            update = {
                "state": ReminderState.PLANNED,
                "planned_for": timezone.now() + wait * jitter,
                "outcome": _outcome("retrying", error),
                "claim": None,
                "handed_at": None,
            }
        Reminder.objects.filter(pk=row.pk).update(**update)
