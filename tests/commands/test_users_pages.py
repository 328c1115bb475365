"""The pages of users, as administrators use them."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Event, Headquarters, Unit, User
from commands.roles import RoleCode
from tests import factories

ClientOf = Callable[[User], Client]
NEW = {
    "username": "li.clerk",
    "display_name": "演示科员",
    "title": "科员",
    "email": "li.clerk@luohu.example",
    "office_phone": "0755-0000",
    "role": "leader",
    "unit": "",
    "headquarters": "",
}


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text_of(response: object) -> str:
    """Return a page's source with entities resolved."""
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]


def names(response: object) -> set[str]:
    """Return the user names on a page of the list."""
    return {person.username for person in response.context["page_obj"]}  # type: ignore[attr-defined]


# The list


def test_list_shows_people_with_todays_and_later_posts(
    client: Client, reporter: User, east: Unit, today: dt.date
) -> None:
    factories.post(user=reporter, role="head", unit=east, ends_on=today)
    factories.post(user=reporter, role="leader", starts_on=today + dt.timedelta(days=3))
    page = text_of(client.get("/users/"))
    assert "Dongmen Sub-district" in page
    assert "from 2026-11-26 on" in page
    # The head's post has ended; "Unit head" is left as a choice of the filter only.
    assert page.count("Unit head") == 1


def test_list_filters_by_text_role_unit_and_state(
    client: Client, administrator: User, reporter: User, head: User, other_reporter: User, east: Unit
) -> None:
    factories.user(username="gone", is_active=False)
    assert names(client.get("/users/", {"q": " REPORT "})) == {"reporter", "other_reporter"}
    assert names(client.get("/users/", {"role": "reporter"})) == {"reporter", "other_reporter"}
    assert names(client.get("/users/", {"unit": str(east.pk)})) == {"reporter", "head"}
    assert names(client.get("/users/", {"role": "reporter", "unit": str(east.pk)})) == {"reporter"}
    assert names(client.get("/users/", {"active": "no"})) == {"gone"}
    assert "No user matches" in text_of(client.get("/users/", {"q": "nobody at all"}))


def test_role_and_unit_must_be_of_one_post(client: Client, head: User, south: Unit, east: Unit) -> None:
    factories.post(user=head, role="reporter", unit=south)
    assert names(client.get("/users/", {"role": "head", "unit": str(east.pk)})) == {"head"}
    assert names(client.get("/users/", {"role": "head", "unit": str(south.pk)})) == set()


@pytest.mark.parametrize(
    "query",
    [
        "role=emperor",
        "unit=abc",
        "unit=999999999999999999999",
        "active=2",
        "page=-1",
        "page=abc",
        "q=" + "x" * 500,
    ],
)
def test_junk_in_the_query_is_no_fault_of_ours(client: Client, query: str) -> None:
    assert client.get(f"/users/?{query}").status_code == 200


def test_list_asks_the_same_number_of_queries_for_more_people(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/users/")
        return len(captured)

    for _n in range(10):
        factories.post()
    queries()
    few = queries()
    for _n in range(10):
        factories.post()
    assert queries() == few


# A new user


def test_new_user_signs_in_with_the_password_that_is_shown_once(client: Client, east: Unit) -> None:
    response = client.post("/users/new/", {**NEW, "role": "reporter", "unit": str(east.pk)})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    password = response.context["password"]
    assert password in text_of(response)
    user = User.objects.get(username="li.clerk")
    assert user.check_password(password)
    assert password not in text_of(client.get(f"/users/{user.pk}/"))


def test_double_click_creates_one_user(client: Client) -> None:
    client.post("/users/new/", NEW)
    second = client.post("/users/new/", NEW)
    assert "Somebody has this user name already." in text_of(second)
    assert User.objects.filter(username="li.clerk").count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "<script>"}, "username"),
        ({"username": "administrator"}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "字" * 20_000}, "display_name"),
        ({"title": "长" * 61}, "title"),
        ({"email": "not an address"}, "email"),
        ({"email": "a@b.c" * 100}, "email"),
        ({"office_phone": "9" * 31}, "office_phone"),
        ({"role": ""}, "role"),
        ({"role": "emperor"}, "role"),
        ({"role": "reporter"}, "unit"),
        ({"role": "reporter", "unit": "abc"}, "unit"),
        ({"role": "reporter", "unit": "99999999999999999999"}, "unit"),
        ({"unit": "east"}, "unit"),
        ({"role": "administrator", "headquarters": "hq"}, "headquarters"),
    ],
)
def test_wrong_values_are_refused_beside_their_field(
    client: Client,
    east: Unit,
    headquarters: Headquarters,
    changed: dict[str, str],
    field: str,
) -> None:
    known = {"east": str(east.pk), "hq": str(headquarters.pk)}
    data = {**NEW, **{name: known.get(value, value) for name, value in changed.items()}}
    before = (User.objects.count(), Event.objects.count())
    response = client.post("/users/new/", data)
    form = response.context["form"]
    assert list(form.errors) == [field]
    page = text_of(response)
    assert f'id="id_{field}_error"' in page
    # What was typed elsewhere is still there.
    kept = "title" if field != "title" else "office_phone"
    assert f'value="{NEW[kept]}"' in page
    assert (User.objects.count(), Event.objects.count()) == before


def test_markup_in_a_name_is_shown_harmless(client: Client) -> None:
    client.post("/users/new/", {**NEW, "display_name": "<script>alert(1)</script> 😀 \u202e"})
    user = User.objects.get(username="li.clerk")
    assert user.display_name == "<script>alert(1)</script> 😀 \u202e"
    raw = client.get(f"/users/{user.pk}/").content.decode()
    assert "<script>alert(1)" not in raw
    assert "&lt;script&gt;alert(1)" in raw


# One user


def test_page_shows_posts_with_their_ranges(
    client: Client, reporter: User, east: Unit, today: dt.date
) -> None:
    factories.post(user=reporter, role="head", unit=east, ends_on=dt.date(2026, 6, 1))
    page = text_of(client.get(f"/users/{reporter.pk}/"))
    assert "since 2026-01-01, ended on 2026-06-01" in page
    assert "since 2026-01-01" in page


def test_post_is_given_and_ended(client: Client, stranger: User, east: Unit) -> None:
    address = f"/users/{stranger.pk}/"
    response = client.post(
        address,
        {
            "action": "give_post",
            "role": "head",
            "unit": east.pk,
            "headquarters": "",
            "starts_on": "2026-11-01",
        },
        follow=True,
    )
    assert "now holds the post Unit head" in text_of(response)
    post = stranger.posts.get()
    assert post.starts_on == dt.date(2026, 11, 1)
    response = client.post(
        address, {"action": "end_post", "post": post.pk, "ends_on": "2026-11-30"}, follow=True
    )
    assert "ends on 2026-11-30" in text_of(response)


@pytest.mark.parametrize(
    "day", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-23" * 900]
)
def test_day_that_does_not_exist_is_refused_beside_the_day(
    client: Client, stranger: User, reporter: User, east: Unit, day: str
) -> None:
    give = {"action": "give_post", "role": "head", "unit": east.pk, "starts_on": day}
    assert list(client.post(f"/users/{stranger.pk}/", give).context["give_form"].errors) == ["starts_on"]
    post = reporter.posts.get()
    response = client.post(f"/users/{reporter.pk}/", {"action": "end_post", "post": post.pk, "ends_on": day})
    assert f'id="post{post.pk}_ends_on_error"' in text_of(response)
    post.refresh_from_db()
    assert post.ends_on is None
    assert not stranger.posts.exists()


def test_refused_post_keeps_what_was_chosen(client: Client, reporter: User, east: Unit) -> None:
    data = {"action": "give_post", "role": "reporter", "unit": east.pk, "starts_on": "2026-11-23"}
    response = client.post(f"/users/{reporter.pk}/", data)
    page = text_of(response)
    assert "This person holds the same post already." in page
    assert re.search(rf'<option value="{east.pk}" selected>', page)
    assert reporter.posts.count() == 1


def test_another_persons_post_is_not_ended_from_here(
    client: Client, reporter: User, other_reporter: User
) -> None:
    post = other_reporter.posts.get()
    response = client.post(
        f"/users/{reporter.pk}/", {"action": "end_post", "post": post.pk, "ends_on": "2026-11-23"}
    )
    assert response.status_code == 404
    post.refresh_from_db()
    assert post.ends_on is None


@pytest.mark.parametrize("post", ["", "abc", "-1", "²", "9" * 30])
def test_post_that_is_no_number_is_a_bad_request(client: Client, reporter: User, post: str) -> None:
    data = {"action": "end_post", "post": post, "ends_on": "2026-11-23"}
    assert client.post(f"/users/{reporter.pk}/", data).status_code == 400


@pytest.mark.parametrize("data", [{}, {"action": ""}, {"action": "promote"}])
def test_unknown_action_is_a_bad_request(client: Client, reporter: User, data: dict[str, str]) -> None:
    assert client.post(f"/users/{reporter.pk}/", data).status_code == 400


def test_user_who_does_not_exist_is_not_found(client: Client) -> None:
    assert client.get("/users/999999/").status_code == 404


def test_reset_password_is_shown_once_and_ends_the_persons_sessions(
    client: Client, reporter: User, client_of: ClientOf
) -> None:
    theirs = client_of(reporter)
    assert theirs.get("/inbox/").status_code != 302
    response = client.post(f"/users/{reporter.pk}/", {"action": "reset_password"})
    assert "no-store" in response["Cache-Control"]
    reporter.refresh_from_db()
    assert reporter.check_password(response.context["password"])
    assert theirs.get("/inbox/").status_code == 302


def test_new_password_lets_in_a_person_who_had_locked_themself_out(client: Client, reporter: User) -> None:
    browser = Client()
    for _n in range(6):
        browser.post("/accounts/login/", {"login": "reporter", "password": "a wrong guess"})
    password = client.post(f"/users/{reporter.pk}/", {"action": "reset_password"}).context["password"]
    response = browser.post("/accounts/login/", {"login": "reporter", "password": password})
    assert response.status_code == 302


def test_disabled_person_is_signed_out_and_can_be_enabled_again(
    client: Client, reporter: User, client_of: ClientOf
) -> None:
    theirs = client_of(reporter)
    client.post(f"/users/{reporter.pk}/", {"action": "disable"})
    assert theirs.get("/inbox/").status_code == 302
    page = text_of(client.get(f"/users/{reporter.pk}/"))
    assert "Disabled" in page
    client.post(f"/users/{reporter.pk}/", {"action": "enable"})
    reporter.refresh_from_db()
    assert reporter.is_active


def test_administrator_cannot_disable_themself(client: Client, administrator: User) -> None:
    response = client.post(f"/users/{administrator.pk}/", {"action": "disable"}, follow=True)
    assert "You cannot disable your own account." in text_of(response)
    administrator.refresh_from_db()
    assert administrator.is_active


def test_last_administrator_cannot_be_left_without_the_post(client: Client, administrator: User) -> None:
    post = administrator.posts.get()
    response = client.post(
        f"/users/{administrator.pk}/", {"action": "end_post", "post": post.pk, "ends_on": "2026-11-23"}
    )
    assert "This is the last administrator." in text_of(response)
    post.refresh_from_db()
    assert post.ends_on is None


@pytest.mark.parametrize("role", [role for role in RoleCode if role != RoleCode.ADMINISTRATOR])
def test_others_do_not_see_users(client_of: ClientOf, east: Unit, reporter: User, role: str) -> None:
    unit = east if role in {"reporter", "head"} else None
    theirs = client_of(factories.user_with(role, unit=unit))
    before = Event.objects.count()
    for address in ("/users/", "/users/new/", f"/users/{reporter.pk}/"):
        assert theirs.get(address).status_code == 403
    assert theirs.post("/users/new/", NEW).status_code == 403
    assert theirs.post(f"/users/{reporter.pk}/", {"action": "disable"}).status_code == 403
    assert Event.objects.count() == before
