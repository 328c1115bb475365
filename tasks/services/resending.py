"""Sending a reminder once more by hand."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.errands import errands
from tasks.models import Reminder, ReminderState
from tasks.services.reminders import needless
from tasks.services.wake import wake_sender
from tasks.wording import reminder_outcome


def may_resend(user: User) -> bool:
    """Say whether ``user`` sends reminders again: offices and administrators do, within what they see."""
    return user.duties.is_office or user.duties.is_administrator


@transaction.atomic
def resend_reminder(*, reminder: Reminder, now: dt.datetime, by: User) -> Reminder:
    """Send ``reminder`` once more through its channel; what became of it before stays in the audit trail.

    Like every other it goes out in working hours. Refused where it is on its way anyway, where what it asks for
    is done, and where its recipient cannot sign in any more.
    """
    if not may_resend(by):
        raise Refused(_("The offices and the administrators send reminders again."), code="not_allowed")
    row = Reminder.objects.select_for_update(of=("self",), no_key=True).get(pk=reminder.pk)
    if row.state in {ReminderState.PLANNED, ReminderState.SENDING}:
        raise Refused(_("It is on its way already."), code="under_way")
    if row.recipient and not row.recipient.is_active:
        raise Refused(reminder_outcome("disabled"), code="disabled")
    if why_not := needless(errands(Reminder.objects.filter(pk=row.pk))).get(row.pk):
        raise Refused(reminder_outcome(why_not), code="needless")
    sent_at = timezone.localtime(row.sent_at).isoformat(timespec="minutes") if row.sent_at else ""
    before = {
        "reminder_state": row.state,
        "sent_at": sent_at,
        "outcome": row.outcome,
        "attempts": row.attempts,
    }
    row.state, row.planned_for = ReminderState.PLANNED, now
    row.sent_at, row.outcome, row.attempts, row.deaths = None, "", 0, 0
    row.claim = row.claimed_at = row.handed_at = None
    row.save()
    record_event(action="reminder.resend", about=row, before=before, by=by)
    wake_sender()
    return row
