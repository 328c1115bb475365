"""What a filing is asked for besides: reasons where the task is behind, falls back or stands still."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from commands.models import User
from tasks.models import Milestone, Report, Task
from tasks.rules.reports import Footing, asked_when_filing
from tests import factories
from tests.tasks.reports import ClientOf, page_of, shown, typed

GREEN = {"own_light": "green", "cause": "", "measure": "", "recovery_on": "", "actual_percent": "90"}
EXPLANATION = ["cause", "measure", "recovery_on"]


def accepted_october(report: Report, **fields: Any) -> Report:
    """Make October's report on the same task, accepted at 58.1 %."""
    october = factories.period(book=report.period.book, month=dt.date(2026, 10, 1), closed=True)
    values = {"state": "accepted", "actual_percent": Decimal("58.1"), **fields}
    return factories.report(task=report.task, period=october, **values)


@pytest.mark.parametrize(
    ("actual", "light", "plan", "explains"),
    [
        ("80.0", "green", "90.0", False),  # exactly ten points behind is still green
        ("79.9", "green", "90.0", True),
        ("90.0", "yellow", "90.0", True),
        ("90.0", "red", "90.0", True),
        ("10.0", "green", None, False),
        (None, "green", "90.0", False),
    ],
)
def test_a_task_that_is_behind_is_explained(
    actual: str | None, light: str, plan: str | None, explains: bool
) -> None:
    content = {"actual_percent": actual and Decimal(actual), "own_light": light}
    asked = asked_when_filing(content, Footing(scheduled=plan and Decimal(plan)))  # type: ignore[arg-type]
    assert ("cause" in asked, "recovery_on" in asked) == (explains, explains)


@pytest.mark.parametrize("changes", [{"own_light": "yellow"}, {"own_light": "red"}, {"actual_percent": "70"}])
def test_yellow_red_or_far_behind_asks_for_cause_measure_and_day(
    client_of: ClientOf, reporter: User, report: Report, changes: dict[str, str]
) -> None:
    client = client_of(reporter)
    response = client.post(page_of(report), typed(report, **{**GREEN, **changes}))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == EXPLANATION
    assert "The task is behind: say why." in shown(response)
    assert "完成B2地块签约。" in shown(response)
    assert '<details class="asked" data-asked="behind" open>' in shown(response)
    report.refresh_from_db()
    assert report.state == "due"
    said = {"cause": "雨季停工", "measure": "夜间施工", "recovery_on": "2026-12-31"}
    client.post(page_of(report), typed(report, **{**GREEN, **changes, **said}))
    filed = report.submissions.get()
    assert (filed.cause, filed.measure, filed.recovery_on) == ("雨季停工", "夜间施工", dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2023-2-30", "Enter a day that exists, such as 2026-03-31."),
        ("2026-11-22", "This day has passed: write a day to come."),
        ("30/2", "Enter a day that exists, such as 2026-03-31."),
        ("9999-01-01", "Enter a day between 2000 and 2100."),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_its_field(
    client_of: ClientOf, reporter: User, report: Report, day: str, message: str
) -> None:
    response = client_of(reporter).post(page_of(report), typed(report, recovery_on=day))
    assert list(response.context["form"].errors) == ["recovery_on"]
    assert message in shown(response)
    assert f'value="{day}"' in shown(response)


def test_a_green_report_on_plan_asks_for_nothing_more(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    assert client_of(reporter).post(page_of(report), typed(report, **GREEN)).status_code == 302
    assert report.submissions.get().cause == ""


def test_a_figure_brought_over_that_is_far_behind_unfolds_what_it_asks(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    assert '<details class="asked" data-asked="behind">' in shown(client.get(page_of(report)))
    accepted_october(report)
    assert '<details class="asked" data-asked="behind" open>' in shown(client.get(page_of(report)))


def test_a_figure_below_the_one_last_accepted_asks_why(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    accepted_october(report)
    client = client_of(reporter)
    response = client.post(page_of(report), typed(report, actual_percent="58.0"))
    assert list(response.context["form"].errors) == ["correction_reason"]
    assert "The figure is below the one last accepted: say why." in shown(response)
    client.post(page_of(report), typed(report, actual_percent="58.0", correction_reason="上月多报一户"))
    assert report.submissions.get().correction_reason == "上月多报一户"


def test_the_same_figure_as_last_month_needs_no_reason(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    accepted_october(report)
    assert client_of(reporter).post(page_of(report), typed(report, actual_percent="58.1")).status_code == 302


def test_a_month_without_progress_needs_only_its_reason(
    client_of: ClientOf, reporter: User, office: User, report: Report
) -> None:
    client = client_of(reporter)
    response = client.post(page_of(report), typed(report, progress="", no_progress_reason=" \r\n"))
    assert list(response.context["form"].errors) == ["progress"]
    client.post(page_of(report), typed(report, progress="", no_progress_reason="等待上级批复"))
    assert report.submissions.get().no_progress_reason == "等待上级批复"
    assert "等待上级批复" in shown(client_of(office).get(page_of(report) + "review/"))


def test_text_that_only_repeats_last_month_is_pointed_out_and_filed(
    client_of: ClientOf, reporter: User, office: User, report: Report
) -> None:
    accepted_october(report, progress="与上月相同的一段话")
    client = client_of(reporter)
    client.post(page_of(report), typed(report, "save", progress="与上月相同的一段话"))
    page = shown(client.get(page_of(report)))
    assert "is the same, letter for letter, as the one accepted last" in page
    report.refresh_from_db()
    response = client.post(page_of(report), typed(report, progress="与上月相同的一段话"), follow=True)
    assert "is the same, letter for letter, as the one accepted last" in shown(response)
    assert report.submissions.count() == 1
    assert "same as last month" in shown(client_of(office).get(page_of(report) + "review/"))


# Milestones


@pytest.fixture
def milestone(task: Task) -> Milestone:
    """A milestone due on 20 November, not reached."""
    return factories.milestone(task=task, title="完成签约", due_on=dt.date(2026, 11, 20), completed_on=None)


def tick(report: Report, milestone: Milestone, day: str, **fields: str) -> dict[str, str]:
    return {
        **typed(report, f"milestone-{milestone.pk}", **fields),
        f"milestone-{milestone.pk}-completed_on": day,
    }


def test_a_milestone_is_ticked_off_in_place_and_the_draft_saved(
    client_of: ClientOf, reporter: User, report: Report, milestone: Milestone
) -> None:
    client = client_of(reporter)
    page = shown(client.get(page_of(report)))
    assert "完成签约" in page
    assert f'value="milestone-{milestone.pk}"' in page
    response = client.post(page_of(report), tick(report, milestone, "2026-11-19"), follow=True)
    assert "Reached: 完成签约. The draft is saved." in shown(response)
    milestone.refresh_from_db()
    report.refresh_from_db()
    assert milestone.completed_on == dt.date(2026, 11, 19)
    assert (report.state, report.progress) == ("draft", "完成B2地块签约。")
    assert "reached 2026-11-19" in shown(client.get(page_of(report)))


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-11-24", "The day has not come yet."),
        ("2023-2-30", "Enter a day that exists, such as 2026-03-31."),
        ("2025-12-31", "The task had not begun on that day."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_day_is_refused_beside_the_milestone_and_nothing_is_lost(
    client_of: ClientOf, reporter: User, report: Report, milestone: Milestone, day: str, message: str
) -> None:
    response = client_of(reporter).post(page_of(report), tick(report, milestone, day, progress="写了一段"))
    assert response.status_code == 200
    assert message in shown(response)
    assert "写了一段" in shown(response)
    milestone.refresh_from_db()
    assert milestone.completed_on is None


def test_only_milestones_of_this_report_are_ticked_off_here(
    client_of: ClientOf, reporter: User, report: Report, south: Any
) -> None:
    elsewhere = factories.milestone(task=factories.task(lead_unit=south))
    client = client_of(reporter)
    assert client.post(page_of(report), tick(report, elsewhere, "2026-11-20")).status_code == 404
    assert client.post(page_of(report), typed(report, "milestone-x")).status_code == 404


def test_a_milestone_far_ahead_is_not_asked_about(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    factories.milestone(task=report.task, title="明年的事", due_on=dt.date(2026, 12, 1))
    assert "Tick off" not in shown(client_of(reporter).get(page_of(report)))
