"""The desk says what there is to do, the most hurtful first; the lists say what may be read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import translation

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Report, Task, TaskBook
from tests import factories
from tests.tasks.reports import ClientOf, shown


@pytest.fixture
def full_desk(
    book: TaskBook, campaign: Campaign, east: Unit, south: Unit, reporter: User, office: User
) -> dict[str, Report]:
    """A desk with everything on it, made in an order that is not the desk's."""
    november = factories.period(book=book)
    october = factories.period(book=book, month=dt.date(2026, 10, 1))

    def made(code: str, period: Any = november, **fields: Any) -> Report:
        task = factories.task(campaign=campaign, lead_unit=east, title=f"任务{code}", code=code)
        return factories.report(task=task, period=period, **fields)

    taken_over = factories.task(campaign=campaign, lead_unit=south, title="泥岗西旧改", code="Z")
    taken_over.leads.update(ends_on=dt.date(2026, 11, 20))
    factories.lead(
        task=taken_over,
        unit=east,
        starts_on=dt.date(2026, 11, 20),
        needs_acknowledgement=True,
        handover_note="资料三箱",
        document_number="罗府办〔2026〕11号",
    )
    return {
        "due": made("A"),
        "draft": made("B", state="draft", by=reporter),
        "returned": made("C", state="returned", by=reporter, reviewer=office, return_words="请说明原因"),
        "late": made("D", period=october),
        "submitted": made("E", state="submitted", by=reporter),
        "accepted": made("F", state="accepted", by=reporter, reviewer=office),
        "exempt": made("G", state="exempt"),
        "missed": made(
            "H", period=factories.period(book=book, month=dt.date(2026, 9, 1), closed=True), state="missed"
        ),
    }


def places(page: str, *words: str) -> list[int]:
    """Return where each of ``words`` first stands on the page; each must be there."""
    for word in words:
        assert word in page, word
    return [page.index(word) for word in words]


def test_the_desk_puts_what_hurts_first(
    client_of: ClientOf, reporter: User, full_desk: dict[str, Report]
) -> None:
    response = client_of(reporter).get("/reports/")
    page = shown(response)
    assert "You have 5 things to do" in page
    found = places(
        page,
        "File the late October report: <bdi>任务D</bdi>",
        "Correct the November report and file it again: <bdi>任务C</bdi>",
        "File the November report: <bdi>任务A</bdi>",
        "Finish and file the November report: <bdi>任务B</bdi>",
        "Acknowledge the task taken over: <bdi>泥岗西旧改</bdi>",
    )
    assert found == sorted(found)
    assert [line.report for line in response.context["desk"].to_file] == [
        full_desk[name] for name in ("late", "returned", "due", "draft")
    ]


def test_each_line_says_how_long_is_left_and_what_was_said(
    client_of: ClientOf, reporter: User, full_desk: dict[str, Report]
) -> None:
    page = shown(client_of(reporter).get("/reports/"))
    for words in (
        "November · due 25 Nov (Wed) 18:00",
        "2 working days left (11-25 Wed 18:00)",
        "21 working days late",
        "请说明原因",
        "draft saved at 09:00",
        "handed over on November 20 by Nanhu Sub-district",
        "资料三箱",
        "罗府办〔2026〕11号",
        "Work through them in turn",
    ):
        assert words in page, words
    lead = full_desk["due"].task.campaign.tasks.get(code="Z").leads.get(ends_on=None)
    assert f'action="/reassignments/{lead.pk}/acknowledge/"' in page


def test_the_last_accepted_figure_stands_on_the_line(
    client_of: ClientOf, reporter: User, report: Report, book: TaskBook
) -> None:
    for month, percent in ((9, "46.0"), (10, "58.1")):
        period = factories.period(book=book, month=dt.date(2026, month, 1), closed=True)
        factories.report(task=report.task, period=period, state="accepted", actual_percent=Decimal(percent))
    page = shown(client_of(reporter).get("/reports/"))
    assert "October: 58.1% accepted" in page


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        (dt.date(2026, 11, 2), 9, "17 working days left (11-25 Wed 18:00)"),
        (dt.date(2026, 11, 22), 9, "3 working days left (11-25 Wed 18:00)"),
        (dt.date(2026, 11, 24), 23, "1 working day left (11-25 Wed 18:00)"),
        (dt.date(2026, 11, 25), 18, "due today at 18:00"),
        (dt.date(2026, 11, 25), 19, "late since 11-25 Wed 18:00"),
        (dt.date(2026, 11, 26), 9, "1 working day late"),
        (dt.date(2026, 11, 28), 9, "2 working days late"),
    ],
)
def test_days_are_counted_as_they_are_worked(
    client_of: ClientOf,
    reporter: User,
    report: Report,
    clock: time_machine.Traveller,
    day: dt.date,
    hour: int,
    words: str,
) -> None:
    clock.move_to(factories.at(day, hour))
    assert words in shown(client_of(reporter).get("/reports/"))


def test_a_returned_report_is_not_called_late_after_its_due_day(
    client_of: ClientOf, reporter: User, office: User, task: Task, period: Any, clock: time_machine.Traveller
) -> None:
    factories.report(task=task, period=period, state="returned", by=reporter, reviewer=office)
    clock.move_to(factories.at(dt.date(2026, 11, 27)))
    page = shown(client_of(reporter).get("/reports/"))
    assert "can be filed again until 12-02 Wed" in page
    assert "working days late" not in page


def test_a_provisional_due_day_says_so(client_of: ClientOf, reporter: User, report: Report) -> None:
    report.period.is_provisional = True
    report.period.save()
    assert "provisional calendar" in shown(client_of(reporter).get("/reports/"))


def test_what_is_done_is_folded_below(
    client_of: ClientOf, reporter: User, full_desk: dict[str, Report]
) -> None:
    response = client_of(reporter).get("/reports/")
    assert {done.state: done.reports for done in response.context["desk"].done} == {
        state: [full_desk[state]] for state in ("submitted", "accepted", "missed", "exempt")
    }
    assert "<details" in shown(response)


def test_nothing_to_do(client_of: ClientOf, other_reporter: User, report: Report) -> None:
    page = shown(client_of(other_reporter).get("/reports/"))
    assert "Nothing to do" in page
    assert "东门步行街改造" not in page


def test_earlier_reports_are_filtered_by_month_and_state(
    client_of: ClientOf, reporter: User, full_desk: dict[str, Report]
) -> None:
    client = client_of(reporter)
    september = full_desk["missed"].period
    rows = client.get("/reports/", {"period": september.pk}).context["reports"].object_list
    assert list(rows) == [full_desk["missed"]]
    rows = client.get("/reports/", {"state": "to_file"}).context["reports"].object_list
    assert set(rows) == {full_desk[name] for name in ("due", "draft", "returned", "late")}
    rows = client.get("/reports/", {"state": "overdue"}).context["reports"].object_list
    assert list(rows) == [full_desk["late"]]
    assert "open>" in shown(client.get("/reports/?state=draft"))


def test_leaders_and_administrators_read_the_months_reports(
    client_of: ClientOf, leader: User, administrator: User, full_desk: dict[str, Report], east: Unit
) -> None:
    for person in (leader, administrator):
        response = client_of(person).get("/reports/")
        assert response.context["desk"] is None
        assert response.context["queue"] is None
        month = {full_desk[name] for name in full_desk} - {full_desk["late"], full_desk["missed"]}
        assert set(response.context["reports"].object_list) == month
        assert "To be filed" in shown(response)
    client = client_of(leader)
    choices: list[tuple[dict[str, Any], list[str]]] = [
        ({"period": "all", "state": "missed"}, ["missed"]),
        ({"period": "all", "timeliness": "missed"}, ["missed"]),
        ({"unit": east.pk, "state": "accepted"}, ["accepted"]),
        ({"campaign": full_desk["due"].task.campaign_id, "state": "exempt"}, ["exempt"]),
    ]
    for query, names in choices:
        rows = client.get("/reports/", query).context["reports"].object_list
        assert list(rows) == [full_desk[name] for name in names], query


def test_somebody_without_a_post_reads_nothing(client_of: ClientOf, stranger: User, report: Report) -> None:
    response = client_of(stranger).get("/reports/")
    assert response.status_code == 200
    assert not response.context["reports"].object_list


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=-1",
        "page=9999999999999999999999",
        "page=٣",
        "queue=abc",
        "queue=" + "9" * 5000,
        "state=xyz",
        "state=%3Cscript%3E",
        "period=9999999999999999999999",
        "period=abc",
        "period=",
        "unit=9999999999999999999999",
        "unit=abc",
        "campaign=1e3",
        "timeliness=never",
        "nonsense=1&page=2&page=3",
        "state=due&state=draft",
        "period[]=1",
    ],
)
@pytest.mark.parametrize("role", ["reporter", "office", "leader"])
def test_no_query_string_breaks_the_page(
    request: pytest.FixtureRequest, client_of: ClientOf, report: Report, role: str, query: str
) -> None:
    response = client_of(request.getfixturevalue(role)).get(f"/reports/?{query}")
    assert response.status_code == 200
    assert "<script>" not in shown(response).replace('<script type="module"', "")


def test_a_senseless_choice_is_said_beside_its_field_and_finds_nothing(
    client_of: ClientOf, leader: User, report: Report
) -> None:
    response = client_of(leader).get("/reports/?state=xyz")
    assert list(response.context["filter"].form.errors) == ["state"]
    assert not response.context["reports"].object_list


def test_the_list_is_only_read(client_of: ClientOf, reporter: User) -> None:
    client = client_of(reporter)
    assert client.head("/reports/").status_code == 200
    for method in (client.post, client.put, client.delete):
        assert method("/reports/").status_code == 405


def test_the_desk_reads_in_both_languages(
    client_of: ClientOf, full_desk: dict[str, Report], east: Unit
) -> None:
    person = factories.user_with(RoleCode.REPORTER, unit=east, language="zh-hans")
    with translation.override("zh-hans"):
        client = client_of(person)
    client.cookies["django_language"] = "zh-hans"
    for address in ("/reports/", *(f"/reports/{report.pk}/" for report in full_desk.values())):
        response = client.get(address)
        assert response.status_code == 200
        assert 'lang="zh-Hans"' in shown(response)
