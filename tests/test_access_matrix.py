"""Who may do what: every route × every role × GET and POST, as a table.

To add a route, add one line to the ``ROUTES`` of its area in ``tests/access/``: its name, the object in its address, and what GET and POST answer
to whom. The POST of each line is one that succeeds for somebody, so that what is refused is refused for who
asks and not for what is sent; and whatever is refused must leave no trace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.channels import unsubscribing
from tasks.models import Notification, Report, Task
from tasks.services.feeds import make_feed
from tests import factories
from tests.access import ROUTES
from tests.access.forms import forms_of
from tests.access.roles import NOT_ALLOWED, ROLES, SIGNED_IN, Answers, Line
from tests.conftest import signed_in
from tests.tasks.boards import TAKE_A_DAY

OURS = [line for line in ROUTES if not line.name.startswith("account_")]


@dataclass(frozen=True)
class World:
    """The people of the table, the objects in its addresses, and the forms that it posts."""

    people: dict[str, User]
    arguments: dict[str, list[Any]]
    forms: dict[str, dict[str, Any]]


@pytest.fixture
def people(request: pytest.FixtureRequest, task: Task, east: Unit) -> dict[str, User]:
    """Everybody in the table but the anonymous; the task passed from one unit to east in June, a third supports it."""
    june = dt.date(2026, 6, 1)
    supporting, previous = factories.unit(), factories.unit()
    task.supporting_units.add(supporting)
    task.leads.update(starts_on=june, needs_acknowledgement=True)
    factories.lead(task=task, unit=previous, ends_on=june)
    made = {
        "supporter": factories.user_with(RoleCode.REPORTER, unit=supporting),
        "former": factories.user_with(RoleCode.REPORTER, unit=previous),
        "far_office": factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters()),
    }
    return made | {role: request.getfixturevalue(role) for role in SIGNED_IN if role not in made}


def channels_of(user: User) -> dict[str, list[Any]]:
    """Return a group's robot, an app and a calendar of ``user``'s, and the digest of somebody who has refused it."""
    refused = factories.channel_choice(weekly_digest=False).user  # whom a second click changes no more
    return {
        "robot": [factories.robot().pk],
        "app": [factories.robot(owner=user).pk],
        "feed_token": [make_feed(by=user)],
        "digest_token": [unsubscribing.token_of(refused)],
    }


@pytest.fixture
def world(people: dict[str, User], task: Task, report: Report, east: Unit, south: Unit) -> World:
    """The task with a report to file and one to review, a message, a lead to acknowledge."""
    october = factories.period(book=task.campaign.book, month=dt.date(2026, 10, 1))
    submitted = factories.report(task=task, period=october, state="submitted")
    september = factories.period(book=task.campaign.book, month=dt.date(2026, 9, 1))
    accepted = factories.report(task=task, period=september, state="accepted", actual_percent=Decimal(70))
    notification = factories.notification(recipient=people["reporter"], kind="lead_given")
    directive = factories.directive(task=task, issued_by=people["leader"])
    answered = factories.directive(task=task, issued_by=people["leader"])
    arguments: dict[str, list[Any]] = {
        "": [],
        "key": ["1", "set-password"],
        "book": [task.campaign.book_id],
        "campaign": [task.campaign_id],
        "task": [task.pk],
        "due": [report.pk],
        "submitted": [submitted.pk],
        "accepted": [accepted.pk],
        "period": [september.pk],
        "headquarters": [task.campaign.headquarters_id],
        "unit": [east.pk],
        "team": [factories.team(headquarters=task.campaign.headquarters).pk],
        "lead": [task.leads.get(unit=east).pk],
        "notification": [notification.pk],
        "reminder": [factories.reminder(report=report, recipient=people["reporter"], state="sent").pk],
        "closing": [factories.closing(task=task).pk],
        "change": [factories.change(task=task).pk],
        "override": [factories.override(task=task).pk],
        "obstacle": [factories.obstacle(task=task).pk],
        "directive": [directive.pk],
        "addressee": [directive.addressees.get().pk],
        "answered": [factories.answer(answered.addressees.get()).pk],
        "file": [factories.evidence(report=report).pk],
        "filed_file": [factories.evidence(report=submitted).pk],
        "kind": ["report"],
        "person": [people["supporter"].pk],
        **channels_of(people["reporter"]),
    }
    return World(people, arguments, forms_of(report, submitted, task, south))


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield the name of every route below ``resolver``; a nameless one by its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            namespace = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from routes(entry, namespace)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}" if entry.name else f"nameless: {prefix}{entry.pattern}"


def test_every_route_is_listed_once() -> None:
    found = sorted(routes(get_resolver()))
    listed = sorted(line.name for line in ROUTES)
    assert found == listed, "Add the new route to ROUTES, or take the old one off."


@pytest.mark.parametrize("line", ROUTES, ids=lambda line: line.name)
@pytest.mark.parametrize("method", ["get", "post"])
def test_route_answers_each_role_as_listed(world: World, line: Line, method: str) -> None:
    address = reverse(line.name, args=world.arguments[line.about])
    data = world.forms[line.data] if method == "post" else {}
    expected: Answers = getattr(line, method)
    assert {role: asked(world, role, method, address, data) for role in ROLES} == expected


def asked(world: World, role: str, method: str, address: str, data: dict[str, Any]) -> int:
    """Return the status of the answer to ``role``; what is refused must have changed nothing.

    Whatever was changed is taken back, so that each role finds the world as it was.
    """
    client = signed_in(world.people[role]) if role in world.people else Client()
    # Each asks from their own desk, for their own address: nobody is slowed down by the others.
    client.defaults["REMOTE_ADDR"] = f"198.51.100.{ROLES.index(role)}"
    data = {name: value.format(role=role) if name == "email" else value for name, value in data.items()}
    data = {
        name: SimpleUploadedFile("a.txt", b"1") if value == "{file}" else value
        for name, value in data.items()
    }
    with transaction.atomic():
        before = traces()
        answer = getattr(client, method)(address, data)
        status = int(answer.status_code)
        if answer.streaming:
            list(answer)  # a file is closed once it is read
        if method == "get" or status >= 400 or role == "anonymous":
            assert traces() == before, f"{role} left a trace by {method} {address} ({status})"
        transaction.set_rollback(True)
    return status


def traces() -> tuple[int, int]:
    """Return what a write leaves behind: its event, or a message read."""
    return Event.objects.count(), Notification.objects.filter(read_at=None).count()


def test_the_door_leads_back_to_the_page_that_was_asked_for(world: World) -> None:
    for line in OURS:
        if line.get["anonymous"] == 302:
            address = reverse(line.name, args=world.arguments[line.about])
            assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"


def test_no_route_of_ours_knows_other_methods(world: World) -> None:
    client = signed_in(world.people["administrator"])
    for line in OURS:
        address = reverse(line.name, args=world.arguments[line.about])
        for method in (client.put, client.patch, client.delete, client.trace):
            assert method(address).status_code in {403, 405}, line.name


@pytest.mark.parametrize("number", [0, 999_999, 2**63 - 1, 2**63])
def test_object_that_does_not_exist_is_not_found(world: World, number: int) -> None:
    client = signed_in(world.people["administrator"])
    for line in OURS:
        if line.about:
            method = client.post if line.get == NOT_ALLOWED else client.get
            assert method(reverse(line.name, args=[number])).status_code == 404, line.name


def test_every_route_that_takes_a_day_is_looked_at_as_of_past_days(world: World) -> None:
    clients = {role: signed_in(person) for role, person in world.people.items()}
    taking = set()
    for line in OURS:
        reader = next((role for role in SIGNED_IN if line.get.get(role) == 200), None)
        if reader:
            address = reverse(line.name, args=world.arguments[line.about])
            answer = clients[reader].get(address, {"as_of": "no day"})
            if answer.streaming:
                list(
                    answer
                )  # read to its end, which closes the file; closing it here would hang up on the database
            taking |= {line.name} if answer.status_code == 400 else set()
    assert taking == TAKE_A_DAY, "Add the new page to addresses() in test_as_of_history.py, and here."
