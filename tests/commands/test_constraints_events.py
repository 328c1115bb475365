"""The audit trail is append-only: nothing in the application changes or deletes a row of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, models, transaction

from commands.models import AppendOnlyError, Event, Unit, User
from tests import factories


def change_and_save(event: Event) -> None:
    event.action = "report.forged"
    event.save()


def save_one_field(event: Event) -> None:
    event.action = "report.forged"
    event.save(update_fields=["action"])


def change_in_bulk(event: Event) -> None:
    event.action = "report.forged"
    Event.objects.bulk_update([event], ["action"])


def change_by_actor(event: Event) -> None:
    assert event.actor is not None
    event.actor.events.update(action="report.forged")


REFUSED: list[Callable[[Event], object]] = [
    change_and_save,
    save_one_field,
    change_in_bulk,
    change_by_actor,
    lambda event: event.delete(),
    lambda event: Event.objects.update(action="report.forged"),
    lambda event: Event.objects.filter(pk=event.pk).update(action="report.forged"),
    lambda event: Event.objects.update_or_create({"action": "report.forged"}, pk=event.pk),
    lambda event: Event.objects.all().delete(),
    lambda event: Event.objects.filter(pk=event.pk).delete(),
    lambda event: Event.objects.about(factories.unit()).delete(),
    lambda event: Event.objects.bulk_create(
        [Event(pk=event.pk, action="report.forged", subject_type="x", subject_id=1)],
        update_conflicts=True,
        update_fields=["action"],
        unique_fields=["id"],
    ),
]


@pytest.fixture
def event(reporter: User) -> Event:
    return factories.event(actor=reporter)


@pytest.mark.parametrize("deed", REFUSED)
def test_what_happened_is_neither_rewritten_nor_forgotten(
    event: Event, deed: Callable[[Event], object]
) -> None:
    with pytest.raises(AppendOnlyError), transaction.atomic():
        deed(event)
    assert Event.objects.get().action == "report.submit"


def test_a_second_event_does_not_take_the_place_of_the_first(event: Event) -> None:
    forged = Event(pk=event.pk, action="report.forged", subject_type="tasks.report", subject_id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        forged.save()
    assert Event.objects.get().action == "report.submit"


def test_whoever_did_something_cannot_be_deleted(event: Event, reporter: User) -> None:
    reporter.posts.all().delete()
    with pytest.raises(models.ProtectedError):
        reporter.delete()


def test_events_about_a_row_are_found_newest_first(db: None, east: Unit, south: Unit) -> None:
    first, second = (
        factories.event(subject_type="commands.unit", subject_id=east.pk, action=action)
        for action in ("unit.create", "unit.rename")
    )
    factories.event(subject_type="commands.unit", subject_id=south.pk)
    assert list(Event.objects.about(east)) == [second, first]
