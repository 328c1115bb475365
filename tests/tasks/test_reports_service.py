"""Typing and filing reports: what the services do, and what they refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Period, Report, Task
from tasks.services.reports import save_draft, submit_report
from tasks.services.reviews import return_report
from tests import factories
from tests.tasks.stories import BEHIND, again, current, only_event, refuses, told, typed

DUE_DAY = dt.date(2026, 11, 25)


def file(report: Report, by: User, **changes: object) -> None:
    """File the report as it stands now."""
    submit_report(report=report, content=typed(**changes), version=current(report).version, by=by)


# Drafts


def test_draft_keeps_what_was_typed_and_who_typed_it(report: Report, reporter: User) -> None:
    saved = save_draft(report=report, content=typed(progress="一半"), version=1, by=reporter)
    stored = current(report)
    assert stored.content() == typed(progress="一半") == saved.content()
    assert (stored.state, stored.version, stored.saved_by) == ("draft", 2, reporter)
    assert stored.saved_at == timezone.now()
    assert stored.first_submitted_at is None
    assert not stored.submissions.exists()


def test_draft_may_be_empty(report: Report, reporter: User) -> None:
    empty = typed(actual_percent=None, metric_value=None, progress="", own_light="", next_steps="")
    save_draft(report=report, content=empty, version=1, by=reporter)
    assert current(report).content() == empty


def test_draft_takes_any_text_as_it_was_typed(report: Report, reporter: User) -> None:
    text = "🚧 <script>alert(1)</script> \u202eabc\u202c\r\n%s %(x)s {{ y }}\t完"
    save_draft(report=report, content=typed(progress=text), version=1, by=reporter)
    assert current(report).progress == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actual_percent", Decimal("100.1")),
        ("actual_percent", Decimal("-0.1")),
        ("actual_percent", Decimal("33.33")),
        ("metric_value", Decimal("1e13")),
        ("metric_value", Decimal("NaN")),
        ("progress", "字" * 2001),
        ("problems", "a\x00b"),
        ("own_light", "blue"),
    ],
)
def test_what_a_row_cannot_hold_is_refused_beside_its_field(
    report: Report, reporter: User, field: str, value: object
) -> None:
    with refuses("invalid", field):
        save_draft(report=report, content=typed(**{field: value}), version=1, by=reporter)
    with refuses("invalid", field):
        submit_report(report=report, content=typed(**{field: value}), version=1, by=reporter)


def test_second_person_saving_the_same_version_is_told(report: Report, reporter: User, head: User) -> None:
    save_draft(report=report, content=typed(progress="报告人"), version=1, by=reporter)
    with refuses("stale"):
        save_draft(report=report, content=typed(progress="负责人"), version=1, by=head)
    assert current(report).progress == "报告人"


def test_save_button_clicked_after_the_file_button_says_that_it_is_filed(
    report: Report, reporter: User
) -> None:
    file(report, reporter)
    with refuses("closed"):
        save_draft(report=report, content=typed(), version=1, by=reporter)


def test_double_click_on_save_saves_once_and_says_nothing_of_others(report: Report, reporter: User) -> None:
    save_draft(report=report, content=typed(), version=1, by=reporter)
    saved = save_draft(report=report, content=typed(), version=1, by=reporter)
    assert (saved.version, current(report).version) == (2, 2)
    assert only_event().action == "report.save"


def test_version_from_the_future_is_stale(report: Report, reporter: User) -> None:
    with refuses("stale"):
        save_draft(report=report, content=typed(), version=7, by=reporter)


def test_only_people_of_the_unit_that_answers_may_write(
    report: Report, other_reporter: User, office: User, leader: User, administrator: User, stranger: User
) -> None:
    for person in (other_reporter, office, leader, administrator, stranger):
        with refuses("other_unit"):
            save_draft(report=report, content=typed(), version=1, by=person)
        with refuses("other_unit"):
            submit_report(report=report, content=typed(), version=1, by=person)


def test_person_whose_post_has_ended_may_not_write(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    reporter.posts.update(ends_on=dt.date(2026, 11, 24))
    save_draft(report=report, content=typed(), version=1, by=reporter)
    clock.move_to(factories.at(dt.date(2026, 11, 24), 0))
    with refuses("other_unit"):
        save_draft(report=report, content=typed(progress="又改"), version=2, by=again(reporter))


def test_head_may_file_too(report: Report, head: User) -> None:
    file(report, head)
    assert current(report).submissions.get().submitted_by == head


@pytest.mark.parametrize("state", ["submitted", "accepted", "missed", "exempt"])
def test_report_that_is_not_the_units_turn_cannot_be_written(
    task: Task, period: Period, reporter: User, state: str
) -> None:
    report = factories.report(task=task, period=period, state=state)
    for service in (save_draft, submit_report):
        with refuses("closed"):
            service(report=report, content=typed(progress="改"), version=report.version, by=reporter)


def test_closed_period_takes_no_report(report: Report, reporter: User) -> None:
    Period.objects.update(closed_at=timezone.now())
    for service in (save_draft, submit_report):
        with refuses("closed"):
            service(report=report, content=typed(), version=1, by=reporter)


# Filing


def test_filing_freezes_what_was_typed(report: Report, reporter: User, east: Unit) -> None:
    submission = submit_report(report=report, content=typed(), version=1, by=reporter)
    stored = current(report)
    assert (stored.state, stored.timeliness, stored.version) == ("submitted", "on_time", 2)
    assert stored.first_submitted_at == stored.submitted_at == submission.submitted_at == timezone.now()
    assert submission.content() == stored.content() == typed()
    assert (submission.number, submission.unit, submission.submitted_by) == (1, east, reporter)
    assert submission.decision == ""


@pytest.mark.parametrize(
    ("field", "nothing"),
    [("actual_percent", None), ("progress", ""), ("progress", " \n\t\u3000"), ("own_light", "")],
)
def test_incomplete_report_is_refused_beside_what_is_missing(
    report: Report, reporter: User, field: str, nothing: str | None
) -> None:
    with refuses("incomplete", field):
        submit_report(report=report, content=typed(**{field: nothing}), version=1, by=reporter)


def test_zero_percent_is_not_nothing(report: Report, reporter: User) -> None:
    file(report, reporter, actual_percent=Decimal(0), **BEHIND)
    assert current(report).submissions.get().actual_percent == 0


def test_double_click_files_once(report: Report, reporter: User) -> None:
    first = submit_report(report=report, content=typed(), version=1, by=reporter)
    second = submit_report(report=report, content=typed(), version=1, by=reporter)
    assert first == second
    assert report.submissions.count() == 1
    assert only_event().action == "report.submit"


def test_double_click_after_a_draft_files_once(report: Report, reporter: User) -> None:
    save_draft(report=report, content=typed(), version=1, by=reporter)
    first = submit_report(report=report, content=typed(), version=2, by=reporter)
    assert submit_report(report=report, content=typed(), version=2, by=reporter) == first
    assert [event.action for event in told()] == ["report.save", "report.submit"]


def test_other_text_or_another_person_is_no_double_click(report: Report, reporter: User, head: User) -> None:
    file(report, reporter)
    with refuses("closed"):
        submit_report(report=report, content=typed(progress="另一份"), version=1, by=reporter)
    with refuses("closed"):
        submit_report(report=report, content=typed(), version=1, by=head)


def test_second_click_that_arrives_after_the_decision_is_told(
    report: Report, reporter: User, office: User
) -> None:
    file(report, reporter)
    return_report(report=report, words="请补充", by=office)
    with refuses("stale"):
        submit_report(report=report, content=typed(), version=1, by=reporter)


def test_stale_form_is_not_filed(report: Report, reporter: User, head: User) -> None:
    save_draft(report=report, content=typed(progress="负责人改过"), version=1, by=head)
    with refuses("stale"):
        submit_report(report=report, content=typed(), version=1, by=reporter)
    assert current(report).state == "draft"


@pytest.mark.parametrize(("second", "timeliness"), [(0, "on_time"), (1, "late")])
def test_the_due_second_is_the_last_on_time(
    report: Report, reporter: User, clock: time_machine.Traveller, second: int, timeliness: str
) -> None:
    clock.move_to(factories.at(DUE_DAY, 18, 0, second))
    file(report, reporter)
    assert current(report).timeliness == timeliness


def test_late_report_is_taken_until_the_period_closes(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(dt.date(2026, 12, 2), 23, 59, 59))
    file(report, reporter)
    assert (current(report).state, current(report).timeliness) == ("submitted", "late")


def test_first_filing_decides_whether_it_was_on_time(
    report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(DUE_DAY, 17, 59))
    file(report, reporter)
    clock.move_to(factories.at(DUE_DAY, 18, 30))
    return_report(report=report, words="请补充数据", by=office)
    clock.move_to(factories.at(dt.date(2026, 11, 30), 10))
    file(report, reporter, progress="补充后")
    stored = current(report)
    assert (stored.state, stored.timeliness) == ("submitted", "on_time")
    assert stored.first_submitted_at == factories.at(DUE_DAY, 17, 59)
    assert stored.submitted_at == factories.at(dt.date(2026, 11, 30), 10)


def test_late_first_filing_stays_late_however_often_it_is_filed(
    report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(factories.at(DUE_DAY, 18, 0, 1))
    file(report, reporter)
    return_report(report=report, words="请补充数据", by=office)
    file(report, reporter)
    assert current(report).timeliness == "late"
