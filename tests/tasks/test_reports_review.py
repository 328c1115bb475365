"""The office reads what was filed beside last month's, and accepts it or returns it with words."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from commands.models import Headquarters, Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Notification, Report, Task, TaskBook
from tasks.services.reports import submit_report
from tests import factories
from tests.tasks.reports import ClientOf, shown


@pytest.fixture
def submitted(task: Task, period: Any, reporter: User) -> Report:
    """East's November report, filed and waiting."""
    return factories.report(task=task, period=period, state="submitted", by=reporter)


def review_of(report: Report) -> str:
    return f"/reports/{report.pk}/review/"


def decided(decision: str, words: str = "", number: str = "1") -> dict[str, str]:
    return {"decision": decision, "words": words, "number": number}


def test_the_queue_shows_what_waits_the_oldest_first(
    client_of: ClientOf, office: User, campaign: Campaign, east: Unit, reporter: User, book: TaskBook
) -> None:
    period = factories.period(book=book)
    times = {"新": 9, "旧": 7, "中": 8}
    for title, hour in times.items():
        task = factories.task(campaign=campaign, lead_unit=east, title=title)
        at = factories.at(dt.date(2026, 11, 20), hour)
        factories.report(task=task, period=period, state="submitted", by=reporter, submitted_at=at)
    response = client_of(office).get("/reports/")
    assert [row.report.task.title for row in response.context["queue"].rows] == ["旧", "中", "新"]
    assert "3 reports wait for review" in shown(response)
    assert "11-20 07:00" in shown(response)


def test_a_row_of_the_queue_sets_the_figure_beside_plan_and_last_month(
    client_of: ClientOf, office: User, submitted: Report, book: TaskBook
) -> None:
    october = factories.period(book=book, month=dt.date(2026, 10, 1), closed=True)
    factories.report(task=submitted.task, period=october, state="accepted", actual_percent=Decimal("92.5"))
    Report.objects.filter(pk=submitted.pk).update(actual_percent=Decimal(70), timeliness="late")
    response = client_of(office).get("/reports/")
    row = response.context["queue"].rows[0]
    assert (row.change, row.outlook.scheduled) == (Decimal("-22.5"), Decimal("90.3"))
    assert (row.report.own_light, row.outlook.verdict.light) == ("green", "yellow")
    for words in ("70.0% / 90.3%", "−22.5", "Late", "Dongmen Sub-district", "东门步行街改造"):
        assert words in shown(response), words


def test_units_that_have_not_filed_are_counted_and_each_count_opens_its_list(
    client_of: ClientOf, office: User, campaign: Campaign, east: Unit, south: Unit, book: TaskBook
) -> None:
    november = factories.period(book=book)
    october = factories.period(book=book, month=dt.date(2026, 10, 1))
    factories.many_tasks(2, campaign=campaign, unit=east, periods=[november])
    factories.many_tasks(3, campaign=campaign, unit=south, periods=[november, october])
    client = client_of(office)
    queue = client.get("/reports/").context["queue"]
    assert [(row.unit, row.count, row.overdue) for row in queue.unfiled] == [(south, 6, 3), (east, 2, 0)]
    for row in queue.unfiled:
        for state, count in (("to_file", row.count), ("overdue", row.overdue)):
            query = {"period": "all", "unit": row.unit.pk, "state": state}
            assert client.get("/reports/", query).context["reports"].paginator.count == count


def test_the_reviewer_sees_last_month_beside_this_and_the_light_it_would_give(
    client_of: ClientOf, office: User, submitted: Report, book: TaskBook
) -> None:
    october = factories.period(book=book, month=dt.date(2026, 10, 1), closed=True)
    factories.report(
        task=submitted.task,
        period=october,
        state="accepted",
        actual_percent=Decimal("92.5"),
        progress="十月做了这些",
    )
    page = shown(client_of(office).get(review_of(submitted)))
    for words in (
        "十月做了这些",
        factories.CONTENT["progress"],
        "−2.5",
        "90.3%",
        "0.3 percentage points behind plan, within limits",
        "filed 2026-11-23 09:00 by Reporter",
    ):
        assert str(words) in page, words


def test_a_unit_that_rates_itself_differently_is_pointed_out(
    client_of: ClientOf, office: User, task: Task, period: Any
) -> None:
    report = factories.report(task=task, period=period, state="submitted", actual_percent=Decimal(70))
    assert "The unit rates itself differently" in shown(client_of(office).get(review_of(report)))


def test_accepting_moves_the_figure_and_leads_on_to_the_next(
    client_of: ClientOf, office: User, submitted: Report, campaign: Campaign, east: Unit, reporter: User
) -> None:
    later = factories.report(
        task=factories.task(campaign=campaign, lead_unit=east),
        period=submitted.period,
        state="submitted",
        by=reporter,
    )
    client = client_of(office)
    assert "1 of 2" in shown(client.get(review_of(submitted)))
    response = client.post(review_of(submitted), decided("accept", "很好"))
    assert response.headers["Location"] == review_of(later)
    submitted.refresh_from_db()
    submitted.task.refresh_from_db()
    assert submitted.state == "accepted"
    assert submitted.task.actual_percent == Decimal("90.0")
    assert submitted.submissions.get().words == "很好"
    assert client.post(review_of(later), decided("accept")).headers["Location"] == "/reports/"
    assert "No report waits for review" in shown(client.get("/reports/"))


def test_returning_takes_words_and_tells_the_unit(
    client_of: ClientOf, office: User, reporter: User, submitted: Report
) -> None:
    client = client_of(office)
    response = client.post(review_of(submitted), decided("return", "  "))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["words"]
    submitted.refresh_from_db()
    assert submitted.state == "submitted"

    client.post(review_of(submitted), decided("return", "累计低于上月，\r\n请说明"))
    submitted.refresh_from_db()
    assert (submitted.state, submitted.return_words) == ("returned", "累计低于上月，\n请说明")
    assert Notification.objects.get(recipient=reporter).kind == "report_returned"
    assert "累计低于上月" in shown(client_of(reporter).get("/reports/"))


@pytest.mark.parametrize("words", ["字" * 1001, "a\x00b", "字" * 20_000])
def test_words_that_cannot_be_kept_are_refused(
    client_of: ClientOf, office: User, submitted: Report, words: str
) -> None:
    response = client_of(office).post(review_of(submitted), decided("return", words))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["words"]
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_the_unit_files_again_while_the_reviewer_reads(
    client_of: ClientOf, office: User, hq_office: User, reporter: User, submitted: Report
) -> None:
    client_of(hq_office).post(review_of(submitted), decided("return", "请改"))
    submitted.refresh_from_db()
    content = {**submitted.content(), "progress": "改好了"}
    submit_report(report=submitted, content=content, version=submitted.version, by=reporter)

    client = client_of(office)
    response = client.post(review_of(submitted), decided("accept", "看的是第一稿"))
    assert response.status_code == 409
    assert "The unit has filed again since you opened this page." in shown(response)
    assert "改好了" in shown(response)
    assert "看的是第一稿" in shown(response)
    submitted.refresh_from_db()
    assert submitted.state == "submitted"
    number = response.context["form"]["number"].value()
    assert client.post(review_of(submitted), decided("accept", number=number)).status_code == 302


def test_two_reviewers_one_decision(
    client_of: ClientOf, office: User, hq_office: User, submitted: Report
) -> None:
    client_of(hq_office).post(review_of(submitted), decided("accept"))
    client = client_of(office)
    response = client.post(review_of(submitted), decided("return", "我不同意"))
    assert response.status_code == 409
    assert "This report is not waiting for a decision any more." in shown(response)
    assert "我不同意" in shown(response)
    assert submitted.submissions.get().decided_by == hq_office
    assert client.get(review_of(submitted)).headers["Location"] == f"/reports/{submitted.pk}/"


def test_a_returned_report_in_a_closed_period_could_not_be_corrected(
    client_of: ClientOf, office: User, submitted: Report
) -> None:
    submitted.period.closed_at = factories.at(dt.date(2026, 12, 3), 0)
    submitted.period.save()
    client = client_of(office)
    response = client.post(review_of(submitted), decided("return", "请改"))
    assert response.status_code == 409
    assert "The period is closed" in shown(response)
    assert "请改" in shown(response)
    assert client.post(review_of(submitted), decided("accept")).status_code == 302


# Who may not


@pytest.mark.parametrize("role", ["reporter", "head", "leader", "administrator"])
def test_only_the_office_reviews(
    request: pytest.FixtureRequest, client_of: ClientOf, submitted: Report, role: str
) -> None:
    client = client_of(request.getfixturevalue(role))
    assert client.get(review_of(submitted)).status_code == 403
    assert client.post(review_of(submitted), decided("accept")).status_code == 403
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_strangers_do_not_know_of_it(
    client_of: ClientOf, stranger: User, other_reporter: User, submitted: Report
) -> None:
    elsewhere = factories.user_with(RoleCode.OFFICE, headquarters=factories.headquarters())
    for person in (stranger, other_reporter, elsewhere):
        assert client_of(person).get(review_of(submitted)).status_code == 404
        assert client_of(person).post(review_of(submitted), decided("accept")).status_code == 404


def test_nobody_reviews_the_reports_of_their_own_unit(
    client_of: ClientOf, office: User, east: Unit, south: Unit, submitted: Report, campaign: Campaign
) -> None:
    factories.post(user=office, role=RoleCode.REPORTER, unit=east)
    other = factories.report(
        task=factories.task(campaign=campaign, lead_unit=south), period=submitted.period, state="submitted"
    )
    client = client_of(office)
    response = client.get("/reports/")
    assert [row.report for row in response.context["queue"].rows] == [other]
    assert response.context["desk"] is not None
    assert client.get(review_of(submitted)).status_code == 403
    assert client.post(review_of(submitted), decided("accept")).status_code == 403
    assert client.get(review_of(other)).status_code == 200


def test_an_author_who_moved_to_the_office_does_not_review_it_either(
    client_of: ClientOf, reporter: User, submitted: Report, headquarters: Headquarters
) -> None:
    reporter.posts.update(ends_on=dt.date(2026, 11, 23))
    factories.post(user=reporter, role=RoleCode.OFFICE, headquarters=headquarters)
    client = client_of(reporter)
    assert "You filed this report yourself" in shown(client.get(review_of(submitted)))
    response = client.post(review_of(submitted), decided("accept"))
    assert response.status_code == 409
    assert "Nobody reviews a report of their own." in shown(response)
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_requests_that_no_page_sends(client_of: ClientOf, office: User, submitted: Report) -> None:
    client = client_of(office)
    assert client.post(review_of(submitted), {}).status_code == 400
    assert client.post(review_of(submitted), decided("maybe")).status_code == 400
    assert client.post(review_of(submitted), "[]", content_type="application/json").status_code == 400
    assert client.post(review_of(submitted), decided("accept", number="x")).status_code == 409
    assert client.head(review_of(submitted)).status_code == 200
    assert client.put(review_of(submitted)).status_code == 405
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_a_report_that_does_not_wait_leads_to_its_page(
    client_of: ClientOf, office: User, report: Report
) -> None:
    response = client_of(office).get(review_of(report), follow=True)
    assert response.redirect_chain == [(f"/reports/{report.pk}/", 302)]
    assert "This report is not waiting for a decision." in shown(response)


def test_the_reading_page_offers_the_office_its_review(
    client_of: ClientOf, office: User, leader: User, submitted: Report
) -> None:
    assert review_of(submitted) in shown(client_of(office).get(f"/reports/{submitted.pk}/"))
    assert review_of(submitted) not in shown(client_of(leader).get(f"/reports/{submitted.pk}/"))


def test_the_review_reads_in_chinese_too(client_of: ClientOf, submitted: Report) -> None:
    client = client_of(factories.user_with(RoleCode.OFFICE, language="zh-hans"))
    client.cookies["django_language"] = "zh-hans"
    for address in ("/reports/", review_of(submitted)):
        response = client.get(address)
        assert response.status_code == 200
        assert 'lang="zh-Hans"' in shown(response)
