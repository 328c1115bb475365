"""Standings: worked out from history at any moment, and kept right by every service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.models import Unit, User
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Period, Report, Task
from tasks.services.day import turn_the_day
from tasks.services.leads import acknowledge_lead, reassign
from tasks.services.lights import record_lights
from tasks.services.periods import close_period, open_period
from tasks.services.reports import save_draft, submit_report
from tasks.services.reviews import accept_report, return_report
from tasks.services.standings import Assessment, assess, refresh_standings
from tests import factories
from tests.conftest import FROZEN
from tests.tasks.stories import BEHIND, again, current, typed

DUE_AT = factories.at(dt.date(2026, 11, 25), 18)


def known_at(moment: dt.datetime, task: Task, period: Period | None = None) -> Assessment:
    """Return what history knew of a task at a moment."""
    (found,) = assess(Task.objects.filter(pk=task.pk), moment, period)
    return found


def rebuilt() -> str:
    """Run the rebuilding command and return what it says."""
    out = StringIO()
    call_command("rebuild_standings", stdout=out)
    return out.getvalue().strip()


RIGHT = "0 leads and 0 standings differed from history and were rebuilt."


# As it was known at a moment


def test_acceptance_is_not_known_before_it_was_given(
    task: Task, report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    clock.move_to(factories.at(dt.date(2026, 11, 26), 10))
    accept_report(report=report, by=office)

    before = known_at(factories.at(dt.date(2026, 11, 26), 9, 59), task)
    assert (before.actual, before.last_period_id, before.verdict.light) == (None, None, "grey")
    after = known_at(factories.at(dt.date(2026, 11, 26), 10), task)
    assert (after.actual, after.last_period_id) == (Decimal("90.0"), report.period_id)
    assert after.verdict.light == "green"


def test_report_accepted_early_counts_before_its_period_falls_due(
    task: Task, report: Report, reporter: User, office: User
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    accept_report(report=report, by=office)
    found = known_at(timezone.now(), task)
    assert (found.actual, found.scheduled) == (Decimal("90.0"), Decimal("90.3"))


def test_past_moment_asks_for_what_was_due_then(task: Task, report: Report) -> None:
    assert known_at(DUE_AT - dt.timedelta(seconds=1), task).verdict.light == "grey"
    found = known_at(DUE_AT, task)
    assert (found.scheduled, found.verdict.light) == (Decimal("90.3"), "red")


def test_missed_report_is_not_known_before_the_close(
    task: Task, report: Report, clock: time_machine.Traveller
) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    accepted_at = factories.at(dt.date(2026, 10, 20))
    factories.report(
        task=task, period=october, state="accepted", actual_percent=Decimal(92), accepted_at=accepted_at
    )
    closing = factories.at(dt.date(2026, 12, 3), 0, 5)
    clock.move_to(closing)
    close_period(period=report.period, now=closing, by=None)
    assert known_at(closing - dt.timedelta(seconds=1), task).verdict.light == "green"
    assert known_at(closing, task).verdict.light == "yellow"


def test_report_accepted_after_all_takes_the_missed_one_off(task: Task, period: Period) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.report(task=task, period=october, state="missed")
    refresh_standings(tasks=Task.objects.all(), now=timezone.now())
    report = factories.report(task=task, period=period, state="accepted", actual_percent=Decimal(91))
    found = known_at(timezone.now(), task)
    assert (found.last_period_id, found.verdict.light) == (report.period_id, "green")


def test_milestone_reached_later_was_late_until_then(task: Task) -> None:
    factories.milestone(task=task, due_on=dt.date(2026, 11, 10), completed_on=dt.date(2026, 11, 20))
    lights = [
        known_at(factories.at(dt.date(2026, 11, day)), task).verdict.light.value for day in (10, 11, 19, 20)
    ]
    assert lights == ["grey", "yellow", "yellow", "grey"]


def test_key_milestone_over_a_month_late_is_red(task: Task) -> None:
    factories.milestone(task=task, due_on=dt.date(2026, 10, 1), is_key=True)
    days = (dt.date(2026, 10, 31), dt.date(2026, 11, 1))
    assert [known_at(factories.at(day), task).verdict.light.value for day in days] == ["yellow", "red"]


def test_new_plan_never_repaints_the_past(task: Task, report: Report, reporter: User, office: User) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.baseline(task=task, starts_on=dt.date(2026, 11, 1), points={dt.date(2026, 12, 31): Decimal(50)})
    assert known_at(timezone.now(), task, october).scheduled == Decimal("81.2")
    assert known_at(DUE_AT, task).scheduled == Decimal("45.1")


def test_light_of_a_period_is_measured_on_its_own_due_day(task: Task, report: Report) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    found = known_at(factories.at(dt.date(2026, 12, 31)), task, october)
    assert found.scheduled == Decimal("81.2")


@pytest.mark.parametrize(
    ("lifecycle", "light"), [("planned", "grey"), ("cancelled", "grey"), ("closed", "blue")]
)
def test_task_that_is_not_under_way_is_not_judged(
    campaign: Campaign, period: Period, east: Unit, lifecycle: str, light: str
) -> None:
    closed_on = dt.date(2026, 11, 20) if lifecycle == "closed" else None
    task = factories.task(campaign=campaign, lead_unit=east, lifecycle=lifecycle, closed_on=closed_on)
    assert known_at(factories.at(dt.date(2027, 1, 10)), task).verdict.light == light


def test_task_begun_after_the_due_day_is_not_behind(campaign: Campaign, period: Period, east: Unit) -> None:
    task = factories.task(campaign=campaign, lead_unit=east, starts_on=dt.date(2026, 11, 26))
    assert known_at(factories.at(dt.date(2026, 11, 30)), task).verdict.light == "grey"


def test_late_acceptance_writes_the_recorded_light_anew(
    task: Task, report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    submit_report(report=report, content=typed(own_light="yellow", **BEHIND), version=1, by=reporter)
    clock.move_to(factories.at(dt.date(2026, 12, 3), 0, 5))
    close_period(period=report.period, now=timezone.now(), by=None)
    light = task.lights.get()
    assert (light.final, light.own, light.actual_percent) == ("grey", "", None)
    clock.move_to(factories.at(dt.date(2026, 12, 4)))
    accept_report(report=report, by=office)
    light = task.lights.get()
    assert (light.final, light.own, light.actual_percent) == ("green", "yellow", Decimal("90.0"))
    assert light.recorded_at == timezone.now()


# Kept right


def test_refreshing_tells_how_many_changed(task: Task, report: Report) -> None:
    assert refresh_standings(tasks=Task.objects.all(), now=DUE_AT) == 1
    assert refresh_standings(tasks=Task.objects.all(), now=DUE_AT) == 0


def test_rebuilding_puts_right_what_was_broken(
    task: Task, campaign: Campaign, report: Report, reporter: User, office: User, south: Unit
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    accept_report(report=report, by=office)
    assert rebuilt() == RIGHT
    right = Task.objects.values().get()
    Task.objects.update(actual_percent=Decimal(1), light="red", light_reasons=[], lead_unit=south)
    Campaign.objects.update(lead_unit=None)
    assert rebuilt() == "2 leads and 1 standings differed from history and were rebuilt."
    assert Task.objects.values().get() == right
    assert rebuilt() == RIGHT


def test_checking_fails_where_something_differs_and_changes_nothing(
    task: Task, report: Report, reporter: User, office: User
) -> None:
    submit_report(report=report, content=typed(), version=1, by=reporter)
    accept_report(report=report, by=office)
    out = StringIO()
    call_command("rebuild_standings", check=True, stdout=out)
    assert out.getvalue().strip() == "0 leads and 0 standings differed from history."
    Task.objects.update(light="red")
    with pytest.raises(CommandError, match="1 standings differed from history; nothing"):
        call_command("rebuild_standings", check=True)
    assert Task.objects.get().light == "red"


def test_history_is_read_in_as_many_queries_for_ten_tasks_as_for_twenty(
    campaign: Campaign, period: Period, east: Unit
) -> None:
    counts = []
    for _round in range(2):
        tasks = factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
        factories.many_lights(tasks, period=period)
        with CaptureQueriesContext(connection) as queries:
            assess(Task.objects.all(), timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_recording_lights_makes_as_many_queries_for_ten_tasks_as_for_twenty(
    campaign: Campaign, period: Period, east: Unit
) -> None:
    counts = []
    for _round in range(2):
        factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
        with CaptureQueriesContext(connection) as queries:
            record_lights(period=period, now=timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Whatever happens, in whatever order


class District:
    """Two tasks, three units, two open periods, and everybody who can do something to them."""

    def __init__(
        self, tasks: list[Task], units: list[Unit], periods: list[Period], people: dict[str, User]
    ) -> None:
        self.tasks, self.units, self.periods, self.people = tasks, units, periods, people

    def report(self, n: int) -> Report | None:
        """Return one of the reports there are."""
        rows = list(Report.objects.order_by("pk"))
        return current(rows[n % len(rows)]) if rows else None

    def filer(self, report: Report) -> User:
        """Return somebody of the unit that answers for the report now."""
        return again(User.objects.get(username=f"filer-{report.unit.code}"))

    def file(self, n: int, percent: int, *, draft: bool = False) -> None:
        """Save or file a report."""
        if report := self.report(n):
            content = typed(actual_percent=Decimal(percent))
            service: Callable[..., Any] = save_draft if draft else submit_report
            service(report=report, content=content, version=report.version, by=self.filer(report))

    def decide(self, n: int, *, accept: bool) -> None:
        """Accept or return a report."""
        if report := self.report(n):
            office = again(self.people["office"])
            if accept:
                accept_report(report=report, by=office)
            else:
                return_report(report=report, words="请补充", by=office)

    def hand_over(self, n: int, unit: int, in_days: int) -> None:
        """Reassign a task, or the campaign with its tasks."""
        subject: Any = [*self.tasks, self.tasks[0].campaign][n % 3]
        reassign(
            subject=subject,
            unit=self.units[unit % 3],
            starts_on=timezone.localdate() + dt.timedelta(days=in_days),
            reason="调整",
            with_tasks=True,
            by=again(self.people["administrator"]),
        )

    def acknowledge(self, n: int) -> None:
        """Acknowledge a lead."""
        leads = list(LeadAssignment.objects.order_by("pk").select_related("unit"))
        lead = leads[n % len(leads)]
        acknowledge_lead(lead=lead, by=again(User.objects.get(username=f"filer-{lead.unit.code}")))

    def turn_period(self, n: int, *, close: bool) -> None:
        """Open a period, or close it before its time."""
        (close_period if close else open_period)(
            period=self.periods[n % 2], now=timezone.now(), by=again(self.people["administrator"])
        )


@pytest.fixture
def district(
    campaign: Campaign, task: Task, east: Unit, south: Unit, office: User, administrator: User
) -> District:
    """The district before its first report."""
    units = [east, south, factories.unit(code="huangbei")]
    for unit in units:
        factories.user_with("reporter", unit=unit, username=f"filer-{unit.code}")
    closed = factories.period(month=dt.date(2026, 10, 1), closed=True)
    periods = [
        factories.period(month=dt.date(2026, 11, 1), opened_at=None),
        factories.period(month=dt.date(2026, 12, 1), opened_at=None),
    ]
    second = factories.task(campaign=campaign, lead_unit=south)
    factories.report(task=second, period=closed, state="missed")
    factories.light(task=task, period=closed, automatic="yellow")
    people = {"office": office, "administrator": administrator}
    return District([task, second], units, periods, people)


small = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 200)),
    st.tuples(st.just("save"), small, st.integers(0, 100)),
    st.tuples(st.just("submit"), small, st.integers(0, 100)),
    st.tuples(st.just("accept"), small),
    st.tuples(st.just("return"), small),
    st.tuples(st.just("reassign"), small, small, st.integers(-3, 9)),
    st.tuples(st.just("acknowledge"), small),
    st.tuples(st.just("open"), small),
    st.tuples(st.just("close"), small),
)


def take(step: tuple[Any, ...], district: District, clock: time_machine.Traveller) -> None:
    """Take one step; the services may refuse it."""
    name, *values = step
    acts: dict[str, Callable[..., None]] = {
        "save": lambda n, percent: district.file(n, percent, draft=True),
        "submit": district.file,
        "accept": lambda n: district.decide(n, accept=True),
        "return": lambda n: district.decide(n, accept=False),
        "reassign": district.hand_over,
        "acknowledge": district.acknowledge,
        "open": lambda n: district.turn_period(n, close=False),
        "close": lambda n: district.turn_period(n, close=True),
    }
    if name == "wait":
        clock.shift(dt.timedelta(hours=values[0]))
        turn_the_day(now=timezone.now())
        return
    with suppress(Refused):
        acts[name](*values)


def check_story(district: District) -> None:
    """See what must be true at any moment."""
    assert rebuilt() == RIGHT
    for task in Task.objects.all():
        lead = LeadAssignment.objects.on(timezone.localdate()).get(task=task)
        assert (lead.unit_id, lead.starts_on) == (task.lead_unit_id, task.lead_since)
    for report in Report.objects.in_open_period().filter(state__in=["due", "draft", "submitted", "returned"]):
        assert report.unit_id == report.task.lead_unit_id
    for report in Report.objects.filter(period__closed_at__isnull=False):
        assert report.state not in {"due", "draft"}
        assert report.task.lights.filter(period=report.period).exists() or report.period.month.month == 10


@given(steps=st.lists(STEPS, min_size=3, max_size=14))
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_nothing_is_ever_left_to_rebuild(
    district: District, clock: time_machine.Traveller, steps: list[tuple[Any, ...]]
) -> None:
    clock.move_to(FROZEN)
    with transaction.atomic():
        open_period(period=district.periods[0], now=timezone.now(), by=None)
        turn_the_day(now=timezone.now())
        for step in steps:
            take(step, district, clock)
            check_story(district)
        transaction.set_rollback(True)
