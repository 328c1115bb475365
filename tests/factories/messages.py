"""What people are told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from commands.roles import RoleCode
from tasks.models import ChannelChoice, Notification, Reminder, Robot
from tasks.models.reminders import SUBJECTS
from tasks.services.subjects import evening
from tests.factories.commands import unit, user, user_with
from tests.factories.reports import report


def reminder(**fields: Any) -> Reminder:
    """Make a planned reminder D-1 by e-mail about a report, a milestone, … or an obstacle; by default a report."""
    if not any(fields.get(subject) for subject in SUBJECTS):
        fields["report"] = report()
    column = next(subject for subject in SUBJECTS if fields.get(subject))
    about = fields[column]
    due_at = fields.setdefault("due_at", _due_at(column, about))
    if not fields.get("robot"):
        fields["recipient"] = fields.get("recipient") or user_with(RoleCode.REPORTER, unit=unit())
    now = timezone.now()
    values = {
        "kind": column,
        "task": about.directive.subject_task if column == "directive" else about.task,
        "stage": "D-1",
        "channel": "email",
        "due_on": timezone.localdate(due_at),
        "planned_for": now,
    }
    if fields.get("state") == "sent":
        values["sent_at"] = now
    return Reminder.objects.create(**{**values, **fields})


def _due_at(column: str, about: Any) -> dt.datetime:
    if column == "report":
        return about.period.due_at  # type: ignore[no-any-return]
    if column == "directive":
        return evening(about.directive.due_on)
    days = {"milestone": "due_on", "lead": "starts_on", "obstacle": "escalates_on"}
    return evening(getattr(about, days[column]))


def notification(**fields: Any) -> Notification:
    """Make an unread message in a person's inbox."""
    fields["recipient"] = fields.get("recipient") or user()
    return Notification.objects.create(
        **{"kind": "report_returned", "values": {"words": "请补充数据。"}, "link": "/inbox/", **fields}
    )


def robot(**fields: Any) -> Robot:
    """Make a robot of the district's that writes to the log; with ``owner`` a person's own app."""
    return Robot.objects.create(**{"kind": "log", "name": "督查群", **fields})


def channel_choice(**fields: Any) -> ChannelChoice:
    """Make what a person chose; by default everything is on."""
    fields["user"] = fields.get("user") or user()
    return ChannelChoice.objects.create(**fields)
