"""Accounts and posts: who may be given what, and what administrators cannot do to themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from commands.models import Event, Headquarters, Post, Unit, User
from commands.roles import RoleCode
from commands.services.posts import end_post, give_post
from commands.services.refusals import Refused
from commands.services.users import (
    create_user,
    record_password_change,
    reset_password,
    set_active,
    set_language,
)
from tests import factories


def new_user(by: User, **fields: Any) -> tuple[User, str]:
    """Create a leader, or what ``fields`` say instead."""
    values = {
        "username": "li.clerk",
        "display_name": "演示科员",
        "title": "",
        "email": "",
        "office_phone": "",
        "role": RoleCode.LEADER,
        "unit": None,
        "headquarters": None,
    }
    return create_user(**{**values, **fields}, by=by)


def actions() -> list[str]:
    """Return what the audit trail tells, oldest first."""
    return list(Event.objects.order_by("id").values_list("action", flat=True))


def test_new_user_has_a_post_and_must_change_the_first_password(administrator: User, east: Unit) -> None:
    user, password = new_user(administrator, role=RoleCode.REPORTER, unit=east)
    assert user.check_password(password)
    assert user.must_change_password
    post = user.posts.get()
    assert (post.role, post.unit, post.starts_on) == ("reporter", east, dt.date(2026, 11, 23))
    assert actions() == ["user.create", "post.give"]
    assert password not in str(list(Event.objects.values()))


def test_first_passwords_differ_and_avoid_letters_that_look_alike(administrator: User) -> None:
    passwords = {new_user(administrator, username=f"clerk{n}")[1] for n in range(20)}
    assert len(passwords) == 20
    assert not set("".join(passwords)) & set("0oO1lI")


def test_user_names_differ_by_more_than_case(administrator: User) -> None:
    new_user(administrator)
    with pytest.raises(Refused) as refused:
        new_user(administrator, username="LI.Clerk")
    assert (refused.value.code, refused.value.field) == ("taken", "username")


@pytest.mark.parametrize(
    ("role", "with_unit", "with_headquarters", "field"),
    [
        ("reporter", False, False, "unit"),
        ("head", False, True, "unit"),
        ("reporter", True, True, "headquarters"),
        ("office", True, False, "unit"),
        ("administrator", False, True, "headquarters"),
        ("administrator", True, False, "unit"),
        ("mayor", False, False, "role"),
    ],
)
def test_role_that_does_not_exist_there_is_refused_beside_the_place(
    administrator: User,
    east: Unit,
    headquarters: Headquarters,
    role: str,
    with_unit: bool,
    with_headquarters: bool,
    field: str,
) -> None:
    before = User.objects.count()
    with pytest.raises(Refused) as refused:
        new_user(
            administrator,
            role=role,
            unit=east if with_unit else None,
            headquarters=headquarters if with_headquarters else None,
        )
    assert refused.value.field == field
    assert User.objects.count() == before
    assert actions() == []


def test_office_may_be_the_districts_or_a_headquarters(
    administrator: User, headquarters: Headquarters
) -> None:
    district, _password = new_user(administrator, username="a", role="office")
    local, _password = new_user(administrator, username="b", role="office", headquarters=headquarters)
    assert district.duties.reviews_all
    assert not local.duties.reviews_all
    assert local.duties.reviews(headquarters.pk)


def test_no_post_in_a_unit_that_has_closed_or_a_headquarters_that_was_dissolved(
    administrator: User, stranger: User, today: dt.date
) -> None:
    closed = factories.unit(active=False)
    dissolved = factories.headquarters(dissolved_on=today)
    with pytest.raises(Refused) as refused:
        give_post(user=stranger, role="head", unit=closed, starts_on=today, by=administrator)
    assert refused.value.code == "unit_inactive"
    with pytest.raises(Refused) as refused:
        give_post(user=stranger, role="office", headquarters=dissolved, starts_on=today, by=administrator)
    assert refused.value.code == "headquarters_dissolved"


def test_the_same_post_is_not_given_twice(
    administrator: User, reporter: User, east: Unit, today: dt.date
) -> None:
    with pytest.raises(Refused) as refused:
        give_post(user=reporter, role="reporter", unit=east, starts_on=today, by=administrator)
    assert refused.value.code == "held"
    assert reporter.posts.count() == 1


def test_a_post_can_be_held_again_after_it_ended(
    administrator: User, reporter: User, east: Unit, today: dt.date
) -> None:
    end_post(post=reporter.posts.get(), ends_on=today, by=administrator)
    give_post(user=reporter, role="reporter", unit=east, starts_on=today, by=administrator)
    assert reporter.posts.count() == 2


def test_ended_post_lets_do_nothing_from_its_end_on(
    administrator: User, reporter: User, today: dt.date
) -> None:
    end_post(post=reporter.posts.get(), ends_on=today, by=administrator)
    assert User.objects.get(pk=reporter.pk).duties.posts == ()
    assert actions() == ["post.end"]


def test_post_given_by_mistake_is_taken_back_at_once(
    administrator: User, stranger: User, today: dt.date
) -> None:
    post = give_post(user=stranger, role="administrator", starts_on=today, by=administrator)
    assert end_post(post=post, ends_on=today, by=administrator) is None
    assert stranger.posts.count() == 0
    assert actions() == ["post.give", "post.withdraw"]


def test_past_post_does_not_end_before_it_began(administrator: User, reporter: User) -> None:
    with pytest.raises(Refused) as refused:
        end_post(post=reporter.posts.get(), ends_on=dt.date(2025, 12, 31), by=administrator)
    assert refused.value.field == "ends_on"
    assert reporter.posts.get().ends_on is None


def test_ended_post_is_not_ended_again(administrator: User, reporter: User, today: dt.date) -> None:
    post = reporter.posts.get()
    end_post(post=post, ends_on=today, by=administrator)
    with pytest.raises(Refused) as refused:
        end_post(post=post, ends_on=today + dt.timedelta(days=9), by=administrator)
    assert refused.value.code == "ended"


def test_last_administrator_keeps_the_post(administrator: User, today: dt.date) -> None:
    other = factories.user_with(RoleCode.ADMINISTRATOR, is_active=False)
    with pytest.raises(Refused) as refused:
        end_post(post=administrator.posts.get(), ends_on=today, by=administrator)
    assert refused.value.code == "last_administrator"
    set_active(user=other, active=True, by=administrator)
    end_post(post=administrator.posts.get(), ends_on=today, by=administrator)
    with pytest.raises(Refused):
        set_active(user=other, active=False, by=administrator)


def test_two_ends_never_add_up_to_a_day_without_administrator(administrator: User, today: dt.date) -> None:
    other = factories.user_with(RoleCode.ADMINISTRATOR)
    end_post(post=other.posts.get(), ends_on=today + dt.timedelta(days=60), by=administrator)
    with pytest.raises(Refused):
        end_post(post=administrator.posts.get(), ends_on=today + dt.timedelta(days=30), by=administrator)


def test_administrator_who_starts_later_does_not_replace_one_today(
    administrator: User, stranger: User, today: dt.date
) -> None:
    in_a_week = today + dt.timedelta(days=7)
    give_post(user=stranger, role="administrator", starts_on=in_a_week, by=administrator)
    with pytest.raises(Refused):
        end_post(post=administrator.posts.get(), ends_on=today, by=administrator)
    end_post(post=administrator.posts.get(), ends_on=in_a_week, by=administrator)


def test_nobody_disables_themself(administrator: User) -> None:
    factories.user_with(RoleCode.ADMINISTRATOR)
    with pytest.raises(Refused) as refused:
        set_active(user=administrator, active=False, by=administrator)
    assert refused.value.code == "self"


def test_disabling_twice_is_recorded_once(administrator: User, reporter: User) -> None:
    set_active(user=reporter, active=False, by=administrator)
    set_active(user=reporter, active=False, by=administrator)
    set_active(user=reporter, active=True, by=administrator)
    assert actions() == ["user.disable", "user.enable"]


def test_reset_password_is_a_first_password(administrator: User, reporter: User) -> None:
    password = reset_password(user=reporter, by=administrator)
    reporter.refresh_from_db()
    assert reporter.check_password(password)
    assert reporter.must_change_password
    record_password_change(user=reporter)
    reporter.refresh_from_db()
    assert not reporter.must_change_password
    assert actions() == ["user.reset_password", "user.change_password"]


def test_nobody_resets_their_own_password(administrator: User) -> None:
    with pytest.raises(Refused):
        reset_password(user=administrator, by=administrator)


@pytest.mark.parametrize(("language", "kept"), [("zh-hans", "zh-hans"), ("en", "en"), ("klingon", "en")])
def test_only_a_known_language_is_remembered(reporter: User, language: str, kept: str) -> None:
    set_language(user=reporter, language=language)
    reporter.refresh_from_db()
    assert reporter.language == kept


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "two words"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "字" * 61}, "display_name"),
        ({"email": "nowhere"}, "email"),
        ({"office_phone": "1" * 31}, "office_phone"),
    ],
)
def test_what_the_rows_cannot_hold_is_refused_beside_its_field(
    administrator: User, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        new_user(administrator, **fields)
    assert refused.value.field == field
    assert Post.objects.count() == 1
