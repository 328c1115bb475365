"""The frozen day, the named cast, and signing in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Period, Report, StrategicGoal, Task, TaskBook
from tests import factories, migrated

# The same examples every time: a red run means a changed program, not other luck.
hypothesis.settings.register_profile("house", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("house")

FROZEN = factories.at(dt.date(2026, 11, 23))
"""A Monday, 09:00 in Luohu: the November reports fall due on Wednesday at 18:00."""


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller | None]:
    """Stop the clock at 09:00 of the frozen day, in English; ``clock.move_to(…)`` and ``clock.shift(…)`` travel.

    Tests that wait for other processes need a running clock, and get None.
    """
    if request.node.get_closest_marker("services") or request.node.get_closest_marker("browser"):
        yield None
        return
    with time_machine.travel(FROZEN, tick=False) as traveller, translation.override("en"):
        yield traveller


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Copy the migrated database where there is one; SQLite only, as the next."""
    if connection.vendor == "sqlite":
        migrated.begin_from_it()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Keep the migrated database for the next time."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            migrated.keep_it()


@pytest.fixture
def today() -> dt.date:
    """The frozen day, 2026-11-23."""
    return timezone.localdate(FROZEN)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A function that returns a client signed in as the given person."""
    return signed_in


def signed_in(user: User) -> Client:
    """Return a client signed in as ``user`` in the language of ``user``, through the sign-in page's backend."""
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = user.language
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def whole_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite take any number of values at a time, so that a test counts what the program asks.

    Django 5.2 cuts its statements at 999 values, those for the reminders of a hundred tasks into 25.
    """
    monkeypatch.setattr(connection.features, "max_query_params", 250_000)


# Places


@pytest.fixture
def east(db: None) -> Unit:
    """Dongmen Sub-district: leads the task."""
    return factories.unit(code="dongmen", name="东门街道", short_name="东门", name_en="Dongmen Sub-district")


@pytest.fixture
def south(db: None) -> Unit:
    """Nanhu Sub-district: leads nothing."""
    return factories.unit(code="nanhu", name="南湖街道", short_name="南湖", name_en="Nanhu Sub-district")


@pytest.fixture
def headquarters(db: None) -> Headquarters:
    """The headquarters that commands the campaign, under one nameplate."""
    made = factories.headquarters(
        code="blocks",
        name="特色商业街区建设指挥部",
        name_en="Characteristic Commercial Blocks Construction Command",
    )
    factories.nameplate(headquarters=made, name_en=made.name_en, starts_on=dt.date(2023, 1, 30))
    return made


# People


@pytest.fixture
def reporter(east: Unit) -> User:
    """The reporter of east."""
    return factories.user_with(RoleCode.REPORTER, unit=east, username="reporter")


@pytest.fixture
def head(east: Unit) -> User:
    """The head of east."""
    return factories.user_with(RoleCode.HEAD, unit=east, username="head")


@pytest.fixture
def other_reporter(south: Unit) -> User:
    """The reporter of south."""
    return factories.user_with(RoleCode.REPORTER, unit=south, username="other_reporter")


@pytest.fixture
def office(db: None) -> User:
    """The district's supervision office: reviews everything."""
    return factories.user_with(RoleCode.OFFICE, username="office")


@pytest.fixture
def hq_office(headquarters: Headquarters) -> User:
    """The office of the headquarters: reviews what it commands."""
    return factories.user_with(RoleCode.OFFICE, headquarters=headquarters, username="hq_office")


@pytest.fixture
def leader(db: None) -> User:
    """A district leader."""
    return factories.user_with(RoleCode.LEADER, username="leader")


@pytest.fixture
def administrator(db: None) -> User:
    """An administrator."""
    return factories.user_with(RoleCode.ADMINISTRATOR, username="administrator")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody who can sign in and holds no post."""
    return factories.user(username="stranger")


# Work


@pytest.fixture
def goal(db: None) -> StrategicGoal:
    """A strategic goal."""
    return factories.goal()


@pytest.fixture
def book(db: None) -> TaskBook:
    """The task book of 2026: reports are due on the 25th at 18:00, a day off moves it back."""
    return factories.book()


@pytest.fixture
def campaign(book: TaskBook, headquarters: Headquarters, east: Unit, goal: StrategicGoal) -> Campaign:
    """The first campaign: commanded by the headquarters, led by east, flag presented on 30 January."""
    made = factories.campaign(
        book=book,
        number=1,
        headquarters=headquarters,
        lead_unit=east,
        flag_presented_on=dt.date(2026, 1, 30),
    )
    made.goals.add(goal)
    return made


@pytest.fixture
def ten_campaigns(campaign: Campaign) -> list[Campaign]:
    """The first campaign and nine more, without headquarters and lead."""
    return [campaign, *(factories.campaign(book=campaign.book, number=n) for n in range(2, 11))]


@pytest.fixture
def task(campaign: Campaign, east: Unit) -> Task:
    """A task of the year, led by east since New Year, with an even plan."""
    return factories.task(campaign=campaign, lead_unit=east, title="东门步行街改造", code="2026-1-01")


@pytest.fixture
def period(book: TaskBook) -> Period:
    """November 2026: open, due on Wednesday the 25th at 18:00, closes on 2 December."""
    return factories.period(book=book)


@pytest.fixture
def report(task: Task, period: Period) -> Report:
    """East's November report on the task: due."""
    return factories.report(task=task, period=period)
