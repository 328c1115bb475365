"""A report's life through all roles, in any order: no illegal state, no lost filing, no acceptance by the author."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commands.models import Event, User
from commands.roles import RoleCode
from commands.services.refusals import Refused
from tasks.models import Report
from tasks.rules.reports import ReportState
from tasks.services.exemptions import exempt_report, undo_exemption
from tasks.services.periods import close_period, reopen_period
from tasks.services.reports import autosave_report, keep_typed, save_draft, submit_report
from tasks.services.reviews import accept_report, accept_reports, reopen_report, return_report
from tests import factories
from tests.tasks.stories import BEHIND, typed

PEOPLE = ("reporter", "head", "moved", "stranger", "office", "hq_office", "leader", "administrator")
FILERS = {"reporter", "head", "moved"}
DECIDERS = {"office", "hq_office", "moved"}
KEEPERS = {"office", "administrator", "moved"}

# What may follow what, besides staying; anything else is illegal.
FOLLOWS = {
    "due": {"draft", "submitted", "missed", "exempt"},
    "draft": {"submitted", "missed", "exempt"},
    "submitted": {"accepted", "returned"},
    "returned": {"submitted"},
    "accepted": {"returned"},
    "missed": {"due", "draft", "exempt"},
    "exempt": {"due", "draft", "missed"},
}

person = st.sampled_from(PEOPLE)
percent = st.sampled_from([None, Decimal(0), Decimal("90.0"), Decimal("100.0")])
light = st.sampled_from(["", "green", "red"])
words = st.sampled_from(["", " ", "进展", "改好了"])
behind = st.sampled_from([{}, BEHIND])
age = st.integers(0, 2)


class Life(RuleBasedStateMachine):
    """One report, eight people, any order. ``moved`` files for the unit and sits in the district's office."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        unit, headquarters = factories.unit(), factories.headquarters()
        task = factories.task(campaign=factories.campaign(headquarters=headquarters), lead_unit=unit)
        self.pk = factories.report(task=task, period=factories.period(book=task.campaign.book)).pk
        self.people: dict[str, User] = {
            "reporter": factories.user_with(RoleCode.REPORTER, unit=unit),
            "head": factories.user_with(RoleCode.HEAD, unit=unit),
            "moved": factories.user_with(RoleCode.REPORTER, unit=unit),
            "stranger": factories.user(),
            "office": factories.user_with(RoleCode.OFFICE),
            "hq_office": factories.user_with(RoleCode.OFFICE, headquarters=headquarters),
            "leader": factories.user_with(RoleCode.LEADER),
            "administrator": factories.user_with(RoleCode.ADMINISTRATOR),
        }
        factories.post(user=self.people["moved"], role=RoleCode.OFFICE)
        self.filed: list[dict[str, Any]] = []
        self.state, self.done = "due", 0

    def teardown(self) -> None:
        """Leave the database as it was."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def report(self) -> Report:
        return Report.objects.select_related("period", "task").get(pk=self.pk)

    def act(self, who: str, may: set[str], write: Callable[[Report, User], object]) -> bool:
        """Let ``who`` try; what is refused leaves no trace, and what succeeds was done by one who may."""
        before, events = self.report(), Event.objects.count()
        user = User.objects.get(pk=self.people[who].pk)
        try:
            with transaction.atomic():
                write(before, user)
        except Refused:
            after = self.report()
            assert (after.state, after.version, after.content()) == (
                before.state,
                before.version,
                before.content(),
            )
            assert Event.objects.count() == events
            return False
        if Event.objects.count() > events:
            assert who in may, f"{who} wrote"
        return True

    @rule(who=person, old=age, figure=percent, own=light, said=words, more=behind, how=st.sampled_from("SAF"))
    def write_anyhow(
        self, who: str, old: int, figure: Decimal | None, own: str, said: str, more: Any, how: str
    ) -> None:
        self.write(who, old, figure, own, said, more, how)

    def write(
        self, who: str, old: int, figure: Decimal | None, own: str, said: str, more: Any, how: str
    ) -> None:
        content = typed(actual_percent=figure, own_light=own, progress=said, **more)
        service = {"S": save_draft, "A": autosave_report, "F": submit_report}[how]
        count = self.report().submissions.count()

        def attempt(report: Report, user: User) -> object:
            version = max(report.version - old, 0)
            return service(report=report, content=content, version=version, by=user)

        if self.act(who, FILERS, attempt) and self.report().submissions.count() > count:
            self.filed.append(content)

    @rule(who=st.sampled_from(sorted(FILERS)), said=st.sampled_from(["进展", "改好了"]))
    def file_well(self, who: str, said: str) -> None:
        self.write(who, 0, Decimal("90.0"), "green", said, {}, "F")

    @rule(who=st.sampled_from(sorted(DECIDERS)), accept=st.booleans())
    def decide_well(self, who: str, accept: bool) -> None:
        self.decide(who, None, accept, "请改")

    @rule(who=person, said=words)
    def keep(self, who: str, said: str) -> None:
        self.act(
            who,
            FILERS,
            lambda report, user: keep_typed(
                report=report, content=typed(progress=said), version=report.version, by=user
            ),
        )

    @rule(who=person, number=st.sampled_from([None, 1, 2, 3]), accept=st.booleans(), said=words)
    def decide_anyhow(self, who: str, number: int | None, accept: bool, said: str) -> None:
        self.decide(who, number, accept, said)

    def decide(self, who: str, number: int | None, accept: bool, said: str) -> None:
        service = accept_report if accept else return_report
        self.act(
            who,
            DECIDERS,
            lambda report, user: service(report=report, words=said, number=number, by=user),
        )

    @rule(who=person, number=st.integers(1, 3))
    def decide_many(self, who: str, number: int) -> None:
        self.act(who, DECIDERS, lambda report, user: accept_reports(choices=[(report, number)] * 2, by=user))

    @rule(who=person, said=words)
    def take_back(self, who: str, said: str) -> None:
        self.act(who, DECIDERS, lambda report, user: reopen_report(report=report, reason=said, by=user))

    @rule(who=person, said=words, undo=st.sampled_from([True, True, False]))
    def exempt(self, who: str, said: str, undo: bool) -> None:
        def attempt(report: Report, user: User) -> object:
            if undo:
                return undo_exemption(report=report, by=user)
            return exempt_report(report=report, reason=said, by=user)

        self.act(who, KEEPERS, attempt)

    @rule(who=person, said=words, late=st.integers(0, 3))
    def close_or_reopen(self, who: str, said: str, late: int) -> None:
        report = self.report()
        if report.period.is_open and late:
            return  # most days a period does not close
        if report.period.is_open:
            close_period(period=report.period, now=timezone.now(), by=None)
            return
        self.act(
            who,
            KEEPERS,
            lambda report, user: reopen_period(
                period=report.period, reason=said, closes_on=dt.date(2026, 12, 2), by=user
            ),
        )

    @invariant()
    def moves_only_as_it_may(self) -> None:
        now = self.report().state
        # Filed and decided in one step there is none: each rule does one thing.
        assert now == self.state or now in FOLLOWS[self.state], f"{self.state} → {now}"
        self.state = now

    @invariant()
    def loses_no_filing_and_lets_no_author_decide(self) -> None:
        report = self.report()
        filings = list(report.submissions.order_by("number"))
        assert [filing.number for filing in filings] == list(range(1, len(self.filed) + 1))
        assert [filing.content() for filing in filings] == self.filed
        assert all(filing.decided_by_id != filing.submitted_by_id for filing in filings)
        own = {self.people[name].pk for name in FILERS}
        assert all(filing.decided_by_id not in own for filing in filings)
        waiting = [filing for filing in filings if not filing.decision]
        assert len(waiting) == (report.state == ReportState.SUBMITTED)

    @invariant()
    def stands_at_what_is_accepted(self) -> None:
        report = self.report()
        expected = report.actual_percent if report.state == ReportState.ACCEPTED else None
        assert report.task.actual_percent == expected
        held = report.submissions.accepted().count()
        assert held == (report.state == ReportState.ACCEPTED)


@pytest.mark.django_db
def test_a_reports_life_through_all_roles() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
