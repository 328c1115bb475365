"""The unit's people write and file a report; everybody else may at most read what was filed."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.models import Period, Report, Submission, Task
from tests import factories

ClientOf = Callable[[User], Client]


def page_of(report: Report) -> str:
    return f"/reports/{report.pk}/"


def typed(report: Report, action: str = "submit", **fields: str) -> dict[str, str]:
    """Return what the browser sends for a complete report."""
    values = {
        "action": action,
        "version": str(report.version),
        "actual_percent": "63.6%",
        "progress": "完成B2地块签约。",
        "problems": "",
        "next_steps": "12月完成剩余签约。",
        "own_light": "yellow",
    }
    return {**values, **fields}


def shown(response: Any) -> str:
    return str(response.content.decode())


def test_reporter_files_and_the_desk_says_so(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    assert client.get(page_of(report)).status_code == 200

    response = client.post(page_of(report), typed(report), follow=True)

    assert response.redirect_chain == [("/reports/", 302)]
    assert "Filed: 东门步行街改造." in shown(response)
    report.refresh_from_db()
    assert (report.state, report.timeliness, report.actual_percent) == (
        "submitted",
        "on_time",
        Decimal("63.6"),
    )
    assert report.submissions.get().submitted_by == reporter


def test_a_unit_head_may_file_too(client_of: ClientOf, head: User, report: Report) -> None:
    client_of(head).post(page_of(report), typed(report))
    report.refresh_from_db()
    assert report.state == "submitted"


def test_filing_leads_on_to_the_next_report_after_this_one(
    client_of: ClientOf, reporter: User, report: Report, campaign: Any, east: Unit
) -> None:
    second, third = (
        factories.report(
            task=factories.task(campaign=campaign, lead_unit=east, code=code), period=report.period
        )
        for code in ("2026-1-02", "2026-1-03")
    )
    client = client_of(reporter)
    assert "2 of 3" in shown(client.get(page_of(second)))
    assert "Submit and go to the next" in shown(client.get(page_of(second)))
    assert client.post(page_of(second), typed(second)).headers["Location"] == page_of(third)
    assert client.post(page_of(third), typed(third)).headers["Location"] == page_of(report)
    assert "1 of 1" in shown(client.get(page_of(report)))
    assert "Submit and go to the next" not in shown(client.get(page_of(report)))
    assert client.post(page_of(report), typed(report)).headers["Location"] == "/reports/"


def test_a_draft_is_saved_and_shown_again(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    words = "  还没写完\r\n第二行 "
    response = client.post(page_of(report), typed(report, "save", progress=words, own_light=""), follow=True)
    assert response.redirect_chain == [(page_of(report), 302)]
    assert "The draft is saved. It has not been filed yet." in shown(response)
    assert "draft saved at 09:00" in shown(response)
    assert 'value="63.6"' in shown(response)
    report.refresh_from_db()
    assert (report.state, report.progress) == ("draft", "  还没写完\n第二行 ")
    assert not report.submissions.exists()


def test_an_empty_draft_can_be_saved(client_of: ClientOf, reporter: User, report: Report) -> None:
    response = client_of(reporter).post(page_of(report), {"action": "save", "version": "1"})
    assert response.status_code == 302
    report.refresh_from_db()
    assert report.state == "draft"


def test_a_bad_figure_refuses_the_draft_beside_the_field_and_keeps_the_words(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    fields = typed(report, "save", actual_percent="85,5", progress="写了很多字")
    response = client_of(reporter).post(page_of(report), fields)
    assert response.status_code == 200
    assert "Write the decimal point as a point: 85.5." in shown(response)
    assert 'value="85,5"' in shown(response)
    assert "写了很多字" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.version, report.progress) == ("due", 1, "")
    assert not Event.objects.exists()


def test_filing_needs_percentage_progress_and_light(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    fields = typed(report, actual_percent="", progress=" \r\n ", own_light="", problems="缺资金")
    response = client_of(reporter).post(page_of(report), fields)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"actual_percent", "own_light"}
    response = client_of(reporter).post(page_of(report), typed(report, progress=" \r\n ", problems="缺资金"))
    assert set(response.context["form"].errors) == {"progress"}
    assert "缺资金" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.version) == ("due", 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("progress", "字" * 20_000),
        ("problems", "字" * 2_001),
        ("next_steps", "a\x00b"),
        ("own_light", "blue"),
        ("own_light", "<script>alert(1)</script>"),
        ("actual_percent", "9" * 20_000),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(
    client_of: ClientOf, reporter: User, report: Report, field: str, value: str
) -> None:
    response = client_of(reporter).post(page_of(report), typed(report, **{field: value}))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert "<script>alert" not in shown(response)
    report.refresh_from_db()
    assert (report.state, report.version) == ("due", 1)


def test_strange_text_is_stored_exactly_and_shown_harmless(
    client_of: ClientOf, reporter: User, office: User, report: Report
) -> None:
    words = "<script>alert(1)</script> & “引号” 😀 \u202eabc\u202c \u200fעברית"
    client_of(reporter).post(page_of(report), typed(report, progress=words))
    assert report.submissions.get().progress == words
    for address in (page_of(report), page_of(report) + "review/"):
        page = shown(client_of(office).get(address))
        assert "<script>alert" not in page
        assert escape(words) in page


def test_a_double_click_files_once(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    first = client.post(page_of(report), typed(report))
    second = client.post(page_of(report), typed(report))
    assert (first.status_code, second.status_code) == (302, 302)
    assert report.submissions.count() == 1
    assert Event.objects.filter(action="report.submit").count() == 1


def test_somebody_elses_saving_meanwhile_is_shown_beside_what_was_typed(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    client_of(head).post(page_of(report), typed(report, "save", progress="科长写的"))
    client = client_of(reporter)

    response = client.post(page_of(report), typed(report, progress="填报人写的"))

    assert response.status_code == 409
    assert "Somebody else has saved this report in the meantime." in shown(response)
    assert "填报人写的" in str(response.context["form"]["progress"])
    assert response.context["theirs"].progress == "科长写的"
    assert "科长写的" in shown(response)
    report.refresh_from_db()
    assert (report.state, report.progress, report.version) == ("draft", "科长写的", 2)

    # Seen once, a second saving is deliberate.
    again = typed(report, progress="合并后的", version=response.context["form"]["version"].value())
    assert client.post(page_of(report), again).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.progress) == ("submitted", "合并后的")


def test_a_bad_figure_does_not_pass_over_a_colleagues_saving(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    client_of(head).post(page_of(report), typed(report, "save", progress="科长写的"))
    response = client_of(reporter).post(page_of(report), typed(report, "save", actual_percent="x"))
    assert response.context["form"]["version"].value() == "1"


def test_a_colleague_filed_meanwhile_and_the_typed_text_is_given_back(
    client_of: ClientOf, reporter: User, head: User, report: Report
) -> None:
    client_of(head).post(page_of(report), typed(report))
    response = client_of(reporter).post(page_of(report), typed(report, progress="我写的另一份"))
    assert response.status_code == 409
    assert "can no longer be changed" in shown(response)
    assert "Your text was not saved; here it is to copy." in shown(response)
    assert "我写的另一份" in shown(response)
    assert report.submissions.count() == 1


def test_the_figures_last_accepted_are_filled_in_until_something_is_saved(
    client_of: ClientOf, reporter: User, report: Report, book: Any
) -> None:
    Task.objects.update(metric="已整备土地", metric_unit="公顷")
    october = factories.period(book=book, month=dt.date(2026, 10, 1), closed=True)
    factories.report(
        task=report.task,
        period=october,
        state="accepted",
        actual_percent=Decimal("58.1"),
        metric_value=Decimal("7.60"),
        next_steps="11月20日前完成签约",
    )
    factories.light(task=report.task, period=october, automatic="yellow")
    client = client_of(reporter)
    response = client.get(page_of(report))
    form = response.context["form"]
    assert (form["actual_percent"].value(), form["metric_value"].value()) == ("58.1", "7.6")
    assert "The figures are those last accepted" in shown(response)
    assert "11月20日前完成签约" in shown(response)
    assert response.context["last_light"].final == "yellow"

    client.post(page_of(report), {"action": "save", "version": "1"})
    form = client.get(page_of(report)).context["form"]
    assert (form["actual_percent"].value(), form["metric_value"].value()) == ("", "")


def test_the_form_says_the_plan_and_the_light_that_the_saved_figure_gives(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    assert "in percent, plan 90.3%" in shown(client.get(page_of(report)))
    client.post(page_of(report), typed(report, "save", actual_percent="70"))
    page = shown(client.get(page_of(report)))
    assert "20.3 percentage points behind plan" in page
    assert "This is the light that the saved figure gives." in page


# Who may not


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
    assert factories.CONTENT["progress"] in page


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


def test_the_period_closes_while_somebody_types(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    client.get(page_of(report))
    Period.objects.update(closed_at=factories.at(dt.date(2026, 12, 3), 0))
    for fields in (
        typed(report, progress="晚了一步"),
        typed(report, progress="晚了一步", actual_percent="x"),
    ):
        response = client.post(page_of(report), fields)
        assert response.status_code == 409
        assert "晚了一步" in shown(response)
        assert "Your text was not saved; here it is to copy." in shown(response)
    report.refresh_from_db()
    assert report.state == "due"


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


# Requests that no page of ours sends


def test_requests_that_no_page_sends(client_of: ClientOf, reporter: User, report: Report) -> None:
    client = client_of(reporter)
    assert client.post(page_of(report), {}).status_code == 400
    assert client.post(page_of(report), {"action": "delete"}).status_code == 400
    assert client.post(page_of(report), "{}", content_type="application/json").status_code == 400
    assert client.get("/reports/99999999999999999999999/").status_code == 404
    assert client.get("/reports/999999/").status_code == 404
    assert client.head(page_of(report)).status_code == 200
    for method in (client.put, client.patch, client.delete):
        assert method(page_of(report)).status_code == 405
    report.refresh_from_db()
    assert report.version == 1


def test_a_field_sent_twice_counts_once(client_of: ClientOf, reporter: User, report: Report) -> None:
    fields: dict[str, Any] = {**typed(report), "progress": ["前", "后"]}
    client_of(reporter).post(page_of(report), fields)
    report.refresh_from_db()
    assert report.progress == "后"


def test_signing_in_comes_first(client: Client, report: Report) -> None:
    response = client.get(page_of(report))
    assert response.status_code == 302
    assert "login" in response.headers["Location"]


def test_a_person_with_two_units_files_for_both(
    client_of: ClientOf, reporter: User, south: Unit, report: Report, campaign: Any
) -> None:
    factories.post(user=reporter, role=RoleCode.REPORTER, unit=south)
    theirs = factories.report(task=factories.task(campaign=campaign, lead_unit=south), period=report.period)
    client = client_of(reporter)
    page = shown(client.get("/reports/"))
    assert "You have 2 things to do" in page
    assert "Dongmen Sub-district" in page
    assert "Nanhu Sub-district" in page
    assert client.post(page_of(theirs), typed(theirs)).headers["Location"] == page_of(report)
    theirs.refresh_from_db()
    assert theirs.state == "submitted"
