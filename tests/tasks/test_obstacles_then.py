"""What waited for whom on a past day: obstacles at the level at which they lay then, directives as they stood."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from time_machine import Traveller

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Obstacle, Task
from tasks.models.obstacles import LevelChoices
from tasks.services.directives import close_directive, issue_directive
from tasks.services.leads import reassign
from tasks.services.obstacles import escalate_obstacle, raise_obstacle, resolve_obstacle
from tasks.services.past import keep_all
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import links, queries, text
from tests.tasks.reports import shown
from tests.tasks.stories import again

WHAT = "管线迁改受阻"


def on(clock: Traveller, day: int) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, day), 9))


@pytest.fixture
def climbed(task: Task, reporter: User, leader: User, office: User, clock: Traveller) -> Obstacle:
    """Raised on 3 November, before the office from the 5th, the leader from the 9th, resolved on the 12th."""
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    on(clock, 3)
    wanted = dt.date(2026, 11, 20)
    obstacle = raise_obstacle(task=task, what=WHAT, needs="请协调。", wanted_by=wanted, by=again(reporter))
    for day in (5, 6, 9):
        on(clock, day)
        escalate_obstacle(obstacle=obstacle, words="请上级协调。", by=again(leader))
    on(clock, 12)
    resolve_obstacle(obstacle=obstacle, resolution="已协调。", by=again(office))
    on(clock, 23)
    return obstacle


@pytest.mark.parametrize(
    ("who", "days"),
    [
        ("reporter", {3, 4}),
        ("office", {5, 6, 7, 8}),
        ("hq_office", {5, 6, 7, 8}),
        ("leader", {9, 10, 11}),
        ("administrator", set()),
    ],
)
def test_the_dashboard_of_a_past_day_shows_what_waited_for_its_reader(
    climbed: Obstacle, who: str, days: set[int], request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    waiting = {
        day
        for day in range(2, 15)
        if "Obstacles that wait for you" in text(client.get(f"/dashboard/?as_of=2026-11-{day:02}"))
    }
    assert waiting == days


def test_what_waited_for_the_lead_unit_waited_for_that_of_the_day(
    climbed: Obstacle,
    task: Task,
    reporter: User,
    other_reporter: User,
    south: Unit,
    administrator: User,
) -> None:
    today = dt.date(2026, 11, 23)
    reassign(subject=task, unit=south, starts_on=today, reason="调整", by=administrator)
    for person, expected in ((reporter, True), (other_reporter, False)):
        words = text(signed_in(person).get("/dashboard/?as_of=2026-11-04"))
        assert ("Obstacles that wait for you" in words) == expected


def test_the_figures_of_what_waited_open_no_list_of_today(
    climbed: Obstacle, task: Task, leader: User, south: Unit, clock: Traveller
) -> None:
    on(clock, 4)
    due = dt.date(2026, 11, 8)
    made = issue_directive(subject=task, text="请抓紧", units=[south], due_on=due, by=again(leader))
    on(clock, 12)
    close_directive(directive=made, words="办结。", by=again(leader))
    on(clock, 23)
    client = signed_in(leader)
    page = client.get("/dashboard/?as_of=2026-11-09")
    assert "Obstacles that wait for you 1" in text(page)
    assert "Overdue 1 · Unanswered 1 · To be closed 0" in text(page)
    assert not [href for href, _words in links(page) if re.search(r"^/(obstacles|directives)/\?", href)]
    assert "Unanswered" not in text(client.get("/dashboard/?as_of=2026-11-12"))


def test_nobody_else_is_told_how_many_directives_waited(
    task: Task, leader: User, reporter: User, administrator: User, south: Unit, clock: Traveller
) -> None:
    keep_all(now=factories.at(dt.date(2026, 11, 1)))
    on(clock, 4)
    due = dt.date(2026, 11, 8)
    issue_directive(subject=task, text="机密", units=[south], due_on=due, by=again(leader))
    on(clock, 23)
    address = "/dashboard/?as_of=2026-11-09"
    assert "机密" in shown(signed_in(leader).get(address))
    for person in (reporter, administrator):
        page = shown(signed_in(person).get(address))
        assert "机密" not in page
        assert 'aria-labelledby="directives"' not in page


@pytest.mark.parametrize("level", LevelChoices.values)
def test_the_row_and_the_database_agree_on_whom_it_waits_for(
    level: str,
    task: Task,
    south: Unit,
    headquarters: Headquarters,
    reporter: User,
    other_reporter: User,
    office: User,
    hq_office: User,
    leader: User,
    administrator: User,
) -> None:
    factories.obstacle(task=task, level=level)
    factories.obstacle(task=task, level=level, needed_unit=south)
    factories.obstacle(task=factories.task(), level=level)
    factories.obstacle(
        task=task,
        level=level,
        resolved_at=factories.at(dt.date(2026, 11, 20)),
        resolved_by=office,
        resolution="已协调。",
    )
    far_office = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for person in (reporter, other_reporter, office, hq_office, far_office, leader, administrator):
        rows = Obstacle.objects.select_related("task__campaign")
        assert {row for row in rows if row.waits_for(person)} == set(Obstacle.objects.waiting_for(person))


def test_a_past_dashboard_asks_as_many_questions_however_much_waited(
    climbed: Obstacle, task: Task, leader: User, south: Unit, clock: Traveller
) -> None:
    def more(number: int) -> None:
        on(clock, 4)
        for n in range(number):
            factories.obstacle(task=task, level="leader")
            due = dt.date(2026, 11, 8)
            issue_directive(subject=task, text=f"{n}", units=[south], due_on=due, by=again(leader))
        on(clock, 23)

    more(1)
    client, address = signed_in(leader), "/dashboard/?as_of=2026-11-10"
    few = queries(client, address)
    more(9)
    assert queries(client, address) == few
    assert "Obstacles that wait for you 11" in text(client.get(address))
