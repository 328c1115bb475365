"""What can never be true of reminders, their ladders and vacant posts, whoever writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from commands.models import User
from tasks.models import Ladder, LadderStage, Reminder, Robot, Vacancy
from tasks.models.reminders import SUBJECTS
from tests import factories
from tests.refused import Case, assert_allowed, assert_refused, copy_of, refused

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def ladder() -> Ladder:
    return Ladder.objects.create(kind="report", changed_at=timezone.now())


def ladder_stage() -> LadderStage:
    return LadderStage.objects.create(ladder=ladder(), offset=-1, reporters=True)


REFUSED: list[Case] = [
    ("reminder_one_subject", factories.reminder, {"report": None}),
    ("reminder_one_subject", factories.reminder, {"milestone": factories.milestone}),
    ("reminder_one_subject", factories.reminder, {"lead": factories.lead}),
    ("reminder_one_subject", factories.reminder, {"kind": "milestone"}),
    ("reminder_one_subject", factories.reminder, {"kind": "weekly"}),
    ("ladder_kind_known", ladder, {"kind": "weekly"}),
    ("ladder_stage_near", ladder_stage, {"offset": 41}),
    ("ladder_stage_near", ladder_stage, {"offset": -41}),
    ("ladder_stage_has_audience", ladder_stage, {"reporters": False}),
    ("ladder_stage_has_channel", ladder_stage, {"inbox": False, "personal": False}),
    ("vacancy_role_known", lambda: Vacancy.objects.create(role="head", noticed_on=JUNE), {"role": "clerk"}),
    ("reminder_state_known", factories.reminder, {"state": "mislaid"}),
    ("reminder_channel_known", factories.reminder, {"channel": "pigeon"}),
    ("reminder_sent_has_time", factories.reminder, {"state": "sent"}),
    ("reminder_sent_has_time", factories.reminder, {"sent_at": timezone.now}),
    ("reminder_sending_is_claimed", factories.reminder, {"state": "sending"}),
    ("reminder_sending_is_claimed", factories.reminder, {"state": "sending", "claimed_at": timezone.now}),
]
SEEN = {name for name, _make, _changes in REFUSED} | {
    "ladder_stage_one_a_day",
    "vacancy_once_a_unit",
    "vacancy_once_a_headquarters",
    "vacancy_once_district",
    *(f"reminder_{subject}_{what}_once" for subject in SUBJECTS for what in ("stage", "group")),
    "reminder_weekly_once",
}
"""Every constraint that is seen to hold here."""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


def test_a_cancelled_reminder_needs_no_more(db: None) -> None:
    assert_allowed(factories.reminder, {"state": "cancelled"})


def twice(row: models.Model, **changes: Any) -> None:
    type(row)._base_manager.bulk_create([copy_of(row, **changes)])


ABOUT: dict[str, Any] = {
    "report": factories.report,
    "milestone": factories.milestone,
    "lead": lambda: factories.task().leads.get(),
    "directive": lambda: factories.directive().addressees.get(),
    "obstacle": factories.obstacle,
}


def test_every_sort_of_subject_is_seen() -> None:
    assert set(ABOUT) == set(SUBJECTS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_person_gets_a_stage_once_by_each_channel(db: None, subject: str, reporter: User) -> None:
    reminder: Reminder = factories.reminder(**{subject: ABOUT[subject]()}, recipient=reporter, state="sent")
    with refused(f"reminder_{subject}_stage_once"):
        twice(reminder, state="planned", sent_at=None)
    twice(reminder, channel="inbox")
    twice(reminder, stage="D+1")
    twice(reminder, recipient=factories.user())
    twice(reminder, due_on=JULY)  # another due day begins another climb


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_group_gets_a_stage_once(db: None, subject: str) -> None:
    robot = Robot.objects.create(kind="log", name="督查群")
    reminder: Reminder = factories.reminder(**{subject: ABOUT[subject]()}, channel="group", robot=robot)
    with refused(f"reminder_{subject}_group_once"):
        twice(reminder)
    twice(reminder, stage="D+1")


def test_a_person_gets_one_weekly_digest_a_week(db: None, reporter: User) -> None:
    now = timezone.now()
    about = {"kind": "weekly", "due_at": now, "due_on": now.date(), "planned_for": now}
    digest = Reminder.objects.create(recipient=reporter, channel="email", stage="week", **about)
    with refused("reminder_weekly_once"):
        twice(digest, channel="inbox")
    twice(digest, due_on=JULY)


def test_a_ladder_has_one_stage_a_day(db: None) -> None:
    stage = ladder_stage()
    with refused("ladder_stage_one_a_day"):
        twice(stage, heads=True)
    twice(stage, offset=2)


@pytest.mark.parametrize("place", ["unit", "headquarters", "district"])
def test_a_vacancy_is_open_once(db: None, place: str, today: dt.date) -> None:
    where = {"unit": factories.unit, "headquarters": factories.headquarters}
    vacancy = Vacancy.objects.create(
        role="office" if place != "unit" else "head",
        noticed_on=today,
        **({place: where[place]()} if place in where else {}),
    )
    names = {"unit": "a_unit", "headquarters": "a_headquarters"}
    with refused(f"vacancy_once_{names.get(place, place)}"):
        twice(vacancy)
    Vacancy.objects.update(filled_on=today)
    twice(vacancy)
