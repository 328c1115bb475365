"""The ledger: whose tasks, every filter, sorting, paging, bad addresses, and the file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, Task, TaskBook
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import district, fill, links, queries, text


@pytest.fixture
def client(leader: User) -> Client:
    """Somebody who sees everything."""
    return signed_in(leader)


def codes(client: Client, query: str = "") -> list[str]:
    """Return the codes on the first page of the ledger, in order."""
    response = client.get(f"/tasks/?{query}")
    assert response.status_code == 200
    return [task.code for task in response.context["page"]]


def make(code: str, **fields: Any) -> Task:
    """Make a task known by its code."""
    return factories.task(code=code, **fields)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("leader", ["A", "B", "C", "D"]),
        ("administrator", ["A", "B", "C", "D"]),
        ("office", ["A", "B", "C", "D"]),
        ("hq_office", ["A", "B"]),
        ("reporter", ["A", "C", "D"]),
        ("head", ["A", "C", "D"]),
        ("other_reporter", []),
        ("stranger", []),
    ],
)
def test_everybody_sees_their_own_area(
    who: str, seen: list[str], request: pytest.FixtureRequest, campaign: Campaign, east: Unit
) -> None:
    make("A", campaign=campaign, lead_unit=east)
    make("B", campaign=campaign)
    make("C").supporting_units.add(east)
    led_before = make("D")
    led_before.leads.update(starts_on=dt.date(2026, 6, 1))
    factories.lead(task=led_before, unit=east, starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 6, 1))
    assert codes(signed_in(request.getfixturevalue(who))) == seen


def test_it_begins_with_this_year_s_book_and_can_open_another(client: Client, book: TaskBook) -> None:
    last_year = factories.book(year=2025)
    make("NEW", campaign=factories.campaign(book=book))
    make("OLD", campaign=factories.campaign(book=last_year))
    assert codes(client) == ["NEW"]
    assert codes(client, f"book={last_year.pk}") == ["OLD"]


def test_cancelled_tasks_show_only_when_asked_for(client: Client) -> None:
    make("A")
    make("B", lifecycle="cancelled")
    assert codes(client) == ["A"]
    assert codes(client, "state=cancelled") == ["B"]
    assert codes(client, "state=all") == ["A", "B"]


@pytest.mark.parametrize(
    ("state", "found"),
    [("planned", ["P"]), ("active", ["A"]), ("closing", ["C"]), ("closed", ["X"]), ("open", ["A", "C"])],
)
def test_filter_by_state(state: str, found: list[str], client: Client) -> None:
    make("P", lifecycle="planned")
    make("A")
    make("C", lifecycle="closing")
    make("X", lifecycle="closed", closed_on=dt.date(2026, 10, 1))
    assert codes(client, f"state={state}") == found


def test_filter_by_campaign_headquarters_unit_and_goal(
    client: Client, campaign: Campaign, headquarters: Headquarters, east: Unit
) -> None:
    make("A", campaign=campaign)
    make("B", lead_unit=east)
    assert codes(client, f"campaign={campaign.pk}") == ["A"]
    assert codes(client, f"headquarters={headquarters.pk}") == ["A"]
    assert codes(client, f"goal={campaign.goals.get().pk}") == ["A"]
    assert codes(client, f"unit={east.pk}") == ["B"]
    assert codes(client, f"unit={east.pk}&campaign={campaign.pk}") == []


@pytest.mark.parametrize("light", ["green", "yellow", "red", "blue", "grey"])
def test_filter_by_light(light: str, client: Client) -> None:
    for code in ("green", "yellow", "red", "blue", "grey"):
        make(code.upper(), light=code)
    assert codes(client, f"light={light}") == [light.upper()]


def test_filter_by_due_date(client: Client) -> None:
    for code, day in (("A", 10), ("B", 20), ("C", 30)):
        make(code, due_on=dt.date(2026, 11, day))
    make("D", due_on=dt.date(2026, 11, 5), lifecycle="closed", closed_on=dt.date(2026, 11, 1))
    assert codes(client, "due_after=2026-11-20") == ["B", "C"]
    assert codes(client, "due_before=2026-11-20") == ["A", "B", "D"]
    assert codes(client, "due_after=2026-11-11&due_before=2026-11-20") == ["B"]
    assert codes(client, "overdue=on") == ["A", "B"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("梧桐山", ["G-7"]),
        ("g-7", ["G-7"]),
        ("绿道 梧桐山", ["G-7"]),
        ("梧桐山 地铁", []),
        ("签约", ["H-8"]),
        ("公里", ["G-7"]),
        ("%25", ["H-8"]),
        ("%20%20", ["G-7", "H-8"]),
    ],
)
def test_search_in_title_code_target_and_metric(words: str, found: list[str], client: Client) -> None:
    make("G-7", title="梧桐山绿道贯通", metric="贯通公里数")
    make("H-8", title="地铁接驳", annual_target="年内签约100%")
    assert codes(client, f"q={words}") == found


def test_filter_by_report_of_the_month(client: Client, headquarters: Headquarters) -> None:
    world = district(headquarters)
    for code, number in (("on_time", 12), ("late", 4), ("waiting", 8), ("missed", 3), ("exempt", 3)):
        page = client.get(f"/tasks/?report={code}").context["page"]
        assert page.paginator.count == number, code
    assert client.get("/tasks/?report=filed").context["page"].paginator.count == 16
    unit = world.units[0]
    late = world.period.reports.filter(timeliness="late", unit=unit).count()
    assert len(codes(client, f"report=late&reporting_unit={unit.pk}")) == late


def test_whether_a_unit_has_begun_a_draft_is_not_to_be_found_out(client: Client, task: Task) -> None:
    factories.report(task=task, state="draft")
    assert codes(client, "report=waiting") == [task.code]
    page = client.get("/tasks/?report=draft")
    assert "report" in page.context["filter"].errors
    assert "Draft" not in text(client.get("/tasks/"))


@pytest.mark.parametrize(("hour", "said"), [(17, "Not yet filed"), (19, "Overdue, not filed")])
def test_a_report_not_filed_is_overdue_from_its_due_time_on(
    leader: User, task: Task, clock: time_machine.Traveller, hour: int, said: str
) -> None:
    report = factories.report(task=task, state="due")
    clock.move_to(timezone.localtime(report.period.due_at).replace(hour=hour))
    client = signed_in(leader)
    assert codes(client, "report=waiting") == [task.code]
    for address in ("/tasks/", f"/tasks/{task.pk}/"):
        assert f"{said}</span>" in client.get(address).content.decode(), address
    row = client.get("/tasks/?export=csv").content.decode().splitlines()[1]
    assert said in row


def test_filter_by_milestones(client: Client) -> None:
    for code, day in (("LATE", 20), ("SOON", 30)):
        factories.milestone(task=make(code), due_on=dt.date(2026, 11, day))
    factories.milestone(task=make("DONE"), due_on=dt.date(2026, 11, 20), completed_on=dt.date(2026, 11, 20))
    assert codes(client, "milestone=overdue") == ["LATE"]
    assert codes(client, "milestone=soon") == ["SOON"]


def test_filters_narrow_together(client: Client, campaign: Campaign, east: Unit) -> None:
    make("A", campaign=campaign, lead_unit=east, light="red", title="东门改造")
    make("B", campaign=campaign, lead_unit=east, light="green", title="东门改造")
    make("C", campaign=campaign, light="red", title="东门改造")
    make("D", campaign=campaign, lead_unit=east, light="red", title="南湖改造")
    query = f"campaign={campaign.pk}&unit={east.pk}&light=red&q=东门&state=open&due_after=2026-12-01"
    assert codes(client, query) == ["A"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("code", "ABCD"),
        ("-code", "DCBA"),
        ("light", "CBAD"),
        ("-light", "DABC"),
        ("actual", "BCAD"),
        ("-actual", "ACBD"),
        ("deviation", "BCAD"),
        ("-deviation", "ACBD"),
        ("due", "DABC"),
        ("-due", "CBAD"),
    ],
)
def test_sorting(sort: str, order: str, client: Client) -> None:
    for code, light, actual, due in (
        ("A", "green", 90, 10),
        ("B", "yellow", 60, 20),
        ("C", "red", 70, 30),
        ("D", "blue", None, 5),
    ):
        make(
            code,
            light=light,
            actual_percent=actual,
            scheduled_percent=None if actual is None else 80,
            due_on=dt.date(2026, 11, due),
        )
    assert "".join(codes(client, f"sort={sort}")) == order


def test_a_task_without_accepted_report_sorts_as_far_behind_as_it_is(client: Client) -> None:
    make("A", actual_percent=70, scheduled_percent=80)
    make("B", actual_percent=None, scheduled_percent=80)
    assert codes(client, "sort=deviation") == ["B", "A"]
    assert "−80.0" in text(client.get("/tasks/"))


def test_sorting_by_campaign_and_unit(client: Client, book: TaskBook) -> None:
    first = factories.campaign(book=book, number=901)
    second = factories.campaign(book=book, number=902)
    make("A", campaign=second, lead_unit=factories.unit(position=1))
    make("B", campaign=first, lead_unit=factories.unit(position=2))
    assert codes(client, "sort=campaign") == ["B", "A"]
    assert codes(client, "sort=unit") == ["A", "B"]


def test_a_hundred_to_a_page_and_filters_survive_paging_and_sorting(
    client: Client, campaign: Campaign, east: Unit
) -> None:
    factories.many_tasks(220, campaign=campaign, unit=east, light="red")
    make("OTHER", light="green")
    page = client.get(f"/tasks/?light=red&campaign={campaign.pk}&sort=-due&page=2")
    assert len(page.context["page"]) == 100
    assert page.context["page"].number == 2
    assert "101–200 of 220" in text(page)
    following = next(href for href, words in links(page) if words == "Next")
    assert "light=red" in following
    assert f"campaign={campaign.pk}" in following
    assert "sort=-due" in following
    assert client.get(f"/tasks/{following}").context["page"].number == 3
    by_light = next(href for href, words in links(page) if words == "Light")
    assert "light=red" in by_light
    assert "sort=light" in by_light
    assert "page=" not in by_light


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("campaign=abc&page=-1&due_before=2023-2-30", {"campaign", "due_before"}),
        ("campaign=99999999999999999999999", {"campaign"}),
        ("headquarters=-1&unit=1e3&goal=%F0%9F%98%80", {"headquarters", "unit", "goal"}),
        ("light=purple&state=lost&report=x&milestone=y", {"light", "state", "report", "milestone"}),
        ("sort=password", {"sort"}),
        ("sort=code,due", {"sort"}),
        ("due_after=31/12/2026", {"due_after"}),
        ("due_after=10000-01-01", {"due_after"}),
        ("book=abc", {"book"}),
        ("book=" + "9" * 40, {"book"}),
        ("reporting_unit=0", {"reporting_unit"}),
        ("q=" + "x" * 101, {"q"}),
        ("page=9999", set()),
        ("page=abc&attention=maybe&overdue=", set()),
        ("light=red&light=green&unknown=1&export=pdf", set()),
        ("q=%27%22%3Cscript%3E%E2%80%AE", set()),
    ],
)
def test_a_senseless_address_is_told_beside_the_field_and_left_out_of_account(
    query: str, wrong: set[str], client: Client
) -> None:
    make("A", title="东门改造", light="green")
    page = client.get(f"/tasks/?{query}")
    assert page.status_code == 200
    assert set(page.context["filter"].errors) == wrong
    for name in wrong - {"sort"}:
        assert f'id="id_{name}_error"' in page.content.decode()
    if wrong:
        assert [task.code for task in page.context["page"]] == ["A"]


def test_what_was_typed_is_shown_harmless(client: Client, book: TaskBook) -> None:
    page = client.get('/tasks/?q="><script>alert(1)</script>')
    assert b"<script>alert" not in page.content


def test_folded_filters_open_where_one_of_them_is_set_or_wrong(client: Client, book: TaskBook) -> None:
    assert not client.get("/tasks/?light=red").context["filter"].more_is_open
    assert client.get("/tasks/?milestone=overdue").context["filter"].more_is_open
    assert client.get("/tasks/?due_before=2023-2-30").context["filter"].more_is_open


def test_an_empty_list_says_why(client: Client, book: TaskBook) -> None:
    assert "There is no task that you can see in this task book." in text(client.get("/tasks/"))
    assert "No task matches" in text(client.get("/tasks/?light=red"))


def test_the_names_of_strangers_campaigns_are_not_offered(reporter: User, task: Task) -> None:
    other = factories.campaign(book=task.campaign.book)
    page = signed_in(reporter).get("/tasks/")
    assert other.name_en not in text(page)
    assert "campaign" in signed_in(reporter).get(f"/tasks/?campaign={other.pk}").context["filter"].errors


def table_of(client: Client, query: str = "") -> list[list[str]]:
    """Return the rows of the exported file."""
    response = client.get(f"/tasks/?export=csv&{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="ledger-2026.csv"' in response["Content-Disposition"]
    content = response.content.decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content[1:])))


def test_the_file_holds_every_row_of_the_filter(client: Client, campaign: Campaign, east: Unit) -> None:
    factories.many_tasks(60, campaign=campaign, unit=east, light="red")
    make("OTHER", light="green")
    head, *rows = table_of(client, "light=red&sort=-code")
    assert head[:3] == ["Code", "Title", "Campaign"]
    assert len(rows) == 60
    assert rows[0][0] > rows[-1][0]


def test_the_file_never_runs_in_a_spreadsheet_and_keeps_numbers(client: Client) -> None:
    make("A", title="=HYPERLINK(1)", actual_percent=Decimal("70.0"), scheduled_percent=Decimal("80.5"))
    make("B", title="+1", annual_target="@SUM(A1)\n第二行")
    rows = table_of(client)[1:]
    assert rows[0][1] == "'=HYPERLINK(1)"
    assert rows[0][10:13] == ["70.0", "80.5", "-10.5"]
    assert rows[1][1] == "'+1"
    assert rows[1][-1] == "'@SUM(A1)\n第二行"


def test_the_file_holds_only_what_its_reader_sees(reporter: User, task: Task) -> None:
    make("SECRET")
    assert [row[0] for row in table_of(signed_in(reporter))[1:]] == [task.code]


def test_the_file_reads_chinese_in_chinese(client: Client, task: Task) -> None:
    client.cookies["django_language"] = "zh-hans"
    assert task.campaign.name in table_of(client)[1]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_reads_in_both_languages(language: str, client: Client, task: Task) -> None:
    client.cookies["django_language"] = language
    words = text(client.get("/tasks/"))
    assert (task.campaign.name_en in words) == (language == "en")
    assert task.title in words
    with translation.override(language):
        assert translation.gettext("Task ledger") in words


def test_it_asks_as_many_questions_at_a_thousand_tasks_as_at_a_hundred(
    client: Client, ten_campaigns: list[Campaign], east: Unit
) -> None:
    period = factories.period()
    fill(10, ten_campaigns, east, [period])
    at_hundred = queries(client, "/tasks/?light=red&sort=-deviation")
    fill(90, ten_campaigns, east, [period])
    assert queries(client, "/tasks/?light=red&sort=-deviation") == at_hundred <= 20
