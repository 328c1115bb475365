"""A whole year of the working calendar: missed in time, entered, and what moves with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.urls import reverse

from commands.models import Post, User
from commands.roles import RoleCode
from commands.services.events import record_event
from tasks.models import CalendarDay, Notification
from tasks.rules.notices import Day
from tasks.services.calendar import working_calendar
from tasks.services.inbox import notify
from tasks.services.moving_periods import periods_following

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


@transaction.atomic
def enter_calendar_year(*, year: int, days: Mapping[dt.date, Day], by: User) -> None:
    """Enter the whole notice of ``year``, which is provisional no more; what was entered for these days is replaced.

    Periods that have not fallen due move with it, and so do the reminders about them; all others not yet sent follow
    the next time they are planned. Entering the same again changes nothing.
    """
    with periods_following(by=by):
        there = {row.day: row for row in CalendarDay.objects.select_for_update().filter(day__in=days)}
        before = {day: (row.is_workday, row.name, row.of_notice) for day, row in there.items()}
        if before == {day: (said.is_workday, said.name, True) for day, said in days.items()}:
            return
        _write(days)
        first = CalendarDay.objects.get(day=min(day for day in days if day.year == year))
        after = {"year": year, "off": sum(not said.is_workday for said in days.values()), "count": len(days)}
        record_event(action="calendar.import", about=first, after=after, by=by)


def _write(days: Mapping[dt.date, Day]) -> None:
    rows = [
        CalendarDay(day=day, is_workday=said.is_workday, name=said.name, of_notice=True)
        for day, said in sorted(days.items())
    ]
    for row in rows:
        row.full_clean(validate_unique=False, validate_constraints=False)
    CalendarDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["is_workday", "name", "of_notice"],
    )
