"""The wall chart (挂图作战): ten campaigns by twelve months of lights, and what is wrong, large."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tasks.boards.areas import Area
from tasks.boards.campaigns import CampaignRow, campaign_rows, closed_lights
from tasks.boards.dashboard import AttentionRow, MilestoneRow, attention_rows, day_of_year, soon_rows
from tasks.boards.filing import FilingBoard, filing_board
from tasks.boards.tallies import Tally, together
from tasks.models import LightChoices


@dataclass(frozen=True)
class WallMonth:
    """A campaign's light in one month; ``is_now`` marks the month whose reports are being filed.

    A month ahead has no light yet, which is not the same as one that was not rated.
    """

    month: dt.date
    light: str
    is_now: bool
    is_ahead: bool


@dataclass(frozen=True)
class WallRow:
    """A campaign as it hangs on the wall."""

    row: CampaignRow
    months: list[WallMonth]


@dataclass(frozen=True)
class Wall:
    """What hangs on the wall, of one area."""

    area: Area
    months: list[dt.date]
    rows: list[WallRow]
    tally: Tally
    attention: list[AttentionRow]
    soon: list[MilestoneRow]
    filing: FilingBoard | None
    day_of_year: int
    year_percent: int

    @property
    def now(self) -> dt.date | None:
        """Return the month whose reports are being filed; None between two."""
        return month_now(self.area)


def month_now(area: Area) -> dt.date | None:
    """Return the month whose reports are being filed; None between two."""
    return area.filing_period.month if area.filing_period and area.filing_period.is_open else None


def wall_of(area: Area) -> Wall:
    """Return the wall chart of ``area``: the same number of queries for any number of rows."""
    months = [dt.date(area.book.year, number, 1) for number in range(1, 13)]
    campaigns = campaign_rows(area, months=len(months))
    tally = together(row.tally for row in campaigns)
    day, days = day_of_year(area)
    return Wall(
        area=area,
        months=months,
        rows=[WallRow(row, _months(row, area)) for row in campaigns],
        tally=tally,
        attention=attention_rows(area) if tally.attention else [],
        soon=soon_rows(area),
        filing=filing_board(area),
        day_of_year=day,
        year_percent=round(100 * day / days),
    )


def _months(row: CampaignRow, area: Area) -> list[WallMonth]:
    """Return the year's lights: as recorded for closed months, live for the open one, none for what is to come."""
    closed = closed_lights(row.trend, area)
    now = month_now(area)
    last = max((period.month for period in area.periods), default=None)
    return [
        WallMonth(
            month,
            row.tally.light if month == now else closed.get(month, LightChoices.GREY),
            is_now=month == now,
            is_ahead=last is None or month > last,
        )
        for month in (dt.date(area.book.year, number, 1) for number in range(1, 13))
    ]
