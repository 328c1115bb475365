"""Directives on the pages of a past day: as they stood at its end, and to those alone whom they concern."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from time_machine import Traveller

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Addressee, Campaign, Directive, Task
from tasks.services.answers import give_answer, return_answer
from tasks.services.directives import close_directive, issue_directive, withdraw_directive
from tasks.services.past import keep_all
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import queries, text
from tests.tasks.reports import shown
from tests.tasks.stories import again

NOVEMBER = dt.date(2026, 11, 1)
SECRET = "请查明迟缓原因"
STATES = {
    9: "Unanswered",  # issued on the 3rd, due on the 10th
    11: "Overdue",
    12: "To be closed",
    14: "Overdue",  # the answer was returned
    16: "To be closed",
    18: "Closed",
    23: "Closed",
}
"""How the directive of ``story`` stood at the end of days of November."""


@pytest.fixture
def story(
    task: Task, campaign: Campaign, leader: User, other_reporter: User, south: Unit, clock: Traveller
) -> Directive:
    """Issued on the 3rd, answered on the 12th, returned on the 14th, answered on the 16th, closed on the 18th."""
    keep_all(now=factories.at(NOVEMBER))
    on(clock, 3)
    made = issue_directive(
        subject=task, text=SECRET, units=[south], due_on=dt.date(2026, 11, 10), by=again(leader)
    )
    on(clock, 12)
    _answer(made, other_reporter)
    on(clock, 14)
    return_answer(addressee=_part(made), words="请说明时限。", by=again(leader))
    on(clock, 16)
    _answer(made, other_reporter)
    on(clock, 18)
    close_directive(directive=made, words="办结。", by=again(leader))
    on(clock, 23)
    return made


def on(clock: Traveller, day: int) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, day), 9))


def _part(directive: Directive) -> Addressee:
    return directive.addressees.select_related("directive", "unit").get()


def _answer(directive: Directive, by: User) -> None:
    part = _part(directive)
    give_answer(addressee=part, words={1: "已查明。"}, version=part.version, by=again(by))


def section(user: User, address: str) -> str:
    """Return the words of the page's section on directives; nothing where it has none."""
    found = re.search(
        r'<section class="card" aria-labelledby="directives">.*?</section>',
        shown(signed_in(user).get(address)),
        re.DOTALL,
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""


@pytest.mark.parametrize("day", STATES)
@pytest.mark.parametrize("page", ["/tasks/{0.pk}/", "/campaigns/{0.campaign_id}/"])
def test_a_past_day_shows_a_directive_as_it_stood_at_its_end(
    story: Directive, task: Task, leader: User, page: str, day: int
) -> None:
    words = section(leader, f"{page.format(task)}?as_of=2026-11-{day:02}")
    assert SECRET in words
    assert STATES[day] in words
    assert ("1 of 1 answered" in words) == (STATES[day] in {"To be closed", "Closed"})
    assert "Issue a directive" not in words or day == timezone.localdate().day


def test_what_was_issued_later_is_not_there_yet(story: Directive, task: Task, leader: User) -> None:
    for page in (f"/tasks/{task.pk}/", f"/campaigns/{task.campaign_id}/"):
        assert not section(leader, f"{page}?as_of=2026-11-02")
        assert section(leader, f"{page}?as_of=2026-11-03")


def test_one_withdrawn_later_still_waits_on_the_day_before(
    task: Task, leader: User, south: Unit, clock: Traveller
) -> None:
    keep_all(now=factories.at(NOVEMBER))
    on(clock, 3)
    made = issue_directive(
        subject=task, text=SECRET, units=[south], due_on=dt.date(2026, 11, 30), by=again(leader)
    )
    on(clock, 9)
    withdraw_directive(directive=made, words="情况已变。", by=again(leader))
    on(clock, 23)
    address = f"/tasks/{task.pk}/?as_of=2026-11-"
    assert "Unanswered" in section(leader, f"{address}08")
    assert "Withdrawn" in section(leader, f"{address}09")


def test_exceptions_come_first_on_a_past_day_as_today(
    task: Task, leader: User, south: Unit, clock: Traveller
) -> None:
    keep_all(now=factories.at(NOVEMBER))
    on(clock, 3)
    for text_, due in (("晚些答复", 20), ("早已逾期", 5), ("先行办结", 4)):
        made = issue_directive(
            subject=task, text=text_, units=[south], due_on=dt.date(2026, 11, due), by=again(leader)
        )
    close_directive(directive=made, words="办结。", by=again(leader))
    on(clock, 23)
    words = section(leader, f"/tasks/{task.pk}/?as_of=2026-11-08")
    assert re.findall("晚些答复|早已逾期|先行办结", words) == ["早已逾期", "晚些答复", "先行办结"]


@pytest.mark.parametrize("page", ["/tasks/{0.pk}/", "/campaigns/{0.campaign_id}/"])
def test_nobody_else_reads_of_it_on_a_past_day(
    story: Directive,
    task: Task,
    page: str,
    reporter: User,
    administrator: User,
    leader: User,
    hq_office: User,
    other_reporter: User,
    south: Unit,
) -> None:
    address = f"{page.format(task)}?as_of=2026-11-12"
    assert SECRET in section(leader, address)  # what is kept of the page is kept for leaders
    assert SECRET in section(hq_office, address)
    far_office = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for person in (reporter, administrator, far_office):
        page_now = shown(signed_in(person).get(address))
        assert SECRET not in page_now
        assert "批示〔" not in page_now
    task.supporting_units.add(south)  # whom it is addressed to, and who sees the task
    assert SECRET in section(other_reporter, address)


@pytest.mark.parametrize("page", ["/tasks/{0.pk}/", "/campaigns/{0.campaign_id}/"])
def test_a_past_day_asks_as_many_questions_however_many_there_were(
    story: Directive, task: Task, leader: User, page: str, clock: Traveller
) -> None:
    address = f"{page.format(task)}?as_of=2026-11-12"
    client = signed_in(leader)
    few = queries(client, address)
    on(clock, 3)
    units = [factories.unit() for _n in range(5)]
    for n in range(5):
        issue_directive(
            subject=task, text=f"{n}", units=units, due_on=dt.date(2026, 11, 10), by=again(leader)
        )
    on(clock, 23)
    assert queries(client, address) == few
    assert text(client.get(address)).count("0 of 5 answered") == 5
