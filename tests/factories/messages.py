"""What people are told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import Notification, Reminder
from tests.factories.commands import unit, user, user_with
from tests.factories.reports import report


def reminder(**fields: Any) -> Reminder:
    """Make a planned reminder D-1 by e-mail about a report, a milestone or a lead; by default a report."""
    if not any(fields.get(subject) for subject in ("report", "milestone", "lead")):
        fields["report"] = report()
    about = fields.get("report") or fields.get("milestone") or fields["lead"]
    fields["recipient"] = fields.get("recipient") or user_with(RoleCode.REPORTER, unit=unit())
    now = timezone.now()
    values = {
        "task": about.task,
        "stage": "D-1",
        "channel": "email",
        "due_at": about.period.due_at if fields.get("report") else now + dt.timedelta(days=1),
        "planned_for": now,
    }
    if fields.get("state") == "sent":
        values["sent_at"] = now
    return Reminder.objects.create(**{**values, **fields})


def notification(**fields: Any) -> Notification:
    """Make an unread message in a person's inbox."""
    fields["recipient"] = fields.get("recipient") or user()
    return Notification.objects.create(
        **{"kind": "report_returned", "values": {"words": "请补充数据。"}, "link": "/inbox/", **fields}
    )
