"""Filing reports and deciding on them: what the services do, and what they refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Notification, Period, Reminder, Report, Task
from tasks.services.periods import close_period
from tasks.services.reminders import plan_reminders
from tasks.services.reports import accept_report, return_report, save_draft, submit_report
from tests import factories
from tests.tasks.stories import again, current, only_event, refuses, told, typed

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
    file(report, reporter, actual_percent=Decimal(0))
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


# Deciding


def test_returned_report_is_corrected_filed_and_accepted(
    report: Report, reporter: User, head: User, other_reporter: User, office: User
) -> None:
    file(report, reporter)
    return_report(report=report, words="请写明面积", by=office)
    returned = current(report)
    assert (returned.state, returned.return_words) == ("returned", "请写明面积")
    assert {note.recipient for note in Notification.objects.filter(kind="report_returned")} == {
        reporter,
        head,
    }

    save_draft(report=report, content=typed(progress="面积"), version=returned.version, by=head)
    assert current(report).state == "returned"  # a draft of a correction is still a correction
    file(report, head, progress="面积 1200 平方米")
    assert current(report).return_words == ""
    accept_report(report=report, words="很好", by=office)

    first, second = report.submissions.order_by("number")
    assert (first.number, first.decision, first.words, first.decided_by) == (
        1,
        "returned",
        "请写明面积",
        office,
    )
    assert (second.number, second.decision, second.words, second.decided_by) == (
        2,
        "accepted",
        "很好",
        office,
    )
    assert first.progress == typed()["progress"]  # what was filed first stays as it was filed
    stored = current(report)
    assert (stored.state, stored.accepted_by, stored.accepted_at) == ("accepted", office, timezone.now())


def test_office_of_the_commanding_headquarters_decides(
    report: Report, reporter: User, hq_office: User
) -> None:
    file(report, reporter)
    assert accept_report(report=report, by=hq_office).decided_by == hq_office


def test_office_of_another_headquarters_does_not_decide(
    report: Report, reporter: User, headquarters: Headquarters
) -> None:
    elsewhere = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    file(report, reporter)
    with refuses("not_reviewer"):
        accept_report(report=report, by=elsewhere)
    with refuses("not_reviewer"):
        return_report(report=report, words="请补充", by=elsewhere)


def test_headquarters_office_does_not_decide_where_no_headquarters_commands(
    book: object, hq_office: User, office: User, reporter: User, east: Unit
) -> None:
    free = factories.task(campaign=factories.campaign(headquarters=None), lead_unit=east)
    report = factories.report(task=free, state="submitted", by=reporter)
    with refuses("not_reviewer"):
        accept_report(report=report, by=hq_office)
    accept_report(report=report, by=office)


def test_nobody_else_decides(
    report: Report, reporter: User, head: User, leader: User, administrator: User, stranger: User
) -> None:
    file(report, reporter)
    for person in (reporter, head, leader, administrator, stranger):
        with refuses("not_reviewer"):
            accept_report(report=report, by=person)
        with refuses("not_reviewer"):
            return_report(report=report, words="请补充", by=person)


def test_nobody_decides_on_a_report_of_their_own(report: Report, reporter: User, east: Unit) -> None:
    factories.post(user=reporter, role=RoleCode.OFFICE, unit=None)
    file(report, reporter)
    with refuses("own_report"):
        accept_report(report=report, by=again(reporter))
    with refuses("own_report"):
        return_report(report=report, words="请补充", by=again(reporter))


def test_nobody_decides_on_a_report_of_their_own_unit(
    report: Report, reporter: User, head: User, east: Unit
) -> None:
    factories.post(user=head, role=RoleCode.OFFICE, unit=None)
    file(report, reporter)
    with refuses("own_report"):
        accept_report(report=report, by=again(head))


def test_nobody_decides_on_what_they_filed_in_a_former_post(
    report: Report, reporter: User, clock: time_machine.Traveller
) -> None:
    file(report, reporter)
    reporter.posts.update(ends_on=dt.date(2026, 11, 24))
    factories.post(user=reporter, role=RoleCode.OFFICE, unit=None, starts_on=dt.date(2026, 11, 24))
    clock.move_to(factories.at(dt.date(2026, 11, 24)))
    with refuses("own_report"):
        accept_report(report=report, by=again(reporter))


@pytest.mark.parametrize("words", ["", "  ", "\n\u3000"])
def test_returning_needs_words(report: Report, reporter: User, office: User, words: str) -> None:
    file(report, reporter)
    with refuses("words_missing", "words"):
        return_report(report=report, words=words, by=office)


@pytest.mark.parametrize("words", ["字" * 1001, "a\x00b"])
def test_words_that_a_row_cannot_hold_are_refused_beside_them(
    report: Report, reporter: User, office: User, words: str
) -> None:
    file(report, reporter)
    with refuses("invalid", "words"):
        return_report(report=report, words=words, by=office)
    with refuses("invalid", "words"):
        accept_report(report=report, words=words, by=office)


@pytest.mark.parametrize("state", ["due", "draft", "returned", "accepted", "missed", "exempt"])
def test_what_was_not_filed_is_not_decided(task: Task, period: Period, office: User, state: str) -> None:
    report = factories.report(task=task, period=period, state=state)
    with refuses("not_submitted"):
        accept_report(report=report, by=office)
    with refuses("not_submitted"):
        return_report(report=report, words="请补充", by=office)


def test_second_reviewer_is_told_that_it_is_decided(
    report: Report, reporter: User, office: User, hq_office: User
) -> None:
    file(report, reporter)
    accept_report(report=report, by=office)
    with refuses("not_submitted"):
        return_report(report=report, words="请补充", by=hq_office)


def test_after_the_close_a_report_is_accepted_but_not_returned(
    report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    file(report, reporter)
    clock.move_to(factories.at(dt.date(2026, 12, 3), 0, 5))
    close_period(period=report.period, now=timezone.now(), by=None)
    with refuses("closed"):
        return_report(report=report, words="请补充", by=office)
    accept_report(report=report, by=office)
    assert current(report).state == "accepted"
    assert report.task.lights.get().actual_percent == Decimal("90.0")  # the light shows what was accepted


# What a decision moves


def test_accepting_moves_the_tasks_numbers(task: Task, report: Report, reporter: User, office: User) -> None:
    file(report, reporter, actual_percent=Decimal("88.8"))
    task.refresh_from_db()
    assert (task.actual_percent, task.last_period) == (None, None)  # not before the office says so
    accept_report(report=report, by=office)
    task.refresh_from_db()
    assert (task.actual_percent, task.scheduled_percent) == (Decimal("88.8"), Decimal("90.3"))
    assert (task.light, task.last_period) == ("green", report.period)
    assert task.light_reasons == [{"code": "on_schedule", "points": "-1.5"}]


def test_accepting_moves_no_other_task(
    campaign: Campaign, period: Period, report: Report, reporter: User, office: User, east: Unit
) -> None:
    other = factories.task(campaign=campaign, lead_unit=east)
    factories.report(task=other, period=period)
    file(report, reporter)
    accept_report(report=report, by=office)
    other.refresh_from_db()
    assert (other.actual_percent, other.light) == (None, "grey")


def test_filing_ends_the_chase_and_returning_takes_it_up(
    report: Report, reporter: User, office: User
) -> None:
    plan_reminders(now=timezone.now())
    assert Reminder.objects.unsent().exists()
    file(report, reporter)
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("cancelled", "filed")}
    return_report(report=report, words="请补充", by=office)
    assert {(row.state, row.outcome) for row in Reminder.objects.all()} == {("planned", "")}
    file(report, reporter)
    accept_report(report=report, by=office)
    assert not Reminder.objects.unsent().exists()
