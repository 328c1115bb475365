"""A real month in a second: beat's jobs run by a clock that steps, and what reached people is written down."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import time_machine
from django.core import mail
from django.utils import timezone

from tasks.models import Notification, Reminder
from tasks.models.reminders import SUBJECTS
from tasks.rules.calendar import WorkingCalendar
from tasks.services.day import turn_the_day
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories

TIMES = [dt.time(hour, 30) for hour in (0, 6, 7, 8, 10, 12, 15, 17, 20, 21, 23)]
"""When the jobs run on a day. In life it is every few minutes: CLOCK_STEP_MINUTES=30 comes nearer, and takes longer."""
if step := int(os.environ.get("CLOCK_STEP_MINUTES", "0")):
    TIMES = [dt.time(minute // 60, minute % 60) for minute in range(0, 24 * 60, step)]


def _moments(start: dt.date, end: dt.date) -> Iterator[dt.datetime]:
    """Yield the moments from ``start`` until the day before ``end``."""
    for n in range((end - start).days):
        for time in TIMES:
            yield factories.at(start + dt.timedelta(days=n), time.hour, time.minute)


@dataclass
class Delivery:
    """One thing that reached a person."""

    at: dt.datetime
    person: str
    channel: str
    about: list[tuple[str, int, str]]
    """Kind, id of the subject and stage of every reminder in it."""


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
            for about, pk, stage in delivery.about
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
) -> Log:
    """Let beat run from ``start`` until the day before ``end``, but not during ``outages``.

    What people do happens just before the jobs of its moment run.
    """
    log, jobs = Log(), [plan_reminders, send_reminders]
    if sender_first:
        jobs.reverse()
    waiting, turned = dict(happenings or {}), None
    for moment in _moments(start, end):
        clock.move_to(moment)
        for due in sorted(when for when in waiting if when <= moment):
            waiting.pop(due)()
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
    mailed: dict[str, Delivery] = {}
    for row in rows:
        kind, pk = row.kind, next(pk for column in SUBJECTS if (pk := getattr(row, f"{column}_id")))
        about = (kind, int(pk or 0), row.stage)
        person = row.person.username
        if row.channel == "inbox":
            found.append(Delivery(moment, person, "inbox", [about]))
        elif person in mailed:
            mailed[person].about.append(about)
        else:
            mailed[person] = Delivery(moment, person, "email", [about])
    addresses = Counter(to for message in mail.outbox for to in message.to)
    assert addresses == Counter(f"{person}@luohu.example" for person in mailed)
    told = Notification.objects.filter(created_at=timezone.now(), kind__startswith="reminder_").count()
    assert told == len(found)
    mail.outbox.clear()
    return [*found, *mailed.values()]


def check_manners(log: Log, calendar: WorkingCalendar | None = None) -> None:
    """See that everything came on a working day in the daytime, nothing twice, and one mail a person at a time."""
    calendar = calendar or WorkingCalendar()
    heard: Counter[tuple[str, str, str, int, str]] = Counter()
    mails: Counter[tuple[str, dt.datetime]] = Counter()
    for delivery in log.deliveries:
        assert calendar.is_workday(delivery.at.date()), delivery
        assert dt.time(8) <= delivery.at.time() < dt.time(21), delivery
        mails[delivery.person, delivery.at] += delivery.channel == "email"
        for about in delivery.about:
            heard[(delivery.person, delivery.channel, *about)] += 1
    assert not [what for what, times in heard.items() if times > 1]
    assert not [what for what, times in mails.items() if times > 1]
