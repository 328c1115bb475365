"""The demo: loaded once, and a sound year of work on whatever day that is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.utils import timezone
from pytest_django import Settings

from commands.models import Headquarters, Unit, User
from commands.services.refusals import Refused
from tasks.demo.load import load_demo
from tasks.models import (
    Baseline,
    LeadAssignment,
    Light,
    Milestone,
    Notification,
    Period,
    Reminder,
    Report,
    Submission,
    Task,
    TaskBook,
)
from tasks.services.day import turn_the_day
from tasks.services.facts import load_facts
from tests import factories
from tests.tasks.test_facts import everything

NEW_YEARS_NIGHT = factories.at(dt.date(2026, 1, 1), 0)
WINTER = factories.at(dt.date(2026, 2, 28))
DAYS = [
    NEW_YEARS_NIGHT,
    factories.at(dt.date(2026, 1, 3)),
    factories.at(dt.date(2026, 2, 2)),
    WINTER,
    factories.at(dt.date(2026, 5, 25), 18, 30),
    factories.at(dt.date(2026, 7, 31), 23, 59),
    factories.at(dt.date(2026, 12, 1), 7),
    factories.at(dt.date(2026, 12, 31)),
    factories.at(dt.date(2028, 2, 29)),
]


@pytest.fixture
def demo(settings: Settings, db: None) -> None:
    """A machine on which demo data may be loaded."""
    settings.DEMO = True


# Loading


def test_it_is_refused_where_the_system_runs_in_earnest(db: None) -> None:
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("load_demo")
    assert not User.objects.exists()
    assert not TaskBook.objects.exists()


def test_it_does_not_mix_with_a_real_book_of_the_year(demo: None) -> None:
    factories.book()
    with pytest.raises(Refused, match="2026") as refusal:
        load_demo(now=timezone.now())
    assert refusal.value.code == "year_taken"
    assert not User.objects.exists()


def test_it_touches_no_real_account_of_the_same_name(demo: None) -> None:
    factories.user(username="office")
    with pytest.raises(Refused, match="office"):
        load_demo(now=timezone.now())
    assert not TaskBook.objects.filter(is_demo=True).exists()


def test_loading_twice_changes_nothing(
    demo: None, capsys: pytest.CaptureFixture[str], clock: time_machine.Traveller
) -> None:
    clock.move_to(WINTER)
    call_command("load_demo")
    assert "2026年攻坚行动任务书（演示数据）" in capsys.readouterr().out
    before = everything()
    call_command("load_demo")
    assert "nothing was changed" in capsys.readouterr().out
    assert everything() == before


def test_the_same_day_tells_the_same_story(demo: None, clock: time_machine.Traveller) -> None:
    clock.move_to(WINTER)
    told = []
    for _ in range(2):
        with transaction.atomic():
            load_demo(now=timezone.now())
            told.append(list(Report.objects.values_list("task__code", "progress", "state", "submitted_at")))
            transaction.set_rollback(True)
    assert told[0] == told[1]


@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%Y-%m-%d}")
def test_any_day_of_the_year_makes_a_sound_demo(
    day: dt.datetime, demo: None, clock: time_machine.Traveller
) -> None:
    clock.move_to(day)
    load_demo(now=timezone.now())
    check_the_book()
    check_nothing_is_later_than_now()
    check_leads()
    check_reports()
    check_the_desk()
    check_time_adds_nothing()


def test_between_two_periods_nothing_is_to_be_filed(demo: None, clock: time_machine.Traveller) -> None:
    # January was due on Friday the 23rd and closed on the 30th; February opens tomorrow.
    clock.move_to(factories.at(dt.date(2026, 1, 31)))
    load_demo(now=timezone.now())
    assert not Period.objects.open().exists()
    assert not Report.objects.to_file().exists()
    check_nothing_is_later_than_now()
    check_reports()
    check_time_adds_nothing()


def check_the_book() -> None:
    book = TaskBook.objects.current(timezone.localdate())
    assert book is not None
    assert book.is_demo
    assert (book.year, book.periods.count()) == (timezone.localdate().year, 12)
    counts = Counter(Task.objects.in_book(book.pk).values_list("campaign__number", flat=True))
    assert set(counts) == set(range(1, 11))
    assert all(6 <= count <= 10 for count in counts.values())
    for task in Task.objects.in_book(book.pk).prefetch_related("milestones"):
        assert 2 <= len(task.milestones.all()) <= 5
        assert all(task.starts_on <= milestone.due_on <= task.due_on for milestone in task.milestones.all())


def check_nothing_is_later_than_now() -> None:
    now, today = timezone.now(), timezone.localdate()
    moments: list[tuple[type[models.Model], list[str]]] = [
        (Report, ["saved_at", "first_submitted_at", "submitted_at", "accepted_at"]),
        (Submission, ["submitted_at", "decided_at"]),
        (LeadAssignment, ["acknowledged_at", "decided_at"]),
        (Baseline, ["approved_at"]),
        (Period, ["opened_at", "closed_at"]),
        (Light, ["recorded_at"]),
        (Notification, ["created_at", "read_at"]),
        (Reminder, ["planned_for", "sent_at"]),
    ]
    for model, names in moments:
        for name in names:
            assert not model._base_manager.filter(**{f"{name}__gt": now}).exists(), (model, name)
    assert not Task.objects.filter(closed_on__gt=today).exists()
    assert not Milestone.objects.filter(completed_on__gt=today).exists()
    ahead = LeadAssignment.objects.filter(starts_on__gt=today)
    assert [str(lead.task) for lead in ahead] in (["招商载体盘活"], [])  # which is decided already


def check_leads() -> None:
    """One lead for every day on which the task runs, and today's on the task's row."""
    leads = LeadAssignment.objects.filter(task__isnull=False).order_by("task", "starts_on")
    for _task, chain in itertools.groupby(leads.select_related("task"), key=lambda lead: lead.task_id):
        spans = list(chain)
        task = spans[-1].task
        assert task is not None
        assert spans[0].starts_on <= max(task.starts_on, timezone.localdate())
        assert all(one.ends_on == other.starts_on for one, other in itertools.pairwise(spans))
        assert spans[-1].ends_on is None
        current = [lead for lead in spans if lead.starts_on <= timezone.localdate()][-1]
        assert (current.unit_id, current.starts_on) == (task.lead_unit_id, task.lead_since)


def check_reports() -> None:
    """Every row would pass the forms, and the months of a task fit together."""
    reports = Report.objects.order_by("task", "period__month")
    for report in reports.select_related("period", "task").prefetch_related("submissions"):
        try:
            report.clean_fields(exclude=["task", "period", "unit", "saved_by", "accepted_by"])
        except ValidationError as error:
            pytest.fail(f"{report}: {error}")
        moments = [
            moment
            for row in report.submissions.all()
            for moment in (row.submitted_at, row.decided_at)
            if moment
        ]
        assert moments == sorted(moments)
        if moments:
            assert moments[0] >= (report.period.opened_at or moments[0])
            assert moments[0] == report.first_submitted_at
            on_time = moments[0] <= report.period.due_at
            assert report.timeliness == ("on_time" if on_time else "late")
        if report.period.closed_at:
            assert report.state in {"accepted", "missed"}
            assert report.accepted_at is None or report.accepted_at <= report.period.closed_at
    accepted = reports.filter(state="accepted").values_list("task", "actual_percent")
    for _task, rows in itertools.groupby(accepted, key=lambda row: row[0]):
        percents = [percent or 0 for _pk, percent in rows]
        assert percents == sorted(percents)


def check_the_desk() -> None:
    """The demo's reporter has something of every sort to do."""
    reporter = User.objects.get(username="reporter")
    states = Counter(Report.objects.fileable_by(reporter).to_file().values_list("state", flat=True))
    assert states["due"] >= 2
    assert states["returned"] >= 1
    assert states["draft"] >= 1
    assert LeadAssignment.objects.to_acknowledge().filter(unit__in=reporter.duties.unit_ids).exists()
    assert Notification.objects.unread_for(reporter).exists()


def check_time_adds_nothing() -> None:
    """The turn of the day finds everything done: no period to open or close, no light that differs."""
    names = ("pk", "light", "actual_percent", "scheduled_percent", "lead_unit", "last_period")
    counts = (Report.objects.count(), Light.objects.count(), Period.objects.open().count())
    before = list(Task.objects.values_list(*names))
    turn_the_day(now=timezone.now())
    assert (Report.objects.count(), Light.objects.count(), Period.objects.open().count()) == counts
    assert list(Task.objects.values_list(*names)) == before


def test_the_facts_are_left_alone(demo: None, clock: time_machine.Traveller) -> None:
    clock.move_to(WINTER)
    load_facts()
    facts = TaskBook.objects.get()
    before = list(facts.campaigns.values()), list(Unit.objects.values()), list(Headquarters.objects.values())
    load_demo(now=timezone.now())
    assert before == (
        list(facts.campaigns.values()),
        list(Unit.objects.values()),
        list(Headquarters.objects.values()),
    )
    assert not Task.objects.filter(campaign__book=facts).exists()
    assert not LeadAssignment.objects.filter(campaign__book=facts).exists()
