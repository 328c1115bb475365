"""What is still open of a task goes on with next year's when its book closes: obstacles and directives, with their story."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import Campaign, Directive, Obstacle, Reminder, Task, TaskBook
from tasks.services.books import close_book
from tasks.services.carrying import carry_over
from tasks.services.obstacles import escalate_obstacles
from tasks.services.past import keep_all
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import text
from tests.tasks.stories import told

NEW_YEAR, CLOSED = dt.date(2027, 1, 1), dt.date(2027, 1, 11)
BEFORE = dt.date(2027, 1, 6)


@pytest.fixture
def next_book(book: TaskBook) -> TaskBook:
    return factories.book(year=2027)


@pytest.fixture
def obstacle(task: Task, reporter: User) -> Obstacle:
    return factories.obstacle(task=task, what="地块权属不清", raised_by=reporter)


@pytest.fixture
def directive(task: Task, leader: User) -> Directive:
    return factories.directive(task=task, issued_by=leader)


@pytest.fixture
def carried(task: Task, next_book: TaskBook, administrator: User, clock: time_machine.Traveller) -> Task:
    """Next year's task, carried over on New Year."""
    keep_all(now=timezone.now())
    clock.move_to(factories.at(NEW_YEAR))
    carry_over(book=next_book, campaigns=[task.campaign_id], tasks=[task.pk], by=administrator)
    return Task.objects.get(carried_from=task)


def close(task: Task, by: User, clock: time_machine.Traveller) -> None:
    clock.move_to(factories.at(CLOSED))
    close_book(book=task.campaign.book, by=by)
    clock.move_to(factories.at(CLOSED, 12))


def page(user: User, task: Task, day: dt.date | None = None) -> str:
    return text(signed_in(user).get(f"/tasks/{task.pk}/" + (f"?as_of={day}" if day else "")))


def test_open_matters_stay_until_the_book_closes_and_go_on_then(
    obstacle: Obstacle,
    directive: Directive,
    task: Task,
    carried: Task,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    assert obstacle.what in page(leader, task)
    assert obstacle.what not in page(leader, carried)
    close(task, administrator, clock)
    obstacle.refresh_from_db()
    directive.refresh_from_db()
    assert (obstacle.task, directive.task) == (carried, carried)
    for words in (page(leader, carried), page(leader, task)):
        assert obstacle.what in words
        assert directive.code in words
    assert page(leader, task).count("goes on with 2027-1-01") == 2
    assert "goes on with" not in page(leader, carried)


def test_both_tell_in_their_story_where_they_came_from(
    obstacle: Obstacle,
    directive: Directive,
    task: Task,
    carried: Task,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    close(task, administrator, clock)
    client = signed_in(leader)
    for address in (f"/obstacles/{obstacle.pk}/", f"/directives/{directive.pk}/"):
        assert "Carried over from 2026-1-01" in text(client.get(address))
    for action, about in (("obstacle.carry", obstacle), ("directive.carry", directive)):
        (event,) = told(action)
        assert (event.before, event.after) == ({"code": "2026-1-01"}, {"code": "2027-1-01"})
        assert (event.actor, event.subject_id) == (administrator, about.pk)
    assert directive.text not in str([told("directive.carry")[0].__dict__])


def test_a_past_day_shows_them_where_they_lay(
    obstacle: Obstacle,
    directive: Directive,
    task: Task,
    carried: Task,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    close(task, administrator, clock)
    clock.move_to(factories.at(CLOSED + dt.timedelta(days=3)))
    for thing in (obstacle.what, directive.code):
        assert thing in page(leader, task, BEFORE)
        assert thing not in page(leader, carried, BEFORE)
        assert thing in page(leader, carried, CLOSED)
    assert "goes on with" not in page(leader, task, BEFORE)
    assert page(leader, task, CLOSED).count("goes on with 2027-1-01") == 2
    # At the level at which it lay, since when it lay there.
    shown = signed_in(leader).get(f"/tasks/{task.pk}/?as_of={CLOSED}").context["obstacles"]
    assert [(one.level, one.level_since) for one in shown] == [("team", dt.date(2026, 11, 23))]


def test_what_was_cleared_or_closed_stays_with_last_years_task(
    task: Task, carried: Task, administrator: User, leader: User, office: User, clock: time_machine.Traveller
) -> None:
    cleared = factories.obstacle(
        task=task, resolved_at=timezone.now(), resolved_by=office, resolution="已办结"
    )
    done = factories.directive(
        task=task, issued_by=leader, closed_at=timezone.now(), closed_by=leader, closing_words="办结"
    )
    close(task, administrator, clock)
    cleared.refresh_from_db()
    done.refresh_from_db()
    assert (cleared.task, done.task) == (task, task)
    assert cleared.what not in page(leader, carried)


def test_a_directive_on_an_obstacle_goes_where_the_obstacle_goes(
    obstacle: Obstacle,
    task: Task,
    east: Unit,
    carried: Task,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    directive = factories.directive(obstacle=obstacle, issued_by=leader, units=[east])
    close(task, administrator, clock)
    assert directive.code in page(leader, carried)
    assert page(leader, task).count("goes on with 2027-1-01") == 2
    clock.move_to(factories.at(CLOSED + dt.timedelta(days=3)))
    assert directive.code in page(leader, task, BEFORE)
    assert directive.code not in page(leader, carried, BEFORE)


def test_a_directive_stays_between_those_concerned(
    directive: Directive,
    task: Task,
    carried: Task,
    south: Unit,
    administrator: User,
    reporter: User,
    leader: User,
    other_reporter: User,
    clock: time_machine.Traveller,
) -> None:
    """Next year's task has another lead: it sees the task, and not what another unit was told."""
    carried.leads.update(unit=south)
    Task.objects.filter(pk=carried.pk).update(lead_unit=south)
    close(task, administrator, clock)
    for someone in (administrator, other_reporter):
        assert directive.code not in page(someone, carried)
        assert signed_in(someone).get(f"/directives/{directive.pk}/").status_code == 404
    assert directive.code in page(reporter, task)
    assert signed_in(reporter).get(f"/directives/{directive.pk}/").status_code == 200
    assert signed_in(reporter).get(f"/tasks/{carried.pk}/").status_code == 404


def test_who_raised_an_obstacle_reads_on_though_another_leads_now(
    obstacle: Obstacle,
    task: Task,
    carried: Task,
    south: Unit,
    administrator: User,
    reporter: User,
    other_reporter: User,
    stranger: User,
    clock: time_machine.Traveller,
) -> None:
    carried.leads.update(unit=south)
    Task.objects.filter(pk=carried.pk).update(lead_unit=south)
    close(task, administrator, clock)
    statuses = [
        signed_in(person).get(f"/obstacles/{obstacle.pk}/").status_code
        for person in (reporter, other_reporter, stranger)
    ]
    assert statuses == [200, 200, 404]


def test_its_clock_and_its_reminders_go_on(
    obstacle: Obstacle,
    task: Task,
    carried: Task,
    south: Unit,
    administrator: User,
    other_reporter: User,
    clock: time_machine.Traveller,
) -> None:
    carried.leads.update(unit=south)
    Task.objects.filter(pk=carried.pk).update(lead_unit=south)
    Obstacle.objects.update(escalates_on=dt.date(2027, 1, 13))
    clock.move_to(factories.at(BEFORE))
    plan_reminders(now=timezone.now())
    close(task, administrator, clock)
    unsent = Reminder.objects.unsent().filter(obstacle=obstacle)
    assert set(unsent.values_list("task", "recipient")) == {(carried.pk, other_reporter.pk)}
    clock.move_to(factories.at(dt.date(2027, 1, 14)))
    assert escalate_obstacles(now=timezone.now()) == 1
    obstacle.refresh_from_db()
    assert obstacle.level == "office"


@pytest.mark.usefixtures("whole_statements")
def test_closing_asks_as_often_for_many_open_matters_as_for_few(
    campaign: Campaign,
    next_book: TaskBook,
    east: Unit,
    leader: User,
    administrator: User,
    clock: time_machine.Traveller,
) -> None:
    def needed(number: int) -> int:
        tasks = factories.many_tasks(number, campaign=campaign, unit=east)
        for task in tasks:
            factories.directive(obstacle=factories.obstacle(task=task), issued_by=leader, units=[east])
            factories.directive(task=task, issued_by=leader)
        book = TaskBook.objects.get(year=2026)
        carried = [] if next_book.campaigns.exists() else [campaign.pk]
        carry_over(book=next_book, campaigns=carried, tasks=[task.pk for task in tasks], by=administrator)
        with CaptureQueriesContext(connection) as asked:
            close_book(book=book, by=administrator)
        TaskBook.objects.filter(pk=book.pk).update(closed_at=None)
        return len(asked)

    clock.move_to(factories.at(CLOSED))
    assert needed(2) == needed(8)
