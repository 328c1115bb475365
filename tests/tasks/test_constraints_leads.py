"""One unit leads a task or a campaign on any day: kept by the database, through table rebuilds too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterModelTable,
    RemoveConstraint,
    RemoveField,
    RenameField,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from commands.models import Unit
from tasks.models import Campaign, LeadAssignment, Task
from tests import factories
from tests.refused import refused

JUNE, JULY, AUGUST, SEPTEMBER = (dt.date(2026, month, 1) for month in (6, 7, 8, 9))
LAST_OF_JUNE = dt.date(2026, 6, 30)
OVERLAPS_WITH_JULY = [
    pytest.param(JULY, AUGUST, id="the same"),
    pytest.param(JUNE, SEPTEMBER, id="around it"),
    pytest.param(dt.date(2026, 7, 10), dt.date(2026, 7, 11), id="a day inside"),
    pytest.param(JUNE, dt.date(2026, 7, 2), id="into its first day"),
    pytest.param(dt.date(2026, 7, 31), SEPTEMBER, id="from its last day"),
    pytest.param(JUNE, None, id="open, from before"),
    pytest.param(dt.date(2026, 7, 31), None, id="open, from its last day"),
]
BESIDE_JULY = [
    pytest.param(JUNE, JULY, id="up to it"),
    pytest.param(AUGUST, SEPTEMBER, id="right after it"),
    pytest.param(AUGUST, None, id="open, right after it"),
    pytest.param(SEPTEMBER, None, id="with a gap"),
]


@pytest.fixture
def led_in_july(campaign: Campaign, east: Unit) -> Task:
    """A task that east leads in July only."""
    task = factories.task(campaign=campaign, lead_unit=east)
    task.leads.update(starts_on=JULY, ends_on=AUGUST)
    return task


def test_a_task_has_one_open_lead(task: Task, south: Unit) -> None:
    with refused("lead_one_a_day"):
        LeadAssignment.objects.bulk_create([LeadAssignment(task=task, unit=south, starts_on=JUNE)])
    with refused("lead_one_a_day"):
        LeadAssignment(task=task, unit=south, starts_on=JUNE).save()


def test_a_campaign_has_one_open_lead(campaign: Campaign, south: Unit) -> None:
    with refused("lead_one_a_day"):
        LeadAssignment.objects.bulk_create([LeadAssignment(campaign=campaign, unit=south, starts_on=JUNE)])


@pytest.mark.parametrize(("starts_on", "ends_on"), OVERLAPS_WITH_JULY)
def test_overlapping_ranges_are_refused(
    led_in_july: Task, south: Unit, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    lead = LeadAssignment(task=led_in_july, unit=south, starts_on=starts_on, ends_on=ends_on)
    with pytest.raises(ValidationError, match="Another unit leads on those days"):
        lead.full_clean()
    with refused("lead_one_a_day"):
        LeadAssignment.objects.bulk_create([lead])


@pytest.mark.parametrize(("starts_on", "ends_on"), OVERLAPS_WITH_JULY)
def test_a_range_cannot_be_moved_into_another(
    led_in_july: Task, south: Unit, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    lead = factories.lead(task=led_in_july, unit=south, starts_on=SEPTEMBER)
    with refused("lead_one_a_day"):
        LeadAssignment.objects.filter(pk=lead.pk).update(starts_on=starts_on, ends_on=ends_on)


@pytest.mark.parametrize(("starts_on", "ends_on"), BESIDE_JULY)
def test_ranges_may_touch(
    led_in_july: Task, south: Unit, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    lead = LeadAssignment(task=led_in_july, unit=south, starts_on=starts_on, ends_on=ends_on)
    lead.full_clean()
    lead.save()
    lead.full_clean()


def test_two_leads_in_one_statement_are_seen_too(led_in_july: Task, south: Unit) -> None:
    with refused("lead_one_a_day"):
        LeadAssignment.objects.bulk_create(
            [LeadAssignment(task=led_in_july, unit=south, starts_on=SEPTEMBER) for _ in range(2)]
        )


def test_a_lead_cannot_be_moved_to_a_task_that_has_one(task: Task, campaign: Campaign, south: Unit) -> None:
    other = factories.task(campaign=campaign, lead_unit=south)
    with refused("lead_one_a_day"):
        LeadAssignment.objects.filter(task=other).update(task=task)


def test_ignoring_conflicts_stores_no_second_lead_either(task: Task, south: Unit) -> None:
    second = LeadAssignment(task=task, unit=south, starts_on=JUNE)
    # SQLite's trigger raises all the same, PostgreSQL leaves the row out.
    with suppress(IntegrityError), transaction.atomic():
        LeadAssignment.objects.bulk_create([second], ignore_conflicts=True)
    assert task.leads.count() == 1


def test_an_unrelated_change_of_a_lead_is_no_overlap(task: Task) -> None:
    assert task.leads.update(reason="会议纪要") == 1


def test_a_task_and_a_campaign_of_one_number_are_led_apart(book: None, east: Unit, south: Unit) -> None:
    campaign = factories.campaign(pk=700, lead_unit=east)
    factories.task(pk=700, campaign=campaign, lead_unit=south)
    assert list(campaign.leads.values_list("unit", flat=True)) == [east.pk]


def test_two_tasks_of_a_unit_are_led_at_once(campaign: Campaign, east: Unit) -> None:
    factories.many_tasks(2, campaign=campaign, unit=east)
    assert east.leads.count() == 3


def test_an_ended_lead_makes_room(task: Task, south: Unit) -> None:
    task.leads.update(ends_on=JULY)
    factories.lead(task=task, unit=south, starts_on=JULY)
    assert [lead.unit for day in (LAST_OF_JUNE, JULY) for lead in task.leads.on(day)] == [
        task.lead_unit,
        south,
    ]


# Migrations that touch the table: SQLite rebuilds it, and a rebuilt table has lost its triggers.

MIGRATIONS = {
    "a wider column": AlterField("leadassignment", "reason", models.CharField(max_length=999, blank=True)),
    "a new column": AddField("leadassignment", "words", models.CharField(max_length=9, default="")),
    "a column less": RemoveField("leadassignment", "document_number"),
    "another column name": RenameField("leadassignment", "reason", "words"),
    "a constraint less": RemoveConstraint("leadassignment", "lead_flag_only_for_campaigns"),
    "another table name": AlterModelTable("leadassignment", "tasks_lead"),
    "a rebuilt table of tasks": AlterField("task", "title", models.CharField(max_length=999)),
}


@contextmanager
def migrated(operation: Operation) -> Iterator[ProjectState]:
    """Do ``operation`` to the tables and undo it at the end, as a migration would."""
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    operation.state_forwards("tasks", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("tasks", editor, before, after)
    try:
        yield after
    finally:
        with connection.schema_editor() as editor:
            operation.database_backwards("tasks", editor, after, before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", MIGRATIONS.values(), ids=MIGRATIONS)
def test_the_rule_outlives_a_migration_there_and_back(operation: Operation) -> None:
    with migrated(operation) as tables:
        assert kept_in(tables)
    assert kept_in(MigrationLoader(connection).project_state())


@pytest.mark.django_db(transaction=True)
def test_the_rule_can_be_taken_away_and_put_back() -> None:
    with migrated(RemoveConstraint("leadassignment", "lead_one_a_day")) as tables:
        assert not kept_in(tables)
    assert kept_in(MigrationLoader(connection).project_state())


def kept_in(state: ProjectState) -> bool:
    """Say whether a second lead is refused, as an insert and as an update, in the tables of ``state``."""
    leads = state.apps.get_model("tasks", "LeadAssignment")._base_manager
    campaign, unit = factories.campaign(), factories.unit()
    leads.create(campaign_id=campaign.pk, unit_id=unit.pk, starts_on=JUNE, ends_on=JULY)
    later = leads.create(campaign_id=campaign.pk, unit_id=unit.pk, starts_on=JULY)
    kept = refuses(
        lambda: leads.create(campaign_id=campaign.pk, unit_id=unit.pk, starts_on=AUGUST)
    ) and refuses(lambda: leads.filter(pk=later.pk).update(starts_on=JUNE))
    leads.all().delete()
    return kept


def refuses(write: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False
