"""Evidence as a story of services: kept, recognised, bounded, frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from commands.models import User
from tasks.models import Evidence, Report, Task
from tasks.services.evidence import add_evidence, delete_evidence
from tasks.services.reports import submit_report
from tests import factories
from tests.refused import copy_of, refused
from tests.tasks import files
from tests.tasks.stories import current, only_event, refuses, told, typed


def upload(name: str = "签约台账.pdf", data: bytes = files.PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def kept() -> list[Path]:
    """Return the files that lie in the store."""
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_file_is_kept_under_a_name_that_tells_nothing(report: Report, reporter: User) -> None:
    before = set(kept())
    evidence = add_evidence(report=report, upload=upload("../../签约.pdf"), by=reporter)
    assert (evidence.name, evidence.kind, evidence.size) == ("签约.pdf", "pdf", len(files.PDF))
    (path,) = set(kept()) - before
    assert path.read_bytes() == files.PDF
    assert "签约" not in str(path)
    assert path.suffix == ""
    assert path.stat().st_mode & 0o077 == 0
    event = only_event()
    assert (event.action, event.actor, event.after["sha256"]) == ("evidence.add", reporter, evidence.sha256)


def test_the_same_file_again_is_recognised_by_its_content_and_not_stored_twice(
    report: Report, reporter: User
) -> None:
    first = add_evidence(report=report, upload=upload(), by=reporter)
    stored = len(kept())
    assert add_evidence(report=report, upload=upload("别名.pdf"), by=reporter) == first
    assert (len(kept()), Evidence.objects.count(), len(told())) == (stored, 1, 1)


def test_the_same_file_may_stand_with_another_report(report: Report, reporter: User, task: Task) -> None:
    later = factories.report(task=task, period=factories.period(month=factories.NEW_YEAR.replace(month=12)))
    add_evidence(report=report, upload=upload(), by=reporter)
    add_evidence(report=later, upload=upload(), by=reporter)
    assert Evidence.objects.count() == 2


def test_the_database_itself_takes_a_file_only_once_a_report(report: Report) -> None:
    evidence = factories.evidence(report=report)
    with refused("evidence_once_a_report"):
        Evidence.objects.bulk_create([copy_of(evidence)])


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("空.pdf", b"", "empty"),
        ("报告.pdf", files.PROGRAM, "lying"),
        ("报告.docx", files.office("docx", {"word/vbaProject.bin": b"1"}), "macros"),
        ("报告.docx", files.office("docx", {"word/a.bin": bytes(11 * 1024 * 1024)}), "bomb"),
    ],
)
def test_what_cannot_stand_is_refused_by_name_and_leaves_nothing(
    report: Report, reporter: User, name: str, data: bytes, code: str
) -> None:
    before = kept()
    with refuses(code, "uploads"):
        add_evidence(report=report, upload=upload(name, data), by=reporter)
    assert kept() == before
    assert not Evidence.objects.exists()


def test_all_files_of_a_report_together_are_bounded(report: Report, reporter: User) -> None:
    for _n in range(5):
        Evidence.objects.filter(pk=factories.evidence(report=report).pk).update(size=20 * 1024 * 1024)
    with refuses("too_much", "uploads"):
        add_evidence(report=report, upload=upload(), by=reporter)
    Evidence.objects.first().delete()  # type: ignore[union-attr]
    add_evidence(report=report, upload=upload(), by=reporter)


def test_another_unit_and_the_office_add_nothing(report: Report, other_reporter: User, office: User) -> None:
    for person in (other_reporter, office):
        with refuses("other_unit"):
            add_evidence(report=report, upload=upload(), by=person)


@pytest.mark.parametrize("state", ["submitted", "accepted", "missed", "exempt"])
def test_nothing_is_added_once_the_report_is_out_of_the_units_hands(
    task: Task, reporter: User, state: str
) -> None:
    report = factories.report(task=task, state=state)
    with refuses("closed"):
        add_evidence(report=report, upload=upload(), by=reporter)


def test_nothing_is_added_once_the_period_is_closed(report: Report, reporter: User) -> None:
    type(report.period).objects.update(closed_at=timezone.now())
    with refuses("closed"):
        add_evidence(report=report, upload=upload(), by=reporter)


def test_a_file_can_show_one_of_the_tasks_milestones(report: Report, reporter: User, task: Task) -> None:
    own, foreign = factories.milestone(task=task), factories.milestone()
    assert add_evidence(report=report, upload=upload(), milestone=own, by=reporter).milestone == own
    with refuses("milestone", "milestone"):
        add_evidence(report=report, upload=upload("a.txt", b"a"), milestone=foreign, by=reporter)


# Taking back, and freezing


def test_a_file_can_be_taken_back_before_it_is_filed(
    report: Report, reporter: User, django_capture_on_commit_callbacks: Any
) -> None:
    evidence = add_evidence(report=report, upload=upload(), by=reporter)
    path = Path(evidence.file.path)
    with django_capture_on_commit_callbacks(execute=True):
        delete_evidence(evidence=evidence, by=reporter)
    assert not path.exists()
    assert [event.action for event in told()] == ["evidence.add", "evidence.delete"]


def test_a_file_outlives_a_deletion_that_was_rolled_back(report: Report, reporter: User) -> None:
    evidence = add_evidence(report=report, upload=upload(), by=reporter)
    with transaction.atomic():
        delete_evidence(evidence=evidence, by=reporter)
        transaction.set_rollback(True)
    assert Path(evidence.file.path).exists()
    assert Evidence.objects.get().name == "签约台账.pdf"


def test_a_submission_remembers_the_files_it_had(report: Report, reporter: User, office: User) -> None:
    first = add_evidence(report=report, upload=upload(), by=reporter)
    submission = submit_report(report=report, content=typed(), version=1, by=reporter)
    assert list(submission.evidence.all()) == [first]
    with refuses("closed"):
        delete_evidence(evidence=first, by=reporter)


def test_a_returned_report_takes_more_files_but_gives_up_none_that_was_filed(
    task: Task, reporter: User
) -> None:
    report = factories.report(task=task, state="returned", by=reporter)
    filed = factories.evidence(report=report)
    more = add_evidence(report=report, upload=upload(), by=reporter)
    with refuses("frozen"):
        delete_evidence(evidence=filed, by=reporter)
    again = submit_report(report=report, content=typed(), version=current(report).version, by=reporter)
    assert set(again.evidence.all()) == {filed, more}
    assert list(report.submissions.get(number=1).evidence.all()) == [filed]
