"""What is asked of a system in chaos: make the district, plan, wake, and tell what stands about every reminder."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django

django.setup()

from django.db.models import Q  # noqa: E402  Django must be ready before anything of the project is imported
from django.utils import timezone  # noqa: E402

from commands.roles import RoleCode  # noqa: E402
from tasks.models import Notification, Period, Reminder, ReminderState  # noqa: E402
from tasks.services.wake import wake_sender  # noqa: E402
from tests import factories  # noqa: E402
from tests.factories.many import many_tasks  # noqa: E402
from tests.services import driver  # noqa: E402

BEGUN = Q(state=ReminderState.SENDING) | Q(state=ReminderState.PLANNED, attempts__gt=0)


def set_up(tasks: int, recipients: int) -> list[int]:
    """Make the tasks, each with a report due on the 25th and never filed; return the ids of the reports.

    Of the recipients two are the office and a leader, a sixth head their units, the others report.
    """
    heads = (recipients - 2) // 6
    units = [factories.unit() for _n in range(recipients - 2 - heads)]
    for n, unit in enumerate(units):
        factories.user_with(RoleCode.REPORTER, unit=unit, username=f"reporter-{n}")
    for n, unit in enumerate(units[:heads]):
        factories.user_with(RoleCode.HEAD, unit=unit, username=f"head-{n}")
    factories.user_with(RoleCode.OFFICE, username="office")
    factories.user_with(RoleCode.LEADER, username="leader")
    campaign = factories.campaign(lead_unit=units[0])
    period = factories.period(book=campaign.book)
    for n, unit in enumerate(units):
        many_tasks(_share(tasks, len(units), n), campaign=campaign, unit=unit, periods=[period])
    return list(Period.objects.get().reports.values_list("pk", flat=True))


def _share(whole: int, parts: int, n: int) -> int:
    return whole // parts + (n < whole % parts)


def wake() -> None:
    """Ask a worker to send, as beat does, and let nobody wait for the minutes between two attempts."""
    now = timezone.now()
    Reminder.objects.filter(state=ReminderState.PLANNED, attempts__gt=0).update(planned_for=now)
    wake_sender()


def unsettled() -> int:
    """Return how many reminders whose time has come are neither sent nor given up."""
    ready = Q(state=ReminderState.PLANNED, planned_for__lte=timezone.now() + dt.timedelta(seconds=5))
    return Reminder.objects.filter(ready | BEGUN).count()


def in_hand() -> dict[str, int]:
    """Return how many reminders a worker has claimed, and how many of them it was handing over."""
    claimed = Reminder.objects.filter(state=ReminderState.SENDING)
    return {"claimed": claimed.count(), "handed": claimed.filter(handed_at__isnull=False).count()}


def due_rows() -> list[dict[str, Any]]:
    """Return every reminder whose time has come, whatever became of it."""
    rows = Reminder.objects.filter(planned_for__lte=timezone.now()).select_related("recipient")
    return [
        {
            "pk": row.pk,
            "to": row.person.email,
            "report": row.report_id,
            "of_its_unit": row.person.username.startswith("reporter"),
            "stage": row.stage,
            "channel": row.channel,
            "state": row.state,
            "link": row.link,
            "maybe_duplicate": row.maybe_duplicate,
        }
        for row in rows
    ]


def inboxes() -> list[tuple[str, str, str]]:
    """Return for every message about a reminder whom it reached, about what and of which stage."""
    told = Notification.objects.filter(kind__startswith="reminder_")
    return [tuple(row) for row in told.values_list("recipient__email", "link", "values__stage")]


if __name__ == "__main__":
    acts = (set_up, driver.plan, wake, unsettled, in_hand, due_rows, inboxes)
    driver.main({act.__name__: act for act in acts})
