"""What can never be true of the rows that keep past days, whoever writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models

from tasks.models import PastCampaign, PastMilestone, PastPeriod, PastReport, PastSupport, PastTask
from tests import factories
from tests.refused import Case, assert_refused, copy_of, refused

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def kept_of(model: Any, row: models.Model) -> models.Model:
    """Make the row that keeps ``row`` as it stands, from June until July."""
    values = {name: getattr(row, name) for name in model.kept()}
    made: models.Model = model.objects.create(**{model.KEY: row}, since=JUNE, until=JULY, **values)
    return made


def support() -> models.Model:
    """Make the row that keeps that a unit supported a task, from June until July."""
    return PastSupport.objects.create(task=factories.task(), unit=factories.unit(), since=JUNE, until=JULY)


KEPT: dict[str, Any] = {
    "task": lambda: kept_of(PastTask, factories.task()),
    "campaign": lambda: kept_of(PastCampaign, factories.campaign()),
    "milestone": lambda: kept_of(PastMilestone, factories.milestone()),
    "period": lambda: kept_of(PastPeriod, factories.period()),
    "report": lambda: kept_of(PastReport, factories.report()),
    "support": support,
}
REFUSED: list[Case] = [(f"past_{name}_range", make, {"until": JUNE}) for name, make in KEPT.items()]
SEEN = {f"past_{name}_{what}" for name in KEPT for what in ("range", "once_a_day", "one_last")}
"""Every constraint that is seen to hold here."""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize("name", KEPT)
def test_one_row_tells_of_a_day_and_one_until_further_notice(db: None, name: str) -> None:
    row = KEPT[name]()
    model = type(row)
    with refused(f"past_{name}_once_a_day"):
        model._base_manager.bulk_create([copy_of(row)])
    model._base_manager.bulk_create([copy_of(row, since=JULY, until=None)])
    with refused(f"past_{name}_one_last"):
        model._base_manager.bulk_create([copy_of(row, since=JULY + dt.timedelta(days=1), until=None)])
