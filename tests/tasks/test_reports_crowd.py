"""Fifty people file and five decide at once, each on a connection of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from commands.models import Event, User
from commands.roles import RoleCode
from commands.services.refusals import Refused
from tasks.models import Report, Submission
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report
from tests import factories
from tests.tasks.stories import typed

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

REPORTERS, REVIEWERS = 50, 5


def at_once(acts: list[Callable[[], str]]) -> Counter[str]:
    """Run every act in a thread of its own, all let go at the same moment; count what came of them."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        try:
            gate.wait(timeout=60)
            return act()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def filing(report: Report, user: User, words: str) -> Callable[[], str]:
    def act() -> str:
        submit_report(report=report, content=typed(progress=words), version=1, by=user)
        return "filed"

    return act


def deciding(user: User) -> Callable[[], str]:
    """Accept whatever waits, as long as something is still to come; return how many as "n"."""

    def act() -> str:
        count = 0
        while Report.objects.exclude(state="accepted").exists():
            for report in Report.objects.to_review():
                try:
                    accept_report(report=report, number=1, by=user)
                    count += 1
                except Refused as refusal:
                    if refusal.code != "not_submitted":  # a colleague was quicker
                        raise
        return str(count)

    return act


def test_fifty_file_while_five_decide_and_everything_is_recorded_once() -> None:
    campaign = factories.campaign()
    period = factories.period(book=campaign.book)
    acts = []
    for n in range(REPORTERS):
        unit = factories.unit()
        report = factories.report(task=factories.task(campaign=campaign, lead_unit=unit), period=period)
        acts.append(filing(report, factories.user_with(RoleCode.REPORTER, unit=unit), f"第{n}份"))
    offices = [factories.user_with(RoleCode.OFFICE) for _n in range(REVIEWERS)]

    outcome = at_once(acts + [deciding(office) for office in offices])

    assert outcome.pop("filed") == REPORTERS
    assert sum(int(count) * times for count, times in outcome.items()) == REPORTERS
    assert Submission.objects.count() == REPORTERS
    assert set(Submission.objects.values_list("number", "decision")) == {(1, "accepted")}
    assert {filed.progress for filed in Submission.objects.all()} == {f"第{n}份" for n in range(REPORTERS)}
    assert set(Report.objects.values_list("state", flat=True)) == {"accepted"}
    assert Event.objects.filter(action="report.submit").count() == REPORTERS
    for submission in Submission.objects.all():
        event = Event.objects.get(action="report.accept", subject_id=submission.report_id)
        assert event.actor_id == submission.decided_by_id


def test_two_of_a_unit_file_at_once_and_one_is_told() -> None:
    report = factories.report()
    people = [factories.user_with(RoleCode.REPORTER, unit=report.unit) for _n in range(5)]
    outcome = at_once([filing(report, user, f"第{n}稿") for n, user in enumerate(people)])
    assert outcome == {"filed": 1, "closed": 4}
    filed = Submission.objects.get()
    report.refresh_from_db()
    assert (report.progress, report.saved_by_id) == (filed.progress, filed.submitted_by_id)
