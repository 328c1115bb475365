"""A real month in a second: beat's jobs run by a clock that steps, and what reached people is written down."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import chinese_calendar
import time_machine
from django.core import mail
from django.utils import timezone

from tasks.models import Notification, Reminder
from tasks.models.reminders import SUBJECTS
from tasks.services.day import turn_the_day
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tasks.services.weekly import plan_weekly_digests
from tests import factories

TIMES = [dt.time(hour, 30) for hour in (0, 6, 7, 8, 10, 12, 15, 17, 20, 21, 23)]
"""When the jobs run on a day. In life it is every few minutes: CLOCK_STEP_MINUTES=30 comes nearer, and takes longer."""
if step := int(os.environ.get("CLOCK_STEP_MINUTES", "0")):
    TIMES = [dt.time(minute // 60, minute % 60) for minute in range(0, 24 * 60, step)]


def moments(start: dt.date, end: dt.date, times: Sequence[dt.time] = TIMES) -> list[dt.datetime]:
    """Return the moments from ``start`` until the day before ``end``."""
    days = (start + dt.timedelta(days=n) for n in range((end - start).days))
    return [factories.at(day, time.hour, time.minute) for day in days for time in times]


@dataclass
class Delivery:
    """One thing that reached a person."""

    at: dt.datetime
    person: str
    channel: str
    about: list[tuple[str, int, str, dt.date]]
    """Kind, id of the subject, stage and due day of every reminder in it; the subject of a weekly digest is 0."""

    @property
    def is_weekly(self) -> bool:
        """Say whether it is a weekly digest, which is a mail of its own."""
        return self.about[0][0] == "weekly"


@dataclass
class Log:
    """Everything that reached people."""

    deliveries: list[Delivery] = field(default_factory=list)

    def stages(self, person: str, kind: str, subject: int, channel: str = "email") -> list[tuple[str, str]]:
        """Return what a person heard about one thing: day and stage, in the order of arrival."""
        return [
            (f"{delivery.at:%m-%d %H:%M}", stage)
            for delivery in self.deliveries
            if (delivery.person, delivery.channel) == (person, channel)
            for about, pk, stage, _due_on in delivery.about
            if (about, pk) == (kind, subject)
        ]

    def days(self, person: str, kind: str, subject: int, channel: str = "email") -> list[tuple[str, str]]:
        """Return the same without the hour."""
        return [(when[:5], stage) for when, stage in self.stages(person, kind, subject, channel)]

    def mails_a_day(self, person: str) -> Counter[dt.date]:
        """Return how many mails a person got on each day."""
        return Counter(
            delivery.at.date()
            for delivery in self.deliveries
            if (delivery.person, delivery.channel) == (person, "email")
        )


def run(
    clock: time_machine.Traveller,
    start: dt.date,
    end: dt.date,
    *,
    happenings: Mapping[dt.datetime, Callable[[], object]] | None = None,
    outages: Iterable[tuple[dt.datetime, dt.datetime]] = (),
    sender_first: bool = False,
    steps: Sequence[dt.datetime] = (),
) -> Log:
    """Let beat run from ``start`` until the day before ``end``, but not during ``outages``; at ``steps`` or by default.

    What people do happens at its own moment, before the jobs of the next one run.
    """
    log, jobs = Log(), [plan_reminders, plan_weekly_digests, send_reminders]
    if sender_first:
        jobs.reverse()
    waiting, turned = dict(happenings or {}), None
    for moment in steps or moments(start, end):
        for due in sorted(when for when in waiting if when <= moment):
            clock.move_to(due)
            waiting.pop(due)()
        clock.move_to(moment)
        if not any(first <= moment < last for first, last in outages):
            if turned != moment.date():
                turn_the_day(now=timezone.now())
                turned = moment.date()
            for job in jobs:
                job(now=timezone.now())
            log.deliveries += _delivered(moment)
    assert not waiting
    return log


def _delivered(moment: dt.datetime) -> list[Delivery]:
    """Return what reached people at this step, as the inboxes and the mail server have it, and see the rows agree."""
    rows = list(Reminder.objects.filter(sent_at=timezone.now()).select_related("recipient"))
    if not rows:
        assert not mail.outbox
        return []
    found: list[Delivery] = []
    mailed: dict[tuple[str, bool], Delivery] = {}
    for row in rows:
        pk = next((pk for column in SUBJECTS if (pk := getattr(row, f"{column}_id"))), 0)
        about = (row.kind, pk, row.stage, row.due_on)
        person, mail_of = row.person.username, (row.person.username, row.kind == "weekly")
        if row.channel == "inbox":
            found.append(Delivery(moment, person, "inbox", [about]))
        elif mail_of in mailed:
            mailed[mail_of].about.append(about)
        else:
            mailed[mail_of] = Delivery(moment, person, "email", [about])
    addresses = Counter(to for message in mail.outbox for to in message.to)
    assert addresses == Counter(f"{person}@luohu.example" for person, _weekly in mailed)
    told = Notification.objects.filter(created_at=timezone.now(), kind__startswith="reminder_").count()
    assert told == len(found)
    mail.outbox.clear()
    return [*found, *mailed.values()]


def check_manners(log: Log) -> None:
    """See that everything came on a working day in the daytime, nothing twice, and one mail a person at a time.

    Which days are worked is asked of the calendar's own package, and not of our rules.
    """
    heard: Counter[tuple[object, ...]] = Counter()
    mails: Counter[tuple[str, dt.datetime, bool]] = Counter()
    for delivery in log.deliveries:
        assert chinese_calendar.is_workday(delivery.at.date()), delivery
        assert dt.time(8) <= delivery.at.time() < dt.time(21), delivery
        mails[delivery.person, delivery.at, delivery.is_weekly] += delivery.channel == "email"
        for about in delivery.about:
            heard[(delivery.person, delivery.channel, *about)] += 1
    assert not [what for what, times in heard.items() if times > 1]
    assert not [what for what, times in mails.items() if times > 1]
