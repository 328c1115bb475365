"""Who may not write a report, when it can no longer be changed, and how the typed text then comes back."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from commands.models import Event, Unit, User
from tasks.models import Period, Report, Submission, Task
from tasks.services.periods import close_period
from tests import factories
from tests.tasks.reports import ClientOf, page_of, shown, typed


def test_another_units_reporter_does_not_know_of_it(
    client_of: ClientOf, other_reporter: User, report: Report
) -> None:
    client = client_of(other_reporter)
    assert client.get(page_of(report)).status_code == 404
    assert client.post(page_of(report), typed(report)).status_code == 404
    assert client.get(page_of(report) + "review/").status_code == 404


def test_a_supporting_units_reporter_reads_but_may_not_write(
    client_of: ClientOf, other_reporter: User, south: Unit, report: Report
) -> None:
    report.task.supporting_units.add(south)
    client = client_of(other_reporter)
    assert "Not filed yet." in shown(client.get(page_of(report)))
    response = client.post(page_of(report), typed(report, progress="不该我写"))
    assert response.status_code == 403
    assert "Another unit answers for this report" in shown(response)
    assert "不该我写" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.version) == ("due", 1)


@pytest.mark.parametrize("role", ["office", "hq_office", "leader", "administrator"])
def test_those_who_read_everything_file_nothing(
    request: pytest.FixtureRequest, client_of: ClientOf, role: str, report: Report
) -> None:
    client = client_of(request.getfixturevalue(role))
    assert client.get(page_of(report)).status_code == 200
    assert client.post(page_of(report), typed(report)).status_code == 403
    report.refresh_from_db()
    assert report.state == "due"


def test_a_draft_is_its_units_own_affair(
    client_of: ClientOf, reporter: User, office: User, leader: User, report: Report
) -> None:
    client_of(reporter).post(page_of(report), typed(report, "save", progress="只是草稿"))
    for person in (office, leader):
        for address in (page_of(report), "/reports/"):
            page = shown(client_of(person).get(address))
            assert "只是草稿" not in page
            assert "63.6" not in page
            assert "Draft" not in page


def test_what_is_being_corrected_is_its_units_own_affair(
    client_of: ClientOf, reporter: User, office: User, task: Task, period: Period
) -> None:
    returned = factories.report(task=task, period=period, state="returned", by=reporter, reviewer=office)
    client_of(reporter).post(page_of(returned), typed(returned, "save", progress="改到一半"))
    page = shown(client_of(office).get(page_of(returned)))
    assert "改到一半" not in page
    assert "本月完成主体施工。" in page


# What can no longer be changed


def test_an_accepted_report_cannot_be_changed_and_says_so(
    client_of: ClientOf, reporter: User, office: User, task: Task, period: Period
) -> None:
    accepted = factories.report(task=task, period=period, state="accepted", by=reporter, reviewer=office)
    client = client_of(reporter)
    page = client.get(page_of(accepted))
    assert "An accepted report can no longer be changed." in shown(page)
    assert "<form" not in shown(page).split("<main")[1]
    response = client.post(page_of(accepted), typed(accepted, progress="想再改一改"))
    assert response.status_code == 409
    assert "This report is Accepted and can no longer be changed." in shown(response)
    assert "想再改一改" in shown(response)
    accepted.refresh_from_db()
    assert (accepted.state, accepted.progress) == ("accepted", factories.CONTENT["progress"])


def test_a_closed_period_keeps_the_draft_and_says_why(
    client_of: ClientOf, reporter: User, leader: User, task: Task, book: Any
) -> None:
    october = factories.period(book=book, month=dt.date(2026, 10, 1), closed=True)
    missed = factories.report(task=task, period=october, state="missed", saved_at=None)
    Report.objects.filter(pk=missed.pk).update(
        progress="没来得及报", saved_at=dt.datetime(2026, 10, 28, tzinfo=dt.UTC), saved_by=reporter
    )
    page = shown(client_of(reporter).get(page_of(missed)))
    assert "Missed: nothing was filed until" in page
    assert "The draft was kept, and stands below" in page
    assert "没来得及报" in page
    assert "没来得及报" not in shown(client_of(leader).get(page_of(missed)))

    response = client_of(reporter).post(page_of(missed), typed(missed, progress="补报"))
    assert response.status_code == 409
    assert "补报" in shown(response)
    missed.refresh_from_db()
    assert missed.state == "missed"


def test_what_was_typed_while_the_period_closed_is_kept_as_a_draft_and_said_why(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    client.get(page_of(report))
    close_period(period=report.period, now=factories.at(dt.date(2026, 12, 3), 0), by=None)
    for _click in range(2):
        response = client.post(page_of(report), typed(report, progress="晚了一步"))
        assert response.status_code == 409
        assert "The reporting period was closed while you were typing" in shown(response)
        assert "晚了一步" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.timeliness, report.progress) == ("missed", "missed", "晚了一步")
    assert Event.objects.filter(action="report.keep").count() == 1
    assert not report.submissions.exists()


def test_what_could_not_be_kept_comes_back_to_copy(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    close_period(period=report.period, now=factories.at(dt.date(2026, 12, 3), 0), by=None)
    fields = typed(report, progress="晚了一步", actual_percent="约六成")
    response = client_of(reporter).post(page_of(report), fields)
    assert response.status_code == 409
    assert "约六成" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.progress, report.actual_percent) == ("missed", "晚了一步", None)


def test_a_page_older_than_what_is_kept_writes_over_nothing(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    client_of(head).post(page_of(report), typed(report, "save", progress="科长写的"))
    close_period(period=report.period, now=factories.at(dt.date(2026, 12, 3), 0), by=None)
    response = client_of(reporter).post(page_of(report), typed(report, progress="填报人写的"))
    assert response.status_code == 409
    assert "Your text was not saved; here it is to copy." in shown(response)
    assert "填报人写的" in shown(response)
    report.refresh_from_db()
    assert report.progress == "科长写的"


def test_the_task_passes_on_while_somebody_types(
    client_of: ClientOf, reporter: User, report: Report, south: Unit
) -> None:
    Report.objects.update(unit=south)
    response = client_of(reporter).post(page_of(report), typed(report, progress="交接前写的"))
    assert response.status_code == 403
    assert "交接前写的" in shown(response)


def test_late_filing_is_marked_late(
    client_of: ClientOf, reporter: User, report: Report, clock: time_machine.Traveller
) -> None:
    clock.move_to(report.period.due_at)
    client = client_of(reporter)
    assert "due today at 18:00" in shown(client.get(page_of(report)))
    clock.shift(dt.timedelta(seconds=1))
    assert "late since 11-25 Wed 18:00" in shown(client.get(page_of(report)))
    client.post(page_of(report), typed(report))
    report.refresh_from_db()
    assert report.timeliness == "late"
    assert "Late" in shown(client.get(page_of(report)))


def test_a_returned_report_is_corrected_and_filed_again(
    client_of: ClientOf, reporter: User, office: User, task: Task, period: Period
) -> None:
    returned = factories.report(
        task=task, period=period, state="returned", by=reporter, reviewer=office, return_words="累计低于上月"
    )
    client = client_of(reporter)
    page = shown(client.get(page_of(returned)))
    assert "Returned by the office on 11-23 09:00:" in page
    assert "累计低于上月" in page
    client.post(page_of(returned), typed(returned, progress="已更正"))
    returned.refresh_from_db()
    assert (returned.state, returned.timeliness) == ("submitted", "on_time")
    assert [filed.progress for filed in Submission.objects.order_by("number")] == [
        factories.CONTENT["progress"],
        "已更正",
    ]
    page = shown(client.get(page_of(returned)))
    assert "Filing no. 2" in page
    assert "累计低于上月" in page


def test_an_exempt_report_says_why(client_of: ClientOf, reporter: User, task: Task, period: Period) -> None:
    exempt = factories.report(task=task, period=period, state="exempt")
    page = shown(client_of(reporter).get(page_of(exempt)))
    assert "当月暂停。" in page
    assert client_of(reporter).post(page_of(exempt), typed(exempt)).status_code == 409
