"""Roles are data: the table of the design, and what a day's posts add up to."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from commands.models import Duties, Headquarters, Post, Unit, User
from commands.roles import ROLES, Place, Power, RoleCode
from tests import factories

DESIGN = {
    RoleCode.REPORTER: {Power.FILE},
    RoleCode.HEAD: {Power.FILE},
    RoleCode.OFFICE: {Power.REVIEW, Power.OVERRIDE},
    RoleCode.LEADER: {Power.SEE_ALL, Power.DIRECT},
    RoleCode.ADMINISTRATOR: {Power.SEE_ALL, Power.REASSIGN, Power.ADMINISTER},
}


@pytest.mark.parametrize("code", list(RoleCode))
def test_each_role_has_the_powers_of_the_design(code: RoleCode) -> None:
    assert ROLES[code].powers == DESIGN[code]
    assert ROLES[code].code is code


def test_every_power_belongs_to_some_role() -> None:
    assert set(Power) == {power for role in ROLES.values() for power in role.powers}


@pytest.mark.parametrize("code", list(RoleCode))
def test_each_role_starts_on_a_page_that_exists(code: RoleCode) -> None:
    assert reverse(ROLES[code].home)


@pytest.mark.parametrize("code", list(RoleCode))
def test_each_role_is_named_and_described_in_english(code: RoleCode) -> None:
    with translation.override("en"):
        assert str(ROLES[code].name)
        assert str(ROLES[code].description).endswith(".")


@pytest.mark.parametrize(("code", "place"), list(product(RoleCode, Place)))
def test_the_database_lets_a_role_hold_only_where_the_table_says(
    stranger: User, east: Unit, headquarters: Headquarters, code: RoleCode, place: Place
) -> None:
    post = Post(
        user=stranger,
        role=code,
        starts_on=factories.NEW_YEAR,
        unit=east if place is Place.UNIT else None,
        headquarters=headquarters if place is Place.HEADQUARTERS else None,
    )
    if place in ROLES[code].places:
        Post.objects.bulk_create([post])
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.bulk_create([post])


# What the posts of a day add up to


def test_nobody_without_a_post_may_do_anything(stranger: User) -> None:
    duties = stranger.duties
    assert not any(duties.may(power) for power in Power)
    assert not duties.sees_all
    assert duties.main_post is None
    assert duties.label == ""
    assert duties.home_url_name == "tasks:inbox"


@pytest.mark.parametrize(
    ("cast", "sees_all", "reviews_all", "home"),
    [
        ("reporter", False, False, "tasks:report_list"),
        ("head", False, False, "tasks:report_list"),
        ("hq_office", False, False, "tasks:report_list"),
        ("office", True, True, "tasks:report_list"),
        ("leader", True, False, "tasks:dashboard"),
        ("administrator", True, False, "tasks:headquarters_list"),
    ],
)
def test_what_each_sees_and_where_the_day_starts(
    request: pytest.FixtureRequest, cast: str, sees_all: bool, reviews_all: bool, home: str
) -> None:
    duties: Duties = request.getfixturevalue(cast).duties
    assert (duties.sees_all, duties.reviews_all, duties.home_url_name) == (sees_all, reviews_all, home)
    flags = ("is_reporter", "is_head", "is_office", "is_leader", "is_administrator")
    held = {flag for flag in flags if getattr(duties, flag)}
    assert held == {f"is_{cast.removeprefix('hq_')}"}


def test_an_office_reviews_its_headquarters_and_the_district_office_all(
    office: User, hq_office: User, headquarters: Headquarters, leader: User
) -> None:
    elsewhere = factories.headquarters()
    assert hq_office.duties.reviews(headquarters.pk)
    assert not hq_office.duties.reviews(elsewhere.pk)
    assert not hq_office.duties.reviews(None)
    assert all(office.duties.reviews(pk) for pk in (headquarters.pk, elsewhere.pk, None))
    assert not leader.duties.reviews(headquarters.pk)


def test_posts_of_several_places_add_up(reporter: User, east: Unit, south: Unit) -> None:
    factories.post(user=reporter, unit=south)
    factories.post(user=reporter, role=RoleCode.LEADER)
    duties = reporter.duties
    assert duties.unit_ids == {east.pk, south.pk}
    assert duties.may(Power.FILE)
    assert duties.may(Power.DIRECT)
    assert duties.home_url_name == "tasks:dashboard", "the wider post decides where the day starts"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "holds"),
    [
        ("2026-11-23", None, True),
        ("2026-11-24", None, False),
        ("2026-01-01", "2026-11-24", True),
        ("2026-01-01", "2026-11-23", False),
    ],
)
def test_only_todays_posts_count(
    stranger: User, east: Unit, starts_on: str, ends_on: str | None, holds: bool
) -> None:
    factories.post(
        user=stranger,
        unit=east,
        starts_on=dt.date.fromisoformat(starts_on),
        ends_on=ends_on and dt.date.fromisoformat(ends_on),
    )
    assert stranger.duties.holds(RoleCode.REPORTER) is holds
    assert Post.objects.on(dt.date(2026, 11, 23)).of_unit(east).exists() is holds


def test_disabled_people_hold_no_post(reporter: User, east: Unit, today: dt.date) -> None:
    reporter.is_active = False
    reporter.save()
    assert not Post.objects.on(today).of_unit(east).exists()


def test_the_offices_that_answer_for_a_headquarters(
    office: User, hq_office: User, headquarters: Headquarters
) -> None:
    elsewhere = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    reviewing = {post.user for post in Post.objects.reviewing(headquarters.pk)}
    assert reviewing == {office, hq_office}
    assert {post.user for post in Post.objects.reviewing(None)} == {office}
    assert elsewhere not in reviewing


def test_the_label_names_the_post_in_the_readers_language(reporter: User, leader: User) -> None:
    assert reporter.duties.label == "Reporter · Dongmen Sub-district"
    assert leader.duties.label == "District leader"
    with translation.override("zh-hans"):
        assert reporter.duties.label.endswith("· 东门街道")


def test_duties_cost_one_query(reporter: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    factories.post(user=reporter, role=RoleCode.OFFICE, headquarters=factories.headquarters())
    with django_assert_num_queries(1):
        duties = reporter.duties
        assert duties.label
        assert duties.may(Power.FILE)
        assert reporter.duties.reviews(1) in {True, False}
