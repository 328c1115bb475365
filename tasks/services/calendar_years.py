"""Missing next year's working calendar in time."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from commands.models import Post
from commands.roles import RoleCode
from tasks.models import Notification
from tasks.services.calendar import working_calendar
from tasks.services.inbox import notify

NOTICE_MONTH = 11
"""From when on next year's notice can be there: the State Council publishes it between late October and December."""


def missing_year(day: dt.date) -> int | None:
    """Return next year from November on, as long as its notice has not been entered and no library knows it."""
    year = day.year + 1
    missing = day.month >= NOTICE_MONTH and working_calendar().is_provisional_year(year)
    return year if missing else None


def tell_of_missing_year(*, day: dt.date) -> None:
    """Tell every administrator once, from November on, that next year's notice is still to be entered."""
    year = missing_year(day)
    if year is None:
        return
    told = Notification.objects.filter(kind="calendar_missing", values__year=year).values("recipient")
    posts = Post.objects.on(day).filter(role=RoleCode.ADMINISTRATOR).exclude(user__in=told)
    notify(
        recipients=[post.user for post in posts.select_related("user")],
        kind="calendar_missing",
        values={"year": year},
        link=f"{reverse('tasks:calendar_import')}?year={year}",
    )
