"""What tests of the reading pages share: a small district, and reading links with their figures off a page."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from typing import Protocol

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Headquarters, Unit
from tasks.models import Campaign, LeadAssignment, LightChoices, Milestone, Period, Task, TaskBook
from tests import factories

LEDGER = "/tasks/"
TAKE_A_DAY = {
    f"tasks:{name}"
    for name in (
        "dashboard",
        "wall",
        "campaign_list",
        "campaign_detail",
        "task_list",
        "task_detail",
        "headquarters_list",
        "headquarters_detail",
        "unit_list",
        "unit_detail",
    )
}
"""The routes that can be read as of a day, each looked at in ``test_as_of_history.py``."""


class Page(Protocol):
    """What a client got: whatever has content."""

    @property
    def content(self) -> bytes:
        """Return the page as it was sent."""


@dataclass
class District:
    """Two campaigns under one headquarters and one directly under the district, led by three units."""

    book: TaskBook
    headquarters: Headquarters
    units: list[Unit]
    campaigns: list[Campaign]
    tasks: list[Task]
    period: Period


def district(headquarters: Headquarters) -> District:
    """Make a district in November with every light, filings of every kind, late milestones, and a cancelled task."""
    book = factories.book()
    period = factories.period(book=book)
    units = [factories.unit(name=f"第{n}街道", name_en=f"Sub-district no. {n}") for n in (1, 2, 3)]
    campaigns = [
        factories.campaign(
            book=book, number=n, lead_unit=units[n - 1], headquarters=command, supervisor_title=leader
        )
        for n, command, leader in ((1, headquarters, "区长"), (2, headquarters, "副区长"), (3, None, "区长"))
    ]
    goal = factories.goal()
    campaigns[0].goals.add(goal)
    tasks = [
        _task(campaign, unit, light, n)
        for n, (campaign, unit, light) in enumerate(
            (campaign, units[(row + column) % 3], light)
            for row, campaign in enumerate(campaigns)
            for column, light in enumerate(LightChoices.values * 2)
        )
    ]
    factories.task(campaign=campaigns[0], lead_unit=units[0], lifecycle="cancelled", light="grey")
    _file(tasks, period)
    return District(book, headquarters, units, campaigns, tasks, period)


def _task(campaign: Campaign, unit: Unit, light: str, n: int) -> Task:
    task = factories.task(
        campaign=campaign,
        lead_unit=unit,
        light=light,
        weight=1 + n % 3,
        actual_percent=Decimal(60 + n),
        scheduled_percent=Decimal(80),
        lifecycle="closed" if light == "blue" else "active",
        closed_on=dt.date(2026, 10, 1) if light == "blue" else None,
        due_on=dt.date(2026, 11, 1) if n % 7 == 3 else dt.date(2026, 12, 31),
        light_reasons=[{"code": "behind_plan", "points": "20.0"}],
    )
    factories.milestone(
        task=task, title=f"通车{n}", due_on=dt.date(2026, 11, 10) + dt.timedelta(days=n), is_key=n % 2 == 0
    )
    return task


def _file(tasks: list[Task], period: Period) -> None:
    """File November's reports: on time, late, returned, drafted, due, missed and exempt in turn."""
    ways = ("accepted", "submitted", "late", "returned", "draft", "due", "missed", "exempt")
    for n, task in enumerate(tasks):
        way = ways[n % len(ways)]
        report = factories.report(
            task=task, period=period, state={"late": "submitted", "missed": "missed"}.get(way, way)
        )
        if way == "late":
            report.timeliness = "late"
            report.save()


class _Links(HTMLParser):
    """Collects the links of a page with the words in them."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._href = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href") or "", []

    def handle_data(self, data: str) -> None:
        if self._href:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.links.append((self._href, " ".join(" ".join(self._words).split())))
            self._href = ""


def links(response: Page) -> list[tuple[str, str]]:
    """Return every link of the page: its address and its words."""
    parser = _Links()
    parser.feed(response.content.decode())
    return parser.links


def counting_links(response: Page, lists: tuple[str, ...] = (LEDGER,)) -> dict[str, int]:
    """Return the links into ``lists`` whose words hold one figure, which must count what it opens."""
    found: dict[str, int] = {}
    for href, words in links(response):
        figures = re.findall(r"(?<![\d.])\d+(?![\d.%])", words)
        if href.partition("?")[0] in lists and "?" in href and len(figures) == 1:
            assert found.setdefault(href, int(figures[0])) == int(figures[0]), f"two figures for {href}"
    return found


def rows_in(client: Client, address: str) -> int:
    """Open a list and return how many rows it holds over all its pages."""
    response = client.get(address)
    assert response.status_code == 200, address
    assert not response.context["filter"].errors, (address, response.context["filter"].errors)
    name = "page_obj" if "page_obj" in response.context else "page"
    return int(response.context[name].paginator.count)


def text(response: Page) -> str:
    """Return the words of a page, tags left out."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(words).split())


def fill(tasks: int, campaigns: list[Campaign], unit: Unit, periods: list[Period]) -> None:
    """Add ``tasks`` tasks to each campaign, with a milestone, and with reports and lights of every period.

    Lists do not read plans, so that none are made: a thousand tasks are made in a moment.
    """
    due = dt.date(2026, 11, 30)
    first = Task.objects.count()
    made = Task.objects.bulk_create(
        Task(
            campaign=campaign,
            lead_unit=unit,
            lead_since=factories.NEW_YEAR,
            code=f"F-{first + n * tasks + i:05}",
            title=f"任务{i}",
            starts_on=factories.NEW_YEAR,
            due_on=due,
            lifecycle="active",
            light="red",
            light_reasons=[{"code": "behind_plan", "points": "40.0"}],
            actual_percent=Decimal(40),
            scheduled_percent=Decimal(80),
        )
        for n, campaign in enumerate(campaigns)
        for i in range(tasks)
    )
    LeadAssignment.objects.bulk_create(
        LeadAssignment(task=task, unit=unit, starts_on=factories.NEW_YEAR) for task in made
    )
    Milestone.objects.bulk_create(Milestone(task=task, title="验收", due_on=due) for task in made)
    for period in periods:
        factories.many_reports(made, period=period)
        if period.closed_at:
            factories.many_lights(made, period=period, actual_percent=80, scheduled_percent=80)


def queries(client: Client, address: str) -> int:
    """Return how many queries a page asks, the second time it is opened."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
