"""The unit's people write and file a report; everybody else may at most read what was filed."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.models import Report, Task
from tests import factories
from tests.tasks.reports import ClientOf, page_of, shown, typed


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
    assert "Use a decimal point, not a comma: 85.5." in shown(response)
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
    assert set(response.context["form"].errors) == {"actual_percent", "progress", "own_light"}
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


def test_a_double_click_on_save_meets_no_stranger(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    for _ in range(2):
        assert client.post(page_of(report), typed(report, "save")).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.progress) == ("draft", "完成B2地块签约。")


def test_two_windows_of_one_person_do_not_overwrite_each_other(
    client_of: ClientOf, reporter: User, report: Report
) -> None:
    client = client_of(reporter)
    client.post(page_of(report), typed(report, "save", progress="第一个窗口"))
    response = client.post(page_of(report), typed(report, "save", progress="第二个窗口"))
    assert response.status_code == 409
    assert "You have saved this report yourself in the meantime, in another window." in shown(response)
    report.refresh_from_db()
    assert report.progress == "第一个窗口"


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
