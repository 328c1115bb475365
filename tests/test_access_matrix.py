"""Who may do what: every route × every role × GET and POST, as a table.

To add a route, add one line to ``ROUTES``: its name, the object in its address, and what GET and POST answer
to whom. The POST of each line is one that succeeds for somebody, so that what is refused is refused for who
asks and not for what is sent; and whatever is refused must leave no trace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.models import Notification, Report, Task
from tests import factories
from tests.access_forms import forms_of
from tests.conftest import signed_in

ROLES = (
    "anonymous",
    "stranger",  # signs in, holds no post
    "reporter",  # of the unit that leads
    "head",
    "supporter",  # reports for a unit that supports the task
    "former",  # reports for the unit that led before
    "other_reporter",  # of a unit that has nothing to do with it
    "office",  # of the district
    "hq_office",  # of the headquarters that commands
    "far_office",  # of another headquarters
    "leader",
    "administrator",
)
SIGNED_IN = ROLES[1:]
UNIT = ("reporter", "head")
OVERSEERS = ("office", "leader", "administrator")
READERS = (*UNIT, "supporter", "former", "hq_office", *OVERSEERS)  # of the task, and all that hangs on it
CAMPAIGN_READERS = READERS
REVIEWERS = ("office", "hq_office")
RAISERS = (*UNIT, "supporter", *REVIEWERS, "leader")
OFFICES = (*REVIEWERS, "far_office")
Answers = dict[str, int]


def answers(who: dict[tuple[str, ...], int], others: int) -> Answers:
    """Return the status for each role signed in: that of its group, or ``others``; the door for anonymous."""
    status = {role: code for roles, code in who.items() for role in roles}
    return {"anonymous": 302, **{role: status.get(role, others) for role in SIGNED_IN}}


def all_get(status: int) -> Answers:
    """Everybody signed in gets the same."""
    return answers({}, status)


def public(status: int) -> Answers:
    """Everybody gets the same, signed in or not."""
    return dict.fromkeys(ROLES, status)


def only(*roles: str, get: int = 200, visible_to: tuple[str, ...] = SIGNED_IN) -> Answers:
    """Return ``get`` for ``roles``, 403 for others who see the thing, and 404 for those who do not."""
    return answers({visible_to: 403, roles: get}, 404)


PAGE = all_get(200)
NOT_ALLOWED = all_get(405)
ADMINISTRATORS = only("administrator")
ANSWERING = only(*UNIT, get=302, visible_to=READERS)
KEEPERS = only("office", "administrator")
KEEPING = only("office", "administrator", get=302)


@dataclass(frozen=True)
class Line:
    """A route: its name, arguments by the name of the object they stand for, and who gets which answer."""

    name: str
    about: str = ""
    get: Answers = field(default_factory=lambda: PAGE)
    post: Answers = field(default_factory=lambda: NOT_ALLOWED)
    data: str = ""
    """Names the form that is posted, in ``forms``."""


ROUTES = (
    # The way in
    Line("home", get=all_get(302)),
    Line("set_language", get=public(405), post=public(302), data="language"),
    Line("healthz", get=public(200), post=public(405)),
    Line("readyz", get=public(503), post=public(405)),  # no worker runs here, and it says so
    Line("account_login", get={**public(302), "anonymous": 200}, post={**public(302), "anonymous": 200}),
    Line("account_logout", post=all_get(302)),
    Line("account_inactive", get=public(200), post=public(405)),
    Line("account_change_password", post=all_get(302), data="password"),
    Line("account_set_password", get=all_get(302), post=all_get(302)),
    Line("account_reset_password", get=public(200), post=public(302), data="reset"),
    Line("account_reset_password_done", get=public(200), post=public(405)),
    Line("account_reset_password_from_key", "key", get=public(200), post=public(200)),
    Line("account_reset_password_from_key_done", get=public(200), post=public(405)),
    # The work
    Line("tasks:dashboard"),
    Line("tasks:wall"),
    Line("tasks:campaign_list"),
    Line("tasks:campaign_detail", "campaign", get=answers({CAMPAIGN_READERS: 200}, 404)),
    Line("tasks:task_list"),
    Line("tasks:task_detail", "task", get=answers({READERS: 200}, 404)),
    Line("tasks:report_list"),
    Line(
        "tasks:report_detail",
        "due",
        get=answers({READERS: 200}, 404),
        post=only(*UNIT, get=302, visible_to=READERS),
        data="filing",
    ),
    Line(
        "tasks:report_review",
        "submitted",
        get=only(*REVIEWERS, visible_to=READERS),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="decision",
    ),
    Line("tasks:report_accept", get=NOT_ALLOWED, post=answers({OFFICES: 302}, 403), data="ticks"),
    Line(
        "tasks:report_reopen",
        "accepted",
        get=NOT_ALLOWED,
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="reason",
    ),
    # The periods, kept by the district's office and the administrators
    Line("tasks:period_list", get=KEEPERS),
    Line("tasks:period_detail", "period", get=KEEPERS, post=KEEPING, data="close"),
    # The command structure, open to everybody
    Line("tasks:headquarters_list"),
    Line("tasks:headquarters_detail", "headquarters"),
    Line("tasks:unit_list"),
    Line("tasks:unit_detail", "unit"),
    # Reorganising it
    *(
        Line(f"tasks:{name}", about, get=ADMINISTRATORS, post=ADMINISTRATORS)
        for about, names in {
            "": ("headquarters_new", "unit_new"),
            "headquarters": (
                "headquarters_rename",
                "headquarters_co_locate",
                "headquarters_part",
                "headquarters_dissolve",
                "team_new",
            ),
            "team": ("team_rename", "team_move", "team_dissolve"),
            "unit": ("unit_rename", "unit_merge", "unit_close"),
        }.items()
        for name in names
    ),
    # Leads
    Line("tasks:reassignment_list"),
    Line(
        "tasks:reassignment_new", get=ADMINISTRATORS, post=only("administrator", get=200), data="reassignment"
    ),
    Line("tasks:reassignment_many", get=NOT_ALLOWED, post=ADMINISTRATORS, data="reassignment"),
    Line("tasks:lead_object", "lead", get=NOT_ALLOWED, post=ANSWERING, data="objection"),
    Line("tasks:lead_withdraw", "lead", get=NOT_ALLOWED, post=only("administrator", get=302)),
    Line("tasks:flag_present", "campaign", get=ADMINISTRATORS, post=ADMINISTRATORS),
    Line("tasks:lead_acknowledge", "lead", get=NOT_ALLOWED, post=only(*UNIT, get=302, visible_to=READERS)),
    # Evidence
    Line(
        "tasks:evidence_add",
        "due",
        get=NOT_ALLOWED,
        post=only(*UNIT, get=302, visible_to=READERS),
        data="files",
    ),
    Line("tasks:evidence_open", "filed_file", get=answers({READERS: 200}, 404)),
    Line(
        "tasks:evidence_delete",
        "file",
        get=NOT_ALLOWED,
        post=answers({UNIT: 302}, 404),  # what was never filed is its unit's alone
    ),
    # Change requests
    Line(
        "tasks:change_new",
        "task",
        get=only(*UNIT, visible_to=READERS),
        post=only(*UNIT, get=200, visible_to=READERS),  # one waits already, and the form says so
        data="change",
    ),
    Line(
        "tasks:change_detail",
        "change",
        get=answers({READERS: 200}, 404),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="answer",
    ),
    Line(
        "tasks:closing_new",
        "task",
        get=only(*UNIT, visible_to=READERS),
        post=only(*UNIT, get=200, visible_to=READERS),
        data="closing",
    ),
    Line(
        "tasks:closing_detail",
        "closing",
        get=answers({READERS: 200}, 404),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="close_out",
    ),
    # Obstacles
    Line("tasks:obstacle_list"),
    Line(
        "tasks:obstacle_new",
        "task",
        get=only(*RAISERS, visible_to=READERS),
        post=only(*RAISERS, get=302, visible_to=READERS),
        data="obstacle",
    ),
    Line(
        "tasks:obstacle_detail",
        "obstacle",
        get=answers({READERS: 200}, 404),
        post=only(*RAISERS, get=302, visible_to=READERS),
        data="words",
    ),
    # What people are told
    Line("tasks:reminder_list"),
    Line("tasks:inbox"),
    Line("tasks:inbox_read_all", get=NOT_ALLOWED, post=all_get(302)),
    Line(
        "tasks:notification_open",
        "notification",
        get=NOT_ALLOWED,
        post=answers({("reporter",): 302}, 404),
    ),
    # What administrators keep
    Line("tasks:calendar", post=only("administrator", get=302), data="calendar"),
    Line("tasks:event_list", get=ADMINISTRATORS),
    Line("commands:user_list", get=ADMINISTRATORS),
    Line("commands:user_new", get=ADMINISTRATORS, post=ADMINISTRATORS, data="user"),
    Line(
        "commands:user_detail",
        "person",
        get=ADMINISTRATORS,
        post=only("administrator", get=302),
        data="disable",
    ),
)
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


@pytest.fixture
def world(people: dict[str, User], task: Task, report: Report, east: Unit, south: Unit) -> World:
    """The task with a report to file and one to review, a message, a lead to acknowledge."""
    october = factories.period(book=task.campaign.book, month=dt.date(2026, 10, 1))
    submitted = factories.report(task=task, period=october, state="submitted")
    september = factories.period(book=task.campaign.book, month=dt.date(2026, 9, 1))
    accepted = factories.report(task=task, period=september, state="accepted", actual_percent=Decimal(70))
    notification = factories.notification(recipient=people["reporter"], kind="lead_given")
    arguments: dict[str, list[Any]] = {
        "": [],
        "key": ["1", "set-password"],
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
        "closing": [factories.closing(task=task).pk],
        "change": [factories.change(task=task).pk],
        "obstacle": [factories.obstacle(task=task).pk],
        "file": [factories.evidence(report=report).pk],
        "filed_file": [factories.evidence(report=submitted).pk],
        "person": [people["supporter"].pk],
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
