"""A planned change of lead that two want to change at once, or that takes effect just then: PostgreSQL only."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import LeadAssignment, Period, Report, Task
from tasks.services.handovers import apply_leads
from tasks.services.leads import reassign
from tasks.services.planned_leads import change_planned
from tests import factories
from tests.stack import free_port
from tests.tasks.stories import current, told
from tests.together import before_commit

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

TODAY = dt.date(2026, 11, 23)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def nobody_is_woken(settings: Any) -> None:
    """Leave the queue of REDIS_URL alone: these transactions do commit, and would ask for a worker."""
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"


def test_two_administrators_change_one_plan(
    task: Task, period: Period, south: Unit, administrator: User
) -> None:
    third, colleague = factories.unit(), factories.user_with(RoleCode.ADMINISTRATOR)
    ahead, later = TODAY + 7 * DAY, TODAY + 14 * DAY
    plan = reassign(subject=task, unit=south, starts_on=ahead, reason="调整", by=administrator)
    outcomes = before_commit(
        lambda: change_planned(leads=plan, unit=south, starts_on=later, reason="改日", by=administrator),
        lambda: change_planned(leads=plan, unit=third, starts_on=ahead, reason="改派", by=colleague),
    )
    assert outcomes == ("done", "changed")
    assert LeadAssignment.objects.get(task=task, unit=south).starts_on == later
    assert len(told("lead.change")) == 1


@pytest.mark.parametrize("change_first", [True, False])
def test_a_plan_is_changed_as_it_takes_effect(
    task: Task, report: Report, east: Unit, south: Unit, administrator: User, clock: Any, change_first: bool
) -> None:
    """Just after midnight the job finds it changed, or the change finds it begun; never half of each."""
    ahead = TODAY + DAY
    plan = reassign(subject=task, unit=south, starts_on=ahead, reason="调整", by=administrator)

    def change() -> None:
        change_planned(leads=plan, unit=south, starts_on=TODAY + 7 * DAY, reason="改日", by=administrator)

    def take_effect() -> None:
        clock.move_to(factories.at(ahead, 0, 1))
        apply_leads(day=ahead)

    outcomes = before_commit(change, take_effect) if change_first else before_commit(take_effect, change)
    assert outcomes == ("done", "done" if change_first else "begun")
    task.refresh_from_db()
    assert (task.lead_unit, current(report).unit) == ((east, east) if change_first else (south, south))
    assert LeadAssignment.objects.on(ahead).get(task=task).unit == task.lead_unit
