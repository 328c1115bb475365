"""A person's deadlines as a calendar: what their units owe; for who oversees, periods and key milestones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from commands.models import User
from luohu.templatetags.ui import name_in_language
from tasks.models import CalendarFeed, Directive, LeadAssignment, Milestone, Period, Report, Task

BEFORE, AHEAD = dt.timedelta(days=60), dt.timedelta(days=400)
"""How far the calendar reaches: what is long overdue is for the desk, not for a calendar."""


@dataclass(frozen=True)
class Deadline:
    """One entry: at a moment, or on a whole day. ``key`` stays the same as long as it is the same thing."""

    key: str
    title: str
    when: dt.datetime | dt.date
    path: str


def feed_of(feed: CalendarFeed, today: dt.date) -> bytes:
    """Return the deadlines of the feed's person as an iCalendar file, in their language.

    Moments are written in UTC, which says the same in every calendar program. The same deadlines make the same
    bytes: nothing in them tells when they were asked for.
    """
    with translation.override(feed.user.language):
        calendar = Calendar()
        calendar.add("prodid", "-//Luohu Task Force//Deadlines//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Luohu Task Force"))
        calendar.add("x-wr-timezone", settings.TIME_ZONE)
        calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"value": "DURATION"})
        for deadline in _deadlines(feed.user, today):
            calendar.add_component(_event(deadline, feed.created_at))
        return bytes(calendar.to_ical())


def _event(deadline: Deadline, stamp: dt.datetime) -> Event:
    event, when = Event(), deadline.when
    event.add("uid", f"{deadline.key}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("dtstart", when.astimezone(dt.UTC) if isinstance(when, dt.datetime) else when)
    event.add("summary", deadline.title)
    event.add("url", settings.SITE_URL + deadline.path)
    event.add("transp", "TRANSPARENT")  # a deadline makes nobody busy
    return event


def _deadlines(user: User, today: dt.date) -> Iterator[Deadline]:
    duties = user.duties
    if duties.unit_ids:
        yield from _reports(user)
        yield from _handovers(user)
    if duties.unit_ids or duties.is_office or duties.is_leader:
        yield from _directives(user)
    if duties.is_office or duties.sees_all:
        yield from _periods()
    yield from _milestones(user, today)


def _reports(user: User) -> Iterator[Deadline]:
    reports = Report.objects.to_file().filter(unit__in=user.duties.unit_ids)
    for report in reports.select_related("task", "period").order_by("period__due_at", "pk"):
        month = date_format(report.period.month, _("F Y"))
        title = _("Report for %(month)s: %(task)s") % {"month": month, "task": report.task.title}
        path = reverse("tasks:report_detail", args=[report.pk])
        yield Deadline(f"report-{report.pk}", f"{title} [{report.task.code}]", report.period.due_at, path)


def _handovers(user: User) -> Iterator[Deadline]:
    leads = LeadAssignment.objects.to_acknowledge().filter(unit__in=user.duties.unit_ids)
    for lead in leads.select_related("task", "campaign").order_by("starts_on", "pk"):
        title = _("Acknowledge the lead of %(name)s") % {"name": _name(lead.subject)}
        yield Deadline(f"lead-{lead.pk}", title, lead.starts_on, reverse("tasks:reassignment_list"))


def _name(subject: object) -> str:
    return subject.title if isinstance(subject, Task) else name_in_language(subject)


def _directives(user: User) -> Iterator[Deadline]:
    """Yield the directives still to be answered: for units their own, for who oversees all that concern them."""
    directives = Directive.objects.visible_to(user).unanswered()
    if user.duties.unit_ids:
        owing = {"addressees__unit__in": user.duties.unit_ids, "addressees__answered_at__isnull": True}
        directives = directives.filter(**owing).distinct()
    for directive in directives.order_by("due_on", "pk"):
        title = _("Answer directive %(number)s") % {"number": directive.code}
        path = reverse("tasks:directive_detail", args=[directive.pk])
        yield Deadline(f"directive-{directive.pk}", title, directive.due_on, path)


def _periods() -> Iterator[Deadline]:
    for period in Period.objects.open().order_by("due_at", "pk"):
        title = _("Reports for %(month)s are due") % {"month": date_format(period.month, _("F Y"))}
        yield Deadline(f"period-{period.pk}", title, period.due_at, reverse("tasks:report_list"))


def _milestones(user: User, today: dt.date) -> Iterator[Deadline]:
    duties = user.duties
    milestones = Milestone.objects.due_within(today - BEFORE, today + AHEAD)
    if duties.unit_ids:
        milestones = milestones.filter(task__lead_unit__in=duties.unit_ids)
    else:
        milestones = milestones.filter(is_key=True, task__in=Task.objects.visible_to(user).values("pk"))
    for milestone in milestones.select_related("task").order_by("due_on", "pk"):
        names = {"milestone": milestone.title, "task": milestone.task.title}
        title = _("Milestone: %(milestone)s (%(task)s)") % names
        path = reverse("tasks:task_detail", args=[milestone.task_id])
        yield Deadline(f"milestone-{milestone.pk}", title, milestone.due_on, path)
