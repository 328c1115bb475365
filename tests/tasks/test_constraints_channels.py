"""What can never be true of robots and of those whom a reminder addresses, whoever writes them."""

from __future__ import annotations

import pytest

from tasks.models import Robot
from tests import factories
from tests.refused import Case, assert_refused


def robot_of_unit() -> Robot:
    return factories.robot(unit=factories.unit())


REFUSED: list[Case] = [
    ("robot_kind_known", factories.robot, {"kind": "parrot", "address": "https://robot.example/1"}),
    ("robot_one_place", robot_of_unit, {"headquarters": factories.headquarters}),
    ("robot_one_place", robot_of_unit, {"owner": factories.user}),
    ("robot_has_address", factories.robot, {"kind": "webhook"}),
    ("reminder_one_addressee", factories.reminder, {"recipient": None}),
    ("reminder_one_addressee", factories.reminder, {"robot": factories.robot}),
    ("reminder_one_addressee", factories.reminder, {"channel": "group"}),
]
SEEN = {name for name, _make, _changes in REFUSED}
"""Every constraint that is seen to hold here."""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)
