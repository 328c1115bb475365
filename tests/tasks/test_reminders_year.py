"""The whole of 2026 by a clock that steps: every stage once, on a working day, in working hours."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import time_machine

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Reminder, TaskBook
from tasks.services.periods import create_periods
from tests import factories
from tests.tasks.almanac import Almanac, Sent, worked
from tests.tasks.clockwork import Log, check_manners, moments, run
from tests.tasks.yearly import OUTAGE, District

YEAR = (dt.date(2026, 1, 1), dt.date(2027, 1, 1))
TIMES = (dt.time(7, 30), dt.time(9, 5), dt.time(21, 30))
SOON = dt.timedelta(minutes=20)
"""The jobs run before working hours, in them and in the evening of every day, and soon after whatever people do.

In between nothing could come about: what is planned depends on the day and on what people did, and whether it is sent
on the hour being one of working hours.
"""


@pytest.fixture
def district(
    campaign: Campaign, book: TaskBook, east: Unit, south: Unit, reporter: User, head: User, hq_office: User
) -> District:
    """The district at New Year: one head takes no mail, and both offices have refused the weekly digest."""
    create_periods(book=book, by=None)
    people = {person.username: person for person in (reporter, head, hq_office)}
    for role, name, unit in (
        (RoleCode.REPORTER, "other_reporter", south),
        (RoleCode.HEAD, "other_head", south),
        (RoleCode.OFFICE, "office", None),
        (RoleCode.LEADER, "leader", None),
        (RoleCode.ADMINISTRATOR, "administrator", None),
    ):
        people[name] = factories.user_with(role, unit=unit, username=name)
    factories.channel_choice(user=people["other_head"], email=False)
    for office in (hq_office, people["office"]):
        factories.channel_choice(user=office, weekly_digest=False)
    tasks = [factories.task(campaign=campaign, lead_unit=unit) for unit in (east, south, east, east, east)]
    return District(people, south, *tasks)


def arrived(log: Log) -> Counter[Sent]:
    """Return all that reached people in the year."""
    return Counter(
        (f"{one.at:%m-%d %H:%M}", one.person, one.channel, *about[:3])
        for one in log.deliveries
        for about in one.about
    )


def test_year_sends_each_stage_once_on_a_working_day_and_an_outage_floods_nobody(
    district: District, clock: time_machine.Traveller
) -> None:
    steps = sorted({*moments(*YEAR, TIMES), *(moment + SOON for moment in district.happenings)})
    log = run(clock, *YEAR, happenings=district.happenings, outages=[OUTAGE], steps=steps)
    check_manners(log)
    daytime = [step for step in steps if worked(step.date()) and dt.time(8) <= step.time() < dt.time(21)]
    almanac = Almanac([step for step in daytime if not OUTAGE[0] <= step < OUTAGE[1]], ["other_head"])
    found = arrived(log)
    expected = almanac.sent(district.things) + almanac.weekly(["leader"])
    # Nothing too much: no stage twice, none after it was done, none that a later one has overtaken.
    assert sorted((found - expected).elements()) == []
    assert sorted((expected - found).elements()) == []  # and nothing lost
    assert not Reminder.objects.filter(state__in=["sending", "failed"]).exists()
