"""The office speaks on single fields, rates, accepts many clean reports at once, and takes an acceptance back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from commands.models import Event, Unit, User
from tasks.models import Campaign, Notification, Period, Report, Submission, Task
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report, reopen_report, return_report
from tests import factories
from tests.tasks.reports import ClientOf, page_of, shown
from tests.tasks.stories import current, refuses


@pytest.fixture
def submitted(task: Task, period: Period, reporter: User) -> Report:
    """East's November report, filed and waiting."""
    return factories.report(task=task, period=period, state="submitted", by=reporter)


def review_of(report: Report) -> str:
    return f"/reports/{report.pk}/review/"


def file_again(report: Report, by: User, **changes: Any) -> Submission:
    report = current(report)
    content = {**report.content(), **changes}
    return submit_report(report=report, content=content, version=report.version, by=by)


# Words on single fields, quality


def test_words_on_a_field_stand_beside_it_until_it_is_filed_again(
    client_of: ClientOf, office: User, reporter: User, submitted: Report
) -> None:
    data = {"decision": "return", "number": "1", "on_progress": "请写明户数", "on_next_steps": "  "}
    assert client_of(office).post(review_of(submitted), data).status_code == 302
    filing = submitted.submissions.get()
    assert filing.field_words == {"progress": "请写明户数"}
    assert current(submitted).return_words == "请写明户数"
    client = client_of(reporter)
    response = client.get(page_of(submitted))
    assert response.context["board"].said == {"progress": "请写明户数"}
    assert shown(response).count("请写明户数") == 2  # at the head, and beside the field
    file_again(submitted, reporter, progress="已签约12户")
    assert "请写明户数" in shown(client.get(page_of(submitted)))  # its story stays readable


def test_a_rating_is_kept_with_the_acceptance(
    client_of: ClientOf, office: User, reporter: User, submitted: Report
) -> None:
    client_of(office).post(review_of(submitted), {"decision": "accept", "number": "1", "quality": "B"})
    assert submitted.submissions.get().quality == "B"
    assert "B: sufficient" in shown(client_of(reporter).get(page_of(submitted)))


def test_a_rating_that_does_not_exist_is_refused(
    client_of: ClientOf, office: User, submitted: Report
) -> None:
    data = {"decision": "accept", "number": "1", "quality": "D"}
    response = client_of(office).post(review_of(submitted), data)
    assert list(response.context["form"].errors) == ["quality"]
    with refuses("invalid", "quality"):
        accept_report(report=submitted, quality="D", by=office)


def test_words_on_a_field_that_does_not_exist_are_dropped(office: User, submitted: Report) -> None:
    accept_report(report=submitted, field_words={"secret": "x", "progress": "好"}, by=office)
    assert submitted.submissions.get().field_words == {"progress": "好"}


def test_the_number_that_was_seen_is_checked_under_the_lock(
    office: User, hq_office: User, reporter: User, submitted: Report
) -> None:
    return_report(report=submitted, words="请改", number=1, by=hq_office)
    file_again(submitted, reporter, progress="改好了")
    with refuses("filed_again"):
        accept_report(report=submitted, words="看的是第一稿", number=1, by=office)
    with refuses("filed_again"):
        return_report(report=submitted, words="看的是第一稿", number=1, by=office)
    assert accept_report(report=submitted, number=2, by=office).number == 2


# What changed


def test_what_changed_since_the_last_filing_is_marked_field_by_field(
    client_of: ClientOf, office: User, reporter: User, submitted: Report
) -> None:
    return_report(report=submitted, words="请改", by=office)
    file_again(submitted, reporter, progress="改好了", actual_percent=Decimal(91))
    response = client_of(office).get(review_of(submitted))
    board = response.context["board"]
    assert {row.name for row in board.rows if row.is_new} == {"progress", "actual_percent"}
    assert board.previous.number == 1
    page = shown(response)
    assert "Before: filing no. 1" in page
    assert str(factories.CONTENT["progress"]) in page
    assert "改好了" in page


def test_the_plans_curve_ends_in_the_figure_that_was_filed(
    client_of: ClientOf, office: User, submitted: Report
) -> None:
    october = factories.period(book=submitted.period.book, month=dt.date(2026, 10, 1), closed=True)
    factories.report(task=submitted.task, period=october, state="accepted", actual_percent=Decimal(80))
    response = client_of(office).get(review_of(submitted))
    assert [dot.percent for dot in response.context["board"].chart.dots] == [80, 90]
    assert 'class="chart-plan"' in shown(response)


# Many at once


def queue(
    campaign: Campaign, east: Unit, period: Period, by: User, count: int, **fields: Any
) -> list[Report]:
    return [
        factories.report(
            task=factories.task(campaign=campaign, lead_unit=east),
            period=period,
            state="submitted",
            by=by,
            **fields,
        )
        for _n in range(count)
    ]


def test_clean_reports_are_accepted_together_each_with_its_own_event(
    client_of: ClientOf, office: User, reporter: User, campaign: Campaign, east: Unit, period: Period
) -> None:
    clean = queue(campaign, east, period, reporter, 3)
    (behind,) = queue(campaign, east, period, reporter, 1, actual_percent=Decimal(70))
    (rated,) = queue(campaign, east, period, reporter, 1, own_light="yellow")
    client = client_of(office)
    page = shown(client.get("/reports/"))
    ticks = [f"{report.pk}:1" for report in clean]
    assert all(f'value="{tick}"' in page for tick in ticks)
    assert f'value="{behind.pk}:1"' not in page
    assert f'value="{rated.pk}:1"' not in page
    response = client.post("/reports/accept/", {"report": ticks}, follow=True)
    assert "3 reports accepted." in shown(response)
    assert Event.objects.filter(action="report.accept", actor=office).count() == 3
    assert {current(report).state for report in clean} == {"accepted"}
    assert {current(report).state for report in (behind, rated)} == {"submitted"}


def test_those_that_no_longer_can_be_are_named_and_the_others_accepted(
    client_of: ClientOf,
    office: User,
    hq_office: User,
    reporter: User,
    campaign: Campaign,
    east: Unit,
    period: Period,
) -> None:
    first, second, third = queue(campaign, east, period, reporter, 3)
    accept_report(report=first, by=hq_office)
    return_report(report=second, words="请改", by=hq_office)
    file_again(second, reporter, progress="改好了")
    ticks = [f"{report.pk}:1" for report in (first, second, third)]
    page = shown(client_of(office).post("/reports/accept/", {"report": ticks}, follow=True))
    assert "1 report accepted." in page
    assert f"Not accepted: {first.task.title}. This report is not waiting" in page
    assert f"Not accepted: {second.task.title}. The unit has filed again" in page
    assert [current(report).state for report in (first, second, third)] == [
        "accepted",
        "submitted",
        "accepted",
    ]


@pytest.mark.parametrize("ticks", [[], ["x"], ["1"], ["1:1:1"], ["-1:1"], ["９:1"], ["999999999:1"]])
def test_ticks_that_no_page_sends_accept_nothing(
    client_of: ClientOf, office: User, submitted: Report, ticks: list[str]
) -> None:
    response = client_of(office).post("/reports/accept/", {"report": ticks}, follow=True)
    assert "No report was ticked." in shown(response)
    assert current(submitted).state == "submitted"


# Taking an acceptance back


@pytest.fixture
def accepted(submitted: Report, office: User) -> Report:
    """East's November report, accepted."""
    accept_report(report=submitted, by=office)
    return current(submitted)


def test_an_accepted_report_is_reopened_with_a_reason(
    client_of: ClientOf, hq_office: User, reporter: User, accepted: Report
) -> None:
    assert current(accepted).task.actual_percent == 90
    client = client_of(hq_office)
    assert "Reopen this report" in shown(client.get(page_of(accepted)))
    response = client.post(f"{page_of(accepted)}reopen/", {"reason": "数据有误"}, follow=True)
    assert "The unit was told." in shown(response)
    after = current(accepted)
    assert (after.state, after.return_words, after.accepted_at) == ("returned", "数据有误", None)
    assert (after.task.actual_percent, after.timeliness) == (None, "on_time")
    filing = accepted.submissions.get()
    assert (filing.decision, filing.reopened_by, filing.reopen_reason) == ("accepted", hq_office, "数据有误")
    assert Notification.objects.get(recipient=reporter).kind == "report_reopened"
    assert "Reopened by the office on 11-23 09:00:" in shown(client_of(reporter).get(page_of(accepted)))
    file_again(accepted, reporter, actual_percent=Decimal(88))
    accept_report(report=accepted, by=hq_office)
    assert current(accepted).task.actual_percent == 88


def test_reopening_takes_a_reason(client_of: ClientOf, office: User, accepted: Report) -> None:
    response = client_of(office).post(f"{page_of(accepted)}reopen/", {"reason": " \r\n"})
    assert response.status_code == 200
    assert "Say why" in shown(response)
    with refuses("words_missing", "reason"):
        reopen_report(report=accepted, reason="  ", by=office)


def test_what_cannot_be_reopened(
    office: User, reporter: User, accepted: Report, campaign: Campaign, east: Unit
) -> None:
    with refuses("not_reviewer"):
        reopen_report(report=accepted, reason="想改", by=reporter)
    (waiting,) = queue(campaign, east, accepted.period, reporter, 1)
    with refuses("not_accepted"):
        reopen_report(report=waiting, reason="想改", by=office)
    Period.objects.update(closed_at=factories.at(dt.date(2026, 12, 3), 0))
    with refuses("closed"):
        reopen_report(report=accepted, reason="想改", by=office)


def test_reopening_is_offered_only_where_it_is_possible(
    client_of: ClientOf, office: User, leader: User, reporter: User, accepted: Report
) -> None:
    for person in (leader, reporter):
        assert "Reopen this report" not in shown(client_of(person).get(page_of(accepted)))
    Period.objects.update(closed_at=factories.at(dt.date(2026, 12, 3), 0))
    assert "Reopen this report" not in shown(client_of(office).get(page_of(accepted)))
