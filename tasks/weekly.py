"""The weekly digest of a leader's or an office's own area: what stands out, by code, title, day and link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commands.models import User
from luohu.templatetags.ui import name_in_language
from tasks.channels.unsubscribing import unsubscribe_headers
from tasks.errands import Errand
from tasks.models import Campaign, Directive, LightChoices, Milestone, Obstacle, Report, Task

SHOWN = 10
"""How many lines a section names; the rest is behind the section's link."""


@dataclass(frozen=True)
class Line:
    """One thing, with its address."""

    code: str
    title: str
    note: str
    url: str


@dataclass(frozen=True)
class Section:
    """What there is of one sort: how many, the first few, and where all are."""

    title: str
    count: int
    url: str
    lines: list[Line]


def weekly_mail(recipient: User, row: Errand) -> EmailMultiAlternatives:
    """Return the digest of ``recipient``'s own area for the week of ``row``, in their language.

    It holds no duty and may be refused, by the headers of every copy.
    """
    with translation.override(recipient.language):
        context = {
            "recipient": recipient,
            "week": row.due_on,
            "lights": _lights(recipient),
            "sections": [section for section in _sections(recipient, row.due_on) if section.count],
            "site_url": settings.SITE_URL,
            "channels_url": settings.SITE_URL + reverse("tasks:own_channels"),
        }
        subject = _("The week of %(day)s in your area") % {"day": date_format(row.due_on, _("j F Y"))}
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("emails/weekly.txt", context),
            to=[recipient.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "X-Luohu-Reminders": str(row.pk),
                **unsubscribe_headers(recipient),
            },
        )
        message.attach_alternative(render_to_string("emails/weekly.html", context), "text/html")
    return message


def _lights(user: User) -> list[dict[str, Any]]:
    """Return how many tasks under way stand at each light: one query."""
    counted = Task.objects.visible_to(user).open().order_by().values("light").annotate(count=Count("pk"))
    counts = {row["light"]: row["count"] for row in counted}
    address = settings.SITE_URL + reverse("tasks:task_list")
    return [
        {"word": light.label, "count": counts.get(light.value, 0), "url": f"{address}?light={light.value}"}
        for light in LightChoices
        if light != LightChoices.BLUE
    ]


def _sections(user: User, monday: dt.date) -> Iterable[Section]:
    today, now, sunday = timezone.localdate(), timezone.now(), monday + dt.timedelta(days=6)
    tasks = Task.objects.visible_to(user)
    red = tasks.open().filter(light=LightChoices.RED).order_by("campaign__number", "code")
    yield _section(_("Seriously behind"), red, "tasks:task_list", "?light=red", _task_line)
    late = Report.objects.visible_to(user).overdue(now).with_names().order_by("period__due_at", "task__code")
    yield _section(_("Reports overdue"), late, "tasks:report_list", "", _report_line)
    ahead = Milestone.objects.open().filter(task__in=tasks).select_related("task").order_by("due_on", "pk")
    overdue, coming = ahead.filter(due_on__lt=today), ahead.filter(due_on__range=(today, sunday))
    yield _section(_("Milestones overdue"), overdue, "tasks:task_list", "?milestone=late", _milestone_line)
    yield _section(_("Milestones of this week"), coming, "tasks:task_list", "", _milestone_line)
    waiting = Obstacle.objects.waiting_for(user).select_related("task").most_urgent_first()
    yield _section(_("Obstacles that wait for you"), waiting, "tasks:obstacle_list", "", _obstacle_line)
    directives = Directive.objects.visible_to(user).overdue(today).with_names().order_by("due_on", "pk")
    yield _section(
        _("Directives unanswered past their day"), directives, "tasks:directive_list", "", _directive_line
    )


def _section(title: str, rows: Any, url_name: str, query: str, line: Any) -> Section:
    first = list(rows[: SHOWN + 1])
    count = len(first) if len(first) <= SHOWN else rows.count()
    return Section(
        title, count, settings.SITE_URL + reverse(url_name) + query, [line(row) for row in first[:SHOWN]]
    )


def _day(day: dt.date) -> str:
    return date_format(day, _("j F Y"))


def _address(name: str, pk: int) -> str:
    return settings.SITE_URL + reverse(name, args=[pk])


def _task_line(task: Task) -> Line:
    return Line(task.code, task.title, "", _address("tasks:task_detail", task.pk))


def _report_line(report: Report) -> Line:
    due = _day(timezone.localdate(report.period.due_at))
    return Line(report.task.code, report.task.title, due, _address("tasks:report_detail", report.pk))


def _milestone_line(milestone: Milestone) -> Line:
    code, address = milestone.task.code, _address("tasks:task_detail", milestone.task_id)
    return Line(code, milestone.title, _day(milestone.due_on), address)


def _obstacle_line(obstacle: Obstacle) -> Line:
    """Name the task and the day; what stands in the way stays in the house."""
    code, address = obstacle.task.code, _address("tasks:obstacle_detail", obstacle.pk)
    return Line(code, obstacle.task.title, _day(obstacle.wanted_by), address)


def _directive_line(directive: Directive) -> Line:
    subject = directive.subject_task or directive.campaign
    title = name_in_language(subject) if isinstance(subject, Campaign) else str(subject)
    return Line(
        directive.code, title, _day(directive.due_on), _address("tasks:directive_detail", directive.pk)
    )
