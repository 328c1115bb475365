"""The turn of the day: what happens by date and not by anybody's hand."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from commands.models import Post
from tasks.models import Heartbeat, Period, Task
from tasks.rules.chain import Seat
from tasks.services.book_tasks import begin_tasks
from tasks.services.calendar_years import tell_of_missing_year
from tasks.services.handovers import apply_leads
from tasks.services.headquarters import apply_structure
from tasks.services.light_rules import judged_tasks
from tasks.services.obstacles import escalate_obstacles
from tasks.services.overrides import expire_lights
from tasks.services.past import keep_all
from tasks.services.periods import close_period, open_period
from tasks.services.standings import refresh_standings
from tasks.services.vacancies import note_vacancies


def turn_the_day(*, now: dt.datetime) -> None:
    """Let dated names, teams, leads and tasks take effect, open and close periods, and light every task.

    Each step is a transaction of its own and safe to repeat: the job runs every hour, so that a missed
    midnight is caught up.
    """
    day = timezone.localdate(now)
    apply_structure(day=day)
    apply_leads(day=day)
    begin_tasks(day=day)
    for period in Period.objects.to_close(now, day).select_related("book").order_by("month"):
        close_period(period=period, now=now, by=None)
    for period in Period.objects.to_open(day).order_by("month"):
        open_period(period=period, now=now, by=None)
    for period in Period.objects.open().order_by("month"):
        open_period(period=period, now=now, by=None)  # tasks that have begun since
    escalate_obstacles(now=now)
    expire_lights(now=now)
    note_vacancies(vacant=_without_reporter(day), now=now)
    tell_of_missing_year(day=day)
    # Also between two periods, and after the year's last: what is past its day turns red all the same; and new
    # numbers of the rules hold from their day on.
    refresh_standings(tasks=judged_tasks(), now=now)
    keep_all(now=now, but=Task)


def _without_reporter(day: dt.date) -> set[Seat]:
    """Return the posts of reporters that nobody holds any more, though units had them."""
    units = Post.objects.units_without_reporter(day).values_list("pk", flat=True)
    return {Seat("reporter", pk) for pk in units}


@transaction.atomic
def record_beat(*, now: dt.datetime) -> None:
    """Note that beat, broker and worker are alive."""
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": now})
