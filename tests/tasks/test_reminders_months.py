"""Whole months of reminders, by a clock that steps: who hears what on which day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import time_machine
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, LeadAssignment, Report, Submission, Task
from tasks.services.leads import reassign
from tasks.services.periods import create_periods
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report, return_report
from tests import factories
from tests.tasks.clockwork import Log, check_manners, run
from tests.tasks.stories import again, current, typed

TODAY = dt.date(2026, 11, 23)
DUE_DAY = dt.date(2026, 11, 25)
LADDER = ["D-5", "D-3", "D-1", "D0", "D+1", "D+3"]


def file(report: Report, by: User) -> Submission:
    """File the report as it stands now."""
    return submit_report(report=report, content=typed(), version=current(report).version, by=again(by))


@pytest.fixture
def everybody(
    reporter: User, head: User, other_reporter: User, office: User, hq_office: User, leader: User
) -> None:
    """The whole cast."""


@dataclass
class YearEnd:
    """Four tasks of one reporter: never filed, filed, filed and returned, handed over in the middle."""

    never: Task
    filed: Task
    returned: Task
    moved: Task

    def november(self, of: Task) -> Report:
        """Return a task's report for November."""
        return Report.objects.get(task=of, period__month=dt.date(2026, 11, 1))

    def december(self, of: Task) -> Report:
        """Return a task's report for December."""
        return Report.objects.get(task=of, period__month=dt.date(2026, 12, 1))


@pytest.fixture
def year_end(campaign: Campaign, task: Task, east: Unit) -> YearEnd:
    """The four tasks before November opens; the months before are settled."""
    create_periods(book=campaign.book, by=None)
    now = timezone.now()
    campaign.book.periods.filter(month__lt=dt.date(2026, 11, 1)).update(opened_at=now, closed_at=now)
    return YearEnd(task, *(factories.task(campaign=campaign, lead_unit=east) for _n in range(3)))


def live_november(
    clock: time_machine.Traveller, story: YearEnd, south: Unit, reporter: User, office: User, admin: User
) -> Log:
    """Let November fall due while people do what they do."""
    handed_over = dt.date(2026, 11, 24)
    happenings: dict[dt.datetime, Callable[[], object]] = {
        factories.at(dt.date(2026, 11, 20), 10): lambda: [
            file(story.november(one), reporter) for one in (story.filed, story.returned)
        ],
        factories.at(handed_over, 10, 15): lambda: reassign(
            subject=story.moved, unit=south, starts_on=handed_over, reason="调整", by=admin
        ),
        factories.at(dt.date(2026, 11, 24), 11): lambda: accept_report(
            report=story.november(story.filed), by=office
        ),
        factories.at(dt.date(2026, 11, 24), 15, 15): lambda: return_report(
            report=story.november(story.returned), words="请补充", by=office
        ),
        factories.at(dt.date(2026, 11, 26), 23): lambda: file(story.november(story.returned), reporter),
    }
    return run(clock, dt.date(2026, 11, 17), dt.date(2026, 12, 1), happenings=happenings)


def test_november_of_four_tasks(
    year_end: YearEnd,
    south: Unit,
    reporter: User,
    office: User,
    administrator: User,
    everybody: None,
    clock: time_machine.Traveller,
) -> None:
    log = live_november(clock, year_end, south, reporter, office, administrator)
    check_manners(log)
    days = ["11-18", "11-20", "11-24", "11-25", "11-26", "11-30"]
    whole = list(zip(days, LADDER, strict=True))
    never, filed, returned, moved = (
        year_end.november(task).pk
        for task in (year_end.never, year_end.filed, year_end.returned, year_end.moved)
    )
    for channel in ("email", "inbox"):
        assert log.days("reporter", "report", never, channel) == whole
        assert log.days("head", "report", never, channel) == whole[4:]
        for person in ("office", "hq_office", "leader"):
            assert log.days(person, "report", never, channel) == whole[5:]
        assert log.days("reporter", "report", filed, channel) == whole[:2]
        # Filed before D-1, returned on its day: heard then at once, and on from there; nothing twice.
        assert log.days("reporter", "report", returned, channel) == whole[:5]
        # Handed over on the day of D-1: the old unit has heard it and hears no more, the new one hears it too.
        assert log.days("reporter", "report", moved, channel) == whole[:3]
        assert log.days("other_reporter", "report", moved, channel) == whole[2:]
    assert ("11-24 15:30", "D-1") in log.stages("reporter", "report", returned)
    assert ("11-24 10:30", "D-1") in log.stages("other_reporter", "report", moved)
    assert max(log.mails_a_day("reporter").values()) == 2  # one in the morning, one for the returned report


def test_december_and_the_turn_of_the_year(
    year_end: YearEnd, reporter: User, everybody: None, clock: time_machine.Traveller
) -> None:
    filing = {
        factories.at(dt.date(2026, 12, 21), 22): lambda: file(year_end.december(year_end.filed), reporter)
    }
    log = run(clock, dt.date(2026, 12, 16), dt.date(2027, 1, 4), happenings=filing)
    check_manners(log)
    days = ["12-18", "12-22", "12-24", "12-25", "12-28", "12-30"]
    never, filed = (year_end.december(task).pk for task in (year_end.never, year_end.filed))
    assert log.days("reporter", "report", never) == list(zip(days, LADDER, strict=True))
    assert log.days("leader", "report", never) == [("12-30", "D+3")]
    assert log.days("reporter", "report", filed) == [("12-18", "D-5")]


def test_national_day_with_its_adjusted_workdays(
    task: Task, everybody: None, clock: time_machine.Traveller
) -> None:
    """The 25th is Mid-Autumn, so reports fall due on the 24th; a Sunday and a Saturday are worked."""
    report = factories.report(task=task, period=factories.period(month=dt.date(2026, 9, 1)))
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 10, 9))
    log = run(clock, dt.date(2026, 9, 17), dt.date(2026, 10, 16))
    check_manners(log)
    days = ["09-18", "09-21", "09-23", "09-24", "09-28", "09-30"]
    assert log.days("reporter", "report", report.pk) == list(zip(days, LADDER, strict=True))
    assert log.days("reporter", "milestone", milestone.pk) == [
        ("09-24", "D-5"),
        ("10-08", "D-1"),
        ("10-10", "D+1"),
        ("10-15", "D+5"),
    ]
    assert log.days("office", "milestone", milestone.pk) == [("10-15", "D+5")]


def test_spring_festival_with_its_adjusted_workdays(
    task: Task, everybody: None, clock: time_machine.Traveller
) -> None:
    report = factories.report(task=task, period=factories.period(month=dt.date(2026, 2, 1)))
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 2, 20))  # within the holiday
    log = run(clock, dt.date(2026, 2, 10), dt.date(2026, 3, 1))
    check_manners(log)
    days = ["02-11", "02-13", "02-24", "02-25", "02-26", "02-28"]
    assert log.days("reporter", "report", report.pk) == list(zip(days, LADDER, strict=True))
    assert log.days("leader", "report", report.pk) == [("02-28", "D+3")]
    assert log.days("reporter", "milestone", milestone.pk) == [
        ("02-10", "D-5"),
        ("02-14", "D-1"),
        ("02-24", "D+1"),
        ("02-28", "D+5"),
    ]


@pytest.mark.parametrize("sender_first", [False, True])
def test_outage_of_three_days_floods_nobody_and_loses_nothing(
    report: Report,
    task: Task,
    everybody: None,
    clock: time_machine.Traveller,
    sender_first: bool,
) -> None:
    milestone = factories.milestone(task=task, due_on=DUE_DAY)
    outage = (factories.at(TODAY, 17), factories.at(dt.date(2026, 11, 26), 17, 15))
    log = run(
        clock,
        TODAY,
        dt.date(2026, 12, 3),
        outages=[outage],
        sender_first=sender_first,
    )
    check_manners(log)
    # D-1 and D0 were slept through: what is true now is said, once, to those whom it concerns now.
    assert log.days("reporter", "report", report.pk) == [
        ("11-23", "D-3"),
        ("11-26", "D+1"),
        ("11-30", "D+3"),
    ]
    assert log.days("head", "report", report.pk) == [("11-26", "D+1"), ("11-30", "D+3")]
    assert log.days("office", "report", report.pk) == [("11-30", "D+3")]
    assert log.days("reporter", "milestone", milestone.pk) == [
        ("11-23", "D-5"),
        ("11-26", "D+1"),
        ("12-02", "D+5"),
    ]
    after = [one for one in log.deliveries if one.channel == "email" and one.at >= outage[1]]
    assert {(f"{one.at:%m-%d %H:%M}", one.person) for one in after[:2]} == {
        ("11-26 17:30", "reporter"),
        ("11-26 17:30", "head"),
    }
    assert sum(log.mails_a_day("reporter").values()) == 4


def test_outage_at_night_and_over_a_weekend_is_not_noticed(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    log = run(
        clock,
        dt.date(2026, 11, 20),
        dt.date(2026, 11, 25),
        outages=[(factories.at(dt.date(2026, 11, 20), 21), factories.at(TODAY, 8))],
    )
    assert log.stages("reporter", "report", report.pk) == [("11-20 08:30", "D-3"), ("11-24 08:30", "D-1")]


def test_lead_handed_over_before_a_weekend_is_asked_for_in_working_hours(
    task: Task, south: Unit, everybody: None, administrator: User, clock: time_machine.Traveller
) -> None:
    friday = dt.date(2026, 11, 20)
    log = run(
        clock,
        friday,
        dt.date(2026, 11, 25),
        happenings={
            factories.at(friday, 22): lambda: reassign(
                subject=task, unit=south, starts_on=friday, reason="调整", by=administrator
            )
        },
    )
    check_manners(log)
    lead = LeadAssignment.objects.get(unit=south)
    assert log.stages("other_reporter", "lead", lead.pk) == [("11-23 08:30", "D0"), ("11-24 08:30", "D+2")]


def test_unit_without_staff_troubles_nobody_and_the_office_still_hears(
    report: Report, office: User, headquarters: Headquarters, clock: time_machine.Traveller
) -> None:
    log = run(clock, dt.date(2026, 11, 24), dt.date(2026, 12, 1))
    assert {delivery.person for delivery in log.deliveries} == {"office"}
