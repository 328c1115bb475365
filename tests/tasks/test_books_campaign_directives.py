"""A directive on a campaign goes on with next year's campaign when the book closes, with its story and its day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from commands.services.refusals import Refused
from tasks.models import Campaign, Directive, Reminder, TaskBook
from tasks.services.answers import give_answer
from tasks.services.books import close_book
from tasks.services.carrying import carry_over
from tasks.services.directives import close_directive, issue_directive
from tasks.services.past import keep_all
from tasks.services.reminders import plan_reminders
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import queries, text
from tests.tasks.stories import again, told
from tests.together import at_once, before_commit

BEFORE, CLOSED = dt.date(2027, 1, 6), dt.date(2027, 1, 11)
DUE = dt.date(2027, 1, 20)
WENT_ON = "goes on with the campaign of 2027"


@pytest.fixture
def next_book(book: TaskBook) -> TaskBook:
    return factories.book(year=2027)


@pytest.fixture
def directive(campaign: Campaign, east: Unit, south: Unit, leader: User) -> Directive:
    """A leader's words on the campaign, to its lead unit and another."""
    keep_all(now=timezone.now())
    return issue_directive(
        subject=campaign, text="请统筹推进", units=[east, south], due_on=DUE, by=again(leader)
    )


@pytest.fixture
def carried(
    directive: Directive, next_book: TaskBook, administrator: User, clock: time_machine.Traveller
) -> Campaign:
    """Next year's campaign, carried over on New Year without a task; the old book closes on the 11th."""
    clock.move_to(factories.at(dt.date(2027, 1, 1)))
    carry_over(book=next_book, campaigns=[directive.campaign_id or 0], tasks=[], by=administrator)
    return Campaign.objects.get(carried_from=directive.campaign)


def close(by: User, clock: time_machine.Traveller) -> None:
    clock.move_to(factories.at(CLOSED))
    close_book(book=TaskBook.objects.get(year=2026), by=by)
    clock.move_to(factories.at(CLOSED, 12))


def page(user: User, campaign: Campaign | None, day: dt.date | None = None) -> str:
    assert campaign
    asked = f"?as_of={day}" if day else ""
    return text(signed_in(user).get(f"/campaigns/{campaign.pk}/{asked}"))


def test_it_stays_until_the_book_closes_and_goes_on_then(
    directive: Directive, carried: Campaign, administrator: User, leader: User, clock: time_machine.Traveller
) -> None:
    old = directive.campaign
    assert directive.code in page(leader, old)
    assert directive.code not in page(leader, carried)
    close(administrator, clock)
    directive.refresh_from_db()
    assert directive.campaign == carried
    assert directive.code in page(leader, carried)
    assert WENT_ON not in page(leader, carried)
    assert directive.code in page(leader, old)
    assert WENT_ON in page(leader, old)


def test_its_story_and_the_trail_tell_where_it_came_from(
    directive: Directive, carried: Campaign, administrator: User, leader: User, clock: time_machine.Traveller
) -> None:
    close(administrator, clock)
    story = text(signed_in(leader).get(f"/directives/{directive.pk}/"))
    assert "Carried over from the campaign of 2026" in story
    (event,) = told("directive.carry")
    books = [TaskBook.objects.get(year=year).name for year in (2026, 2027)]
    assert [event.before, event.after] == [{"book": name, "number": 1} for name in books]
    assert (event.actor, event.subject_id) == (administrator, directive.pk)
    assert directive.text not in str(event.__dict__)


def test_a_past_day_shows_it_where_it_lay(
    directive: Directive, carried: Campaign, administrator: User, leader: User, clock: time_machine.Traveller
) -> None:
    old = directive.campaign
    close(administrator, clock)
    clock.move_to(factories.at(dt.date(2027, 1, 14)))
    assert directive.code in page(leader, old, BEFORE)
    assert WENT_ON not in page(leader, old, BEFORE)
    assert directive.code not in page(leader, carried, BEFORE)
    assert WENT_ON in page(leader, old, CLOSED)
    assert directive.code in page(leader, carried, CLOSED)
    assert WENT_ON not in page(leader, carried, CLOSED)


def test_the_units_addressed_answer_it_and_nobody_else_sees_it(
    directive: Directive,
    carried: Campaign,
    administrator: User,
    leader: User,
    reporter: User,
    clock: time_machine.Traveller,
) -> None:
    carried.leads.all().delete()
    Campaign.objects.filter(pk=carried.pk).update(lead_unit=(third := factories.unit()))
    new_lead = factories.user_with(RoleCode.REPORTER, unit=third)
    close(administrator, clock)
    for someone in (administrator, new_lead):
        assert signed_in(someone).get(f"/directives/{directive.pk}/").status_code == 404
        assert directive.code not in page(someone, carried)
    part = directive.addressees.get(unit__code="dongmen")
    give_answer(addressee=part, words={1: "已统筹。"}, version=part.version, by=again(reporter))
    assert "1 of 2 answered" in page(leader, carried)


def test_the_office_of_the_new_headquarters_is_in_charge_and_reminded(
    directive: Directive,
    carried: Campaign,
    administrator: User,
    hq_office: User,
    reporter: User,
    other_reporter: User,
    clock: time_machine.Traveller,
) -> None:
    new: Headquarters = factories.headquarters()
    Campaign.objects.filter(pk=carried.pk).update(headquarters=new)
    new_office = factories.user_with(RoleCode.OFFICE, headquarters=new)
    clock.move_to(factories.at(BEFORE))
    plan_reminders(now=timezone.now())
    unsent = Reminder.objects.unsent().filter(directive__directive=directive)
    assert {row.recipient for row in unsent} == {reporter, other_reporter}
    close(administrator, clock)
    assert {row.recipient for row in unsent.all()} == {reporter, other_reporter}
    clock.move_to(factories.at(dt.date(2027, 1, 29)))
    plan_reminders(now=timezone.now())
    late = {row.recipient for row in unsent.all()}
    assert new_office in late
    assert hq_office not in late
    close_directive(directive=directive, words="办结。", by=again(new_office))
    assert not unsent.all().exists()


def test_what_is_over_or_on_a_campaign_not_carried_over_stays(
    directive: Directive,
    carried: Campaign,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    old = directive.campaign
    done = factories.directive(
        campaign=old, issued_by=leader, closed_at=timezone.now(), closed_by=leader, closing_words="办结"
    )
    ending = factories.campaign(book=TaskBook.objects.get(year=2026), number=2)
    stays = factories.directive(campaign=ending, issued_by=leader)
    close(administrator, clock)
    for one, place in ((done, old), (stays, ending)):
        one.refresh_from_db()
        assert one.campaign == place


def test_carried_over_after_the_book_was_closed_it_goes_on_at_once(
    directive: Directive,
    next_book: TaskBook,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    close(administrator, clock)
    old = directive.campaign
    assert old
    carry_over(book=next_book, campaigns=[old.pk], tasks=[], by=administrator)
    directive.refresh_from_db()
    assert directive.campaign == Campaign.objects.get(carried_from=old)
    assert WENT_ON in page(leader, old)


def test_nothing_is_issued_in_a_closed_book(
    directive: Directive,
    campaign: Campaign,
    east: Unit,
    administrator: User,
    leader: User,
    clock: time_machine.Traveller,
) -> None:
    close(administrator, clock)
    with pytest.raises(Refused) as refusal:
        issue_directive(subject=campaign, text="补充", units=[east], due_on=DUE, by=again(leader))
    assert refusal.value.code == "book_closed"
    assert "Issue a directive" not in page(leader, campaign)


def test_a_campaign_asks_as_often_for_many_that_went_on_as_for_one(
    directive: Directive, carried: Campaign, administrator: User, leader: User, clock: time_machine.Traveller
) -> None:
    old = directive.campaign
    assert old
    addresses = [f"/campaigns/{old.pk}/", f"/campaigns/{old.pk}/?as_of={CLOSED}"]
    close(administrator, clock)
    clock.move_to(factories.at(dt.date(2027, 1, 14)))
    client = signed_in(leader)
    few = [queries(client, address) for address in addresses]
    for _n in range(4):
        more = factories.directive(campaign=carried, issued_by=leader, issued_at=directive.issued_at)
        more.steps.create(kind="carried", at=factories.at(CLOSED), by=administrator, from_campaign=old)
    assert [queries(client, address) for address in addresses] == few
    assert text(client.get(addresses[0])).count(WENT_ON) == 5


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_one_issues_while_another_closes_the_book(
        self, campaign: Campaign, next_book: TaskBook, east: Unit, administrator: User, leader: User
    ) -> None:
        carry_over(book=next_book, campaigns=[campaign.pk], tasks=[], by=administrator)
        issue = lambda: issue_directive(  # noqa: E731  named by what meets
            subject=campaign, text="补充", units=[east], due_on=DUE, by=leader
        )
        shut = lambda: close_book(book=campaign.book, by=administrator)  # noqa: E731  named by what meets
        assert before_commit(shut, issue) == ("done", "book_closed")
        assert not Directive.objects.exists()

    def test_one_carries_over_while_another_closes_the_book(
        self, campaign: Campaign, next_book: TaskBook, administrator: User, leader: User
    ) -> None:
        directive = factories.directive(campaign=campaign, issued_by=leader)
        carry = lambda: carry_over(  # noqa: E731  named by what meets
            book=next_book, campaigns=[campaign.pk], tasks=[], by=administrator
        )
        shut = lambda: close_book(book=campaign.book, by=administrator)  # noqa: E731  named by what meets
        assert at_once(carry, shut) == {"done": 2}
        directive.refresh_from_db()
        assert directive.campaign == Campaign.objects.get(carried_from=campaign)
