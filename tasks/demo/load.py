"""Loading the demo: everything in one transaction, or nothing."""

from __future__ import annotations

import datetime as dt
import random

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Headquarters, Unit, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.demo.book import create_work, open_periods
from tasks.demo.clock import Clock
from tasks.demo.directives import create_directives
from tasks.demo.leads import create_leads
from tasks.demo.life import create_life
from tasks.demo.lights import create_overrides
from tasks.demo.messages import create_messages
from tasks.demo.past import create_past
from tasks.demo.people import ACCOUNTS, create_people
from tasks.demo.reminding import create_ladder_and_robot, create_vacancy
from tasks.demo.reports import create_reports
from tasks.demo.script import Organisation
from tasks.demo.world import World
from tasks.models import Report, Task, TaskBook
from tasks.services.calendar import working_calendar
from tasks.services.facts import load_facts
from tasks.services.lights import record_lights
from tasks.services.past import keep_all
from tasks.services.standings import refresh_standings


@transaction.atomic
def load_demo(*, now: dt.datetime, by: User | None = None) -> TaskBook | None:
    """Write a year of demo work around ``now`` and return its book; None where a demo is there already.

    History is written as rows and not through the services, which know only today; the database's constraints
    hold for every row, and lights and standings come from the rules. Raises Refused: ``not_demo``,
    ``year_taken``, ``name_taken``.
    """
    if not settings.DEMO:
        message = _(
            "Demo data is only loaded where DEMO=1 is set: it creates accounts with a known password."
        )
        raise Refused(message, code="not_demo")
    if TaskBook.objects.filter(is_demo=True).exists():
        return None
    load_facts()
    _check_nothing_is_in_the_way(timezone.localdate(now).year)
    world = _world(now)
    open_periods(world)
    stories = create_work(world)
    create_leads(world, stories)
    create_reports(world, stories)
    create_life(world, stories)
    create_overrides(world, stories)
    create_directives(world, stories)
    for period in world.closed:
        record_lights(period=period, now=period.closed_at or now)
    create_past(world, stories)
    tasks = Task.objects.in_book(world.book.pk)
    refresh_standings(tasks=tasks, now=now)
    keep_all(now=now)
    create_ladder_and_robot(world)
    create_messages(world, stories)
    create_vacancy(world)
    after = {
        "tasks": len(stories),
        "reports": Report.objects.filter(period__book=world.book).count(),
        "users": User.objects.filter(is_demo=True).count(),
    }
    record_event(action="demo.load", about=world.book, after=after, by=by)
    return world.book


def _check_nothing_is_in_the_way(year: int) -> None:
    if TaskBook.objects.filter(year=year).exists():
        message = _("There is a task book for %(year)s already; the demo does not mix with real work.")
        raise Refused(message % {"year": year}, code="year_taken")
    taken = User.objects.filter(username__in=ACCOUNTS).values_list("username", flat=True)
    if taken:
        message = _("The user name %(name)s is taken already; the demo does not touch real accounts.")
        raise Refused(message % {"name": taken[0]}, code="name_taken")


def _world(now: dt.datetime) -> World:
    """Set the scene: book, people, calendar and chance."""
    today = timezone.localdate(now)
    clock = Clock(now, working_calendar(), random.Random(today.year))  # noqa: S311  the same story every time
    organisation = Organisation.load()
    new_year = dt.date(today.year, 1, 1)
    names = {key: text.format(year=today.year) for key, text in organisation.book.items()}
    launched_on = min(clock.calendar.roll_forward(new_year), today)
    book = TaskBook.objects.create(year=today.year, launched_on=launched_on, is_demo=True, **names)
    units, headquarters = list(Unit.objects.active()), list(Headquarters.objects.all())
    return World(
        clock=clock,
        rng=clock.rng,
        book=book,
        organisation=organisation,
        units={row.code: row for row in units},
        headquarters={row.code: row for row in headquarters},
        people=create_people(
            units=units, headquarters=headquarters, desk_unit=organisation.desk_unit, since=new_year
        ),
    )
