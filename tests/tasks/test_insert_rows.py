"""Writing many rows at once, against what ``bulk_create`` writes; and the lookup for many ids at once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Unit, User
from commands.models.writing import insert_rows
from tasks.models import Notification, Reminder, Report
from tests import factories

TODAY = dt.date(2026, 11, 23)
WORDS = "“引号” 'quote' \"double\" \\ back\nnew line %s {} 100% \t 𠮷"
NAMES = ("recipient_id", "kind", "values", "link")


def everything(row: Any) -> dict[str, Any]:
    """Return what a row holds, but for its key and the moment of its writing."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in {"id", "created_at"}
    }


def reminder(report: Report, person: User, channel: str, **fields: Any) -> dict[str, Any]:
    """Return the columns of a reminder that is not written yet."""
    due_at = report.period.due_at + dt.timedelta(microseconds=7)
    return {
        "kind": "report",
        "task_id": report.task_id,
        "report_id": report.pk,
        "stage": "D-1",
        "recipient_id": person.pk,
        "channel": channel,
        "due_at": due_at,
        "due_on": timezone.localdate(due_at),
        "planned_for": due_at,
        **fields,
    }


def write(*rows: dict[str, Any]) -> int:
    """Write reminders of the same columns."""
    return insert_rows(Reminder, tuple(rows[0]), [tuple(row.values()) for row in rows])


def test_rows_are_those_that_bulk_create_writes(report: Report, reporter: User, head: User) -> None:
    rows = [
        reminder(
            report,
            person,
            channel,
            claim=uuid.uuid4() if person == head else None,
            handed_at=timezone.now() if channel == "email" else None,
            maybe_duplicate=person == head,
            attempts=number,
            outcome=WORDS if person == head else "",
        )
        for number, person in enumerate((reporter, head))
        for channel in ("inbox", "email")
    ]
    assert write(*rows) == 4
    ours = [everything(row) for row in Reminder.objects.order_by("pk")]
    Reminder.objects.all().delete()
    Reminder.objects.bulk_create(Reminder(**row) for row in rows)
    assert ours == [everything(row) for row in Reminder.objects.order_by("pk")]


def test_moment_of_writing_and_defaults_are_set(report: Report, reporter: User, clock: Any) -> None:
    write(reminder(report, reporter, "email"))
    row = Reminder.objects.get()
    assert (row.created_at, row.state, row.attempts, row.outcome) == (timezone.now(), "planned", 0, "")


def test_documents_and_words_come_back_as_they_were(reporter: User, head: User) -> None:
    values: list[dict[str, Any]] = [
        {"task": WORDS, "number": 1, "nothing": None, "yes": True, "list": [1, "2", {"deep": "深"}]},
        {"task": "另一个"},
        {},
    ]
    rows = [(person.pk, "k", value, WORDS) for person in (reporter, head) for value in values]
    assert insert_rows(Notification, NAMES, rows) == 6
    found = Notification.objects.order_by("pk").values_list(*NAMES)
    assert list(found) == rows


def test_rows_that_are_all_alike_are_all_written(reporter: User) -> None:
    assert insert_rows(Notification, NAMES, [(reporter.pk, "k", {"a": 1}, "/")] * 3) == 3
    assert set(Notification.objects.values_list(*NAMES[:2], "link")) == {(reporter.pk, "k", "/")}


def test_one_row_and_no_row(reporter: User) -> None:
    assert insert_rows(Notification, NAMES, [(reporter.pk, "k", {}, "")]) == 1
    assert insert_rows(Notification, NAMES, []) == 0
    assert Notification.objects.count() == 1


def test_what_is_there_already_stays_as_it_is_and_is_not_counted(
    report: Report, reporter: User, head: User
) -> None:
    first = reminder(report, reporter, "email", in_place_of="head")
    assert write(first) == 1
    assert write({**first, "in_place_of": ""}, reminder(report, head, "email", in_place_of="")) == 1
    assert set(Reminder.objects.values_list("recipient", "in_place_of")) == {
        (reporter.pk, "head"),
        (head.pk, ""),
    }


@pytest.mark.parametrize("wrong", [{"channel": "pigeon"}, {"due_on": None}, {"stage": "D+" + "1" * 30}])
def test_what_the_database_refuses_is_refused_and_not_cut_to_size(
    report: Report, reporter: User, head: User, wrong: dict[str, Any]
) -> None:
    if connection.vendor == "sqlite" and "stage" in wrong:
        pytest.skip("SQLite keeps to no length.")
    rows = [reminder(report, reporter, "email"), {**reminder(report, head, "email"), **wrong}]
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        write(*rows)
    assert not Reminder.objects.exists()


def test_thousands_are_one_statement(reporter: User) -> None:
    rows = [(reporter.pk, "k", {"number": number}, f"/{number}/") for number in range(3_000)]
    with CaptureQueriesContext(connection) as captured:
        assert insert_rows(Notification, NAMES, rows) == 3_000
    assert len(captured) == 1


def test_among_says_what_in_says(east: Unit) -> None:
    users = [factories.user_with("reporter", unit=east) for _n in range(4)]
    some = {users[0].pk, users[2].pk}
    for ids in (some, list(some), [], [0]):
        assert set(User.objects.filter(pk__among=ids)) == set(User.objects.filter(pk__in=ids))
        posts = set(User.objects.filter(posts__user_id__among=ids))
        assert posts == set(User.objects.filter(posts__user_id__in=ids))
    assert set(User.objects.exclude(pk__among=some)) == set(User.objects.exclude(pk__in=some))
