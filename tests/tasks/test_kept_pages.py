"""Pages are drawn once and kept, and nobody is ever shown what is not theirs, or is no longer so."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as project
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from commands.services.posts import end_post, give_post
from luohu.cache import ForgivingRedisCache
from tasks.models import Campaign, Report, Task
from tasks.services.evidence import add_evidence, delete_evidence
from tasks.services.leads import reassign
from tasks.services.reports import autosave_report, save_draft, submit_report
from tests import factories
from tests.conftest import signed_in
from tests.stack import free_port
from tests.tasks.boards import District, district, text
from tests.tasks.files import png
from tests.tasks.stories import typed

FRAME = 3
"""Queries around a kept page: the person, the version, the posts."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(autouse=True)
def pages(settings: Any) -> Iterator[None]:
    """A cache for pages, empty before and after."""
    settings.CACHES = {
        **settings.CACHES,
        "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    caches["pages"].clear()
    yield
    ForgivingRedisCache.away_until = 0.0


@pytest.fixture
def world(headquarters: Headquarters) -> District:
    """A district with everything in it, and an event in its trail."""
    factories.event()
    return district(headquarters)


def addresses(world: District) -> list[str]:
    """Return the pages that are kept."""
    campaign, task = world.campaigns[0], world.tasks[0]
    return [
        "/dashboard/",
        "/dashboard/?as_of=2026-11-20",
        "/dashboard/wall/",
        "/campaigns/",
        f"/campaigns/{campaign.pk}/",
        "/tasks/",
        "/tasks/?export=csv",
        f"/tasks/{task.pk}/",
    ]


def at_work(user: User) -> Client:
    """Return a client whose session has begun: the first page of one also writes it."""
    client = signed_in(user)
    client.get("/inbox/")
    return client


def asked(client: Client, address: str, **headers: str) -> tuple[int, str]:
    """Return how many queries a page asks, and the page."""
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address, headers=headers)
    assert page.status_code in {200, 304}, address
    return len(captured), page.content.decode()


def without_tokens(page: str) -> str:
    return TOKEN.sub("", page)


# Kept


@pytest.mark.parametrize(
    "role", [RoleCode.LEADER, RoleCode.ADMINISTRATOR, RoleCode.OFFICE, RoleCode.REPORTER]
)
def test_a_page_is_drawn_once_as_long_as_nothing_happens(role: RoleCode, world: District) -> None:
    unit = world.units[0] if role == RoleCode.REPORTER else None
    client = signed_in(factories.user_with(role, unit=unit))
    for address in addresses(world):
        drawing, first = asked(client, address)
        keeping, second = asked(client, address)
        assert keeping <= FRAME < drawing, f"{address} is not kept: does it hold a token or a message?"
        assert without_tokens(first) == without_tokens(second)


def test_an_unchanged_page_costs_one_small_query(world: District, leader: User) -> None:
    client = signed_in(leader)
    for address in addresses(world):
        client.get(address)  # gives out the token with which the forms of the next one go
        tag = client.get(address).headers["ETag"]
        queries, page = asked(client, address, if_none_match=tag)
        assert (queries, page) == (2, ""), address  # the person, and the version


def test_leaders_share_a_page_but_not_its_frame(world: District, leader: User) -> None:
    other = factories.user_with(RoleCode.LEADER, username="second-leader", display_name="第二位领导")
    factories.notification(recipient=other)
    first = at_work(leader).get("/dashboard/").content.decode()
    queries, second = asked(at_work(other), "/dashboard/")
    assert queries <= FRAME
    assert "第二位领导" in second
    assert "第二位领导" not in first
    assert "unread" in second
    assert "unread" not in first
    assert not set(TOKEN.findall(first)) & set(TOKEN.findall(second))


def test_what_is_kept_holds_no_token_no_name_and_no_message(world: District, administrator: User) -> None:
    client = signed_in(administrator)
    campaign = world.campaigns[0]
    client.post(f"/campaigns/{campaign.pk}/flag/", {"day": "2026-01-30", "occasion": "大会"})
    address = f"/campaigns/{campaign.pk}/"
    assert "The presentation of the flag was noted." in text(client.get(address))
    queries, again = asked(client, address)
    assert queries <= FRAME
    assert "The presentation of the flag was noted." not in again


def test_forms_of_a_kept_page_carry_a_token_that_counts(world: District, administrator: User) -> None:
    signed_in(administrator).get("/tasks/")  # drawn for another session
    client = Client(enforce_csrf_checks=True)
    client.cookies = at_work(administrator).cookies
    queries, page = asked(client, "/tasks/")
    assert queries <= FRAME
    form = page[page.index('<form id="many"') :]
    token = TOKEN.search(form)
    assert token
    sent = {"csrfmiddlewaretoken": token[1], "task": [world.tasks[0].pk, world.tasks[1].pk]}
    assert client.post("/reassignments/many/", sent).status_code != 403
    assert client.post("/reassignments/many/", {**sent, "csrfmiddlewaretoken": ""}).status_code == 403


def test_a_page_from_before_a_new_sign_in_is_sent_again(world: District, leader: User) -> None:
    client = signed_in(leader)
    client.get("/dashboard/")
    tag = client.get("/dashboard/").headers["ETag"]
    client.cookies[project.CSRF_COOKIE_NAME] = "x" * 32
    assert client.get("/dashboard/", headers={"if-none-match": tag}).status_code == 200


def test_pages_are_drawn_while_the_cache_is_away(world: District, leader: User, settings: Any) -> None:
    away = {
        "BACKEND": "luohu.cache.ForgivingRedisCache",
        "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
    }
    settings.CACHES = {**settings.CACHES, "pages": away}
    client = signed_in(leader)
    for _n in range(2):
        assert "Needs your attention" in text(client.get("/dashboard/"))


# To each their own


def test_nobody_is_shown_what_was_drawn_for_other_eyes(
    world: District, leader: User, hq_office: User, stranger: User
) -> None:
    people = [leader, hq_office, stranger]
    people += [factories.user_with(RoleCode.REPORTER, unit=unit) for unit in world.units]
    for address in addresses(world)[:-1]:
        alone = []
        for person in people:
            caches["pages"].clear()
            alone.append(seen(person, address))
        caches["pages"].clear()
        for _round in range(2):  # drawn for one after the other, then kept of each
            assert [seen(person, address) for person in people] == alone, address


def seen(person: User, address: str) -> str:
    """Return what a page shows to a person, besides its frame."""
    page = signed_in(person).get(address)
    return f"{page.status_code} {page.content.decode().partition('<main')[2]}"


def test_a_task_that_was_kept_is_not_there_for_a_stranger(task: Task, leader: User, stranger: User) -> None:
    address = f"/tasks/{task.pk}/"
    assert signed_in(leader).get(address).status_code == 200
    assert signed_in(stranger).get(address).status_code == 404


def test_what_is_addressed_to_one_is_not_shown_to_another_of_the_same_posts(
    task: Task, reporter: User, east: Unit
) -> None:
    colleague = factories.user_with(RoleCode.REPORTER, unit=east)
    reminded = factories.reminder(report=factories.report(task=task), recipient=reporter).recipient
    address = f"/tasks/{task.pk}/"
    assert f"<b>{reminded}</b>" in signed_in(reporter).get(address).content.decode()
    assert f"<b>{reminded}</b>" not in signed_in(colleague).get(address).content.decode()


def test_a_directive_is_not_shown_to_another_of_the_same_posts(task: Task, administrator: User) -> None:
    other = factories.user_with(RoleCode.ADMINISTRATOR)
    factories.directive(task=task, issued_by=administrator, text="请加快签约进度。")
    for address in ("/dashboard/", f"/tasks/{task.pk}/", f"/campaigns/{task.campaign_id}/"):
        assert "请加快签约进度。" in signed_in(administrator).get(address).content.decode(), address
        assert "请加快签约进度。" not in signed_in(other).get(address).content.decode(), address


def test_each_language_is_kept_apart(world: District, leader: User) -> None:
    client = signed_in(leader)
    assert "Needs your attention" in text(client.get("/dashboard/"))
    client.cookies[project.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "Needs your attention" not in text(client.get("/dashboard/"))


# At once


def total(client: Client) -> str:
    """Return the first figure of the dashboard: how many tasks there are."""
    found = re.search(r'tally-figure">(\d+)<', client.get("/dashboard/").content.decode())
    assert found
    return found[1]


def test_a_change_of_post_is_seen_at_once(
    world: District, stranger: User, administrator: User, today: dt.date
) -> None:
    client = signed_in(stranger)
    assert total(client) == "0"
    post = give_post(
        user=stranger,
        role=RoleCode.OFFICE,
        unit=None,
        headquarters=world.headquarters,
        starts_on=today,
        by=administrator,
    )
    assert total(client) == "20"
    end_post(post=post, ends_on=today, by=administrator)
    assert total(client) == "0"


def test_a_post_that_ends_with_the_day_ends_with_the_day(
    world: District, hq_office: User, administrator: User, clock: Traveller
) -> None:
    end_post(post=hq_office.posts.get(), ends_on=dt.date(2026, 11, 24), by=administrator)
    clock.move_to(factories.at(dt.date(2026, 11, 23), 23, 59))
    client = signed_in(hq_office)
    assert total(client) == "20"
    clock.shift(dt.timedelta(minutes=1))
    assert total(client) == "0"


def test_a_reassignment_is_seen_at_once(
    task: Task, campaign: Campaign, leader: User, administrator: User, south: Unit, today: dt.date
) -> None:
    client = signed_in(leader)
    pages = ["/tasks/", "/tasks/?export=csv", f"/tasks/{task.pk}/", f"/campaigns/{campaign.pk}/"]
    for address in pages:
        assert south.name_en not in client.get(address).content.decode().partition("ledger-filters")[0]
    reassign(
        subject=task,
        unit=south,
        starts_on=today,
        reason="职责调整",
        by=administrator,
    )
    for address in pages:
        assert south.name_en in client.get(address).content.decode(), address


def whole(client: Client) -> dict[str, str]:
    """Return every kept page of a task's reader."""
    task = Task.objects.get()
    paths = ["/dashboard/", "/dashboard/wall/", "/campaigns/", f"/campaigns/{task.campaign_id}/", "/tasks/"]
    return {path: without_tokens(asked(client, path)[1]) for path in [*paths, f"/tasks/{task.pk}/"]}


def draft(report: Report, reporter: User) -> None:
    """Type, save, and put a file beside it."""
    save_draft(report=report, content=typed(progress="写了一半"), version=report.version, by=reporter)
    report.refresh_from_db()
    autosave_report(report=report, content=typed(progress="写完了"), version=report.version, by=reporter)
    file = add_evidence(report=report, upload=SimpleUploadedFile("现场.png", png()), by=reporter)
    delete_evidence(evidence=file, by=reporter)


def test_a_draft_has_no_page_drawn_again_for_none_would_differ(
    report: Report, reporter: User, leader: User, office: User, clock: Traveller
) -> None:
    factories.event()
    clients = [at_work(person) for person in (reporter, leader, office)]
    before = [whole(client) for client in clients]
    draft(report, reporter)
    for client, pages in zip(clients, before, strict=True):
        for address, page in pages.items():
            queries, again = asked(client, address)
            assert queries <= FRAME, f"{address} was drawn again for a draft"
            assert without_tokens(again) == page
    caches["pages"].clear()
    assert [whole(client) for client in clients] == before


def test_what_is_filed_after_many_drafts_is_seen_at_once(
    report: Report, reporter: User, leader: User
) -> None:
    client = signed_in(leader)
    assert "0%" in tally(client)
    for n in range(3):
        save_draft(report=report, content=typed(progress=f"{n}"), version=report.version, by=reporter)
        report.refresh_from_db()
    assert "0%" in tally(client)
    submit_report(report=report, content=typed(), version=report.version, by=reporter)
    assert "100%" in tally(client)


def tally(client: Client) -> str:
    """Return the strip of figures that heads the dashboard."""
    page = client.get("/dashboard/").content.decode()
    return page[page.index('class="tally"') : page.index('class="split"')]


def test_an_event_that_is_committed_late_is_not_overlooked(task: Task, leader: User) -> None:
    client = signed_in(leader)
    factories.event(pk=1_000)
    assert total(client) == "1"
    # A transaction that took its number earlier and ends later.
    factories.task(campaign=task.campaign)
    factories.event(pk=999)
    assert total(client) == "2"


def test_what_moves_with_the_clock_alone_is_seen_within_ten_minutes(
    world: District, leader: User, clock: Traveller
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 25), 18) - dt.timedelta(seconds=1))
    client = signed_in(leader)
    assert "Overdue" not in filing(client)
    clock.shift(dt.timedelta(minutes=10))
    assert "Overdue" in filing(client)


def filing(client: Client) -> str:
    """Return the dashboard's card of the month's filing."""
    page = client.get("/dashboard/").content.decode()
    return page[page.index('id="filing"') : page.index('id="milestones"')]
