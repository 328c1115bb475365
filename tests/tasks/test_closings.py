"""Close-out as a story: applied for with evidence, verified or returned, felt by report and light."""

from __future__ import annotations

import pytest
from django.utils import timezone

from commands.models import User
from tasks.models import Closing, Evidence, Period, Report, Task
from tasks.services.closings import apply_for_closing, close_out, return_closing
from tasks.services.exemptions import exempt_report, undo_exemption
from tests import factories
from tests.conftest import signed_in
from tests.refused import copy_of, refused
from tests.tasks.reports import shown
from tests.tasks.stories import current, refuses


@pytest.fixture
def filed(task: Task, reporter: User) -> Evidence:
    """A file that was filed with October's accepted report."""
    october = factories.period(month=factories.NEW_YEAR.replace(month=10), closed=True)
    report = factories.report(task=task, period=october, state="accepted", by=reporter)
    return factories.evidence(report=report, name="验收单.txt")


def applied(task: Task, filed: Evidence, by: User) -> Closing:
    return apply_for_closing(task=task, statement="全部建成并通过验收。", evidence=[filed], by=by)


def test_applied_for_verified_and_closed(
    task: Task, report: Report, filed: Evidence, reporter: User, office: User
) -> None:
    closing = applied(task, filed, reporter)
    task.refresh_from_db()
    assert (task.lifecycle, list(closing.evidence.all())) == ("closing", [filed])
    assert [note.kind for note in office.notifications.all()] == ["closing_asked"]
    close_out(closing=closing, by=office)
    task.refresh_from_db()
    assert (task.lifecycle, task.closed_on, task.light) == ("closed", timezone.localdate(), "blue")
    assert (current(report).state, bool(current(report).exempt_reason)) == ("exempt", True)
    assert [note.kind for note in reporter.notifications.all()] == ["closing_closed"]


def test_what_was_returned_is_exempt_and_keeps_what_was_filed(
    task: Task, period: Period, filed: Evidence, reporter: User, office: User
) -> None:
    """By hand it is not exempted while the task goes on, and is not asked for again once it is closed out."""
    returned = factories.report(task=task, period=period, state="returned")
    with refuses("filed"):
        exempt_report(report=returned, reason="停工", by=office)
    before = current(returned)
    close_out(closing=applied(task, filed, reporter), by=office)
    after = current(returned)
    assert (after.state, after.exempt_reason, after.return_words) == ("exempt", "The task is closed out.", "")
    assert (after.first_submitted_at, after.timeliness) == (before.first_submitted_at, before.timeliness)
    assert (before.timeliness, after.version) == ("on_time", before.version + 1)
    assert [filing.decision for filing in after.submissions.all()] == ["returned"]
    with refuses("closed_out"):
        undo_exemption(report=returned, by=office)


def test_what_waits_for_review_is_still_reviewed(
    task: Task, report: Report, filed: Evidence, reporter: User, office: User
) -> None:
    factories.submission(report=report, submitted_by=reporter, actual_percent=100)
    Report.objects.filter(pk=report.pk).update(
        state="submitted", submitted_at=timezone.now(), first_submitted_at=timezone.now(), actual_percent=100
    )
    close_out(closing=applied(task, filed, reporter), by=office)
    assert current(report).state == "submitted"


def test_returned_with_words_the_task_goes_on_and_may_be_applied_for_again(
    task: Task, filed: Evidence, reporter: User, office: User
) -> None:
    closing = applied(task, filed, reporter)
    with refuses("words_missing", "words"):
        return_closing(closing=closing, words=" ", by=office)
    return_closing(closing=closing, words="缺消防验收。", by=office)
    task.refresh_from_db()
    assert (task.lifecycle, task.closed_on) == ("active", None)
    assert applied(task, filed, reporter).pk != closing.pk


def test_only_the_lead_unit_applies_once_with_words_and_filed_files(
    task: Task, report: Report, filed: Evidence, reporter: User, other_reporter: User, office: User
) -> None:
    for person in (other_reporter, office):
        with refuses("other_unit"):
            applied(task, filed, person)
    with refuses("words_missing", "statement"):
        apply_for_closing(task=task, statement=" ", evidence=[filed], by=reporter)
    draft, foreign = factories.evidence(report=report), factories.evidence()
    with refuses("evidence_missing", "evidence"):
        apply_for_closing(task=task, statement="完成", evidence=[draft, foreign], by=reporter)
    closing = applied(task, filed, reporter)
    with refuses("not_active"):
        applied(task, filed, reporter)
    with refused("closing_one_undecided_a_task"):
        Closing.objects.bulk_create([copy_of(closing)])


def test_nobody_closes_out_their_own(
    task: Task, filed: Evidence, reporter: User, leader: User, office: User
) -> None:
    closing = applied(task, filed, reporter)
    for person in (reporter, leader):
        with refuses("not_reviewer"):
            close_out(closing=closing, by=person)
    factories.post(user=office, role="reporter", unit=task.lead_unit)
    with refuses("own_request"):
        close_out(closing=closing, by=User.objects.get(pk=office.pk))
    close_out(closing=closing, by=factories.user_with("office"))
    with refuses("decided"):
        return_closing(closing=closing, words="等等", by=factories.user_with("office"))
    with refused("closing_not_decided_by_author"):
        Closing.objects.filter(pk=closing.pk).update(decided_by=reporter)


def test_through_the_browser(task: Task, filed: Evidence, reporter: User, office: User) -> None:
    unit, decider = signed_in(reporter), signed_in(office)
    address = f"/tasks/{task.pk}/closings/new/"
    assert address in shown(unit.get(f"/tasks/{task.pk}/"))
    assert "Choose at least one file" in shown(unit.post(address, {"statement": "全部完成。"}))
    unit.post(address, {"statement": "全部完成。", "evidence": [filed.pk]})
    closing = Closing.objects.get()
    assert f"/closings/{closing.pk}/" in shown(decider.get("/reports/"))
    page = shown(decider.get(f"/closings/{closing.pk}/"))
    assert f"/evidence/{filed.pk}/" in page
    assert "Say what is missing." in shown(
        decider.post(f"/closings/{closing.pk}/", {"action": "return", "words": ""})
    )
    decider.post(f"/closings/{closing.pk}/", {"action": "close", "words": ""})
    assert "Closed out" in shown(unit.get(f"/tasks/{task.pk}/"))
    late = decider.post(f"/closings/{closing.pk}/", {"action": "return", "words": "我再看看"})
    assert late.status_code == 409
    assert "我再看看" in shown(late)
