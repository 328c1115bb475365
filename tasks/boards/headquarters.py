"""Headquarters as rows: nameplates, teams, and their tasks by light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from commands.models import Headquarters, Nameplate, TeamKind, WorkTeam
from tasks.boards.areas import Area
from tasks.boards.campaigns import CampaignRow
from tasks.boards.tallies import Tally, together
from tasks.models import Campaign


@dataclass(frozen=True)
class HeadquartersRow:
    """A headquarters as it stands on the area's day."""

    headquarters: Headquarters
    nameplates: list[Nameplate]
    co_located: list[Nameplate]
    """The further nameplates of the same staff (合署办公)."""
    teams: list[WorkTeam]
    groups: list[WorkTeam]
    campaigns: list[Campaign] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def headquarters_rows(
    headquarters: Iterable[Headquarters], area: Area, campaigns: Iterable[CampaignRow]
) -> list[HeadquartersRow]:
    """Return ``headquarters``, loaded with nameplates and current teams, with the campaigns they command."""
    commanded: dict[int | None, list[CampaignRow]] = {}
    for row in campaigns:
        commanded.setdefault(row.campaign.headquarters_id, []).append(row)
    return [_row(one, area, commanded.get(one.pk, [])) for one in headquarters]


def _row(headquarters: Headquarters, area: Area, campaigns: list[CampaignRow]) -> HeadquartersRow:
    teams: list[WorkTeam] = headquarters.current_teams  # type: ignore[attr-defined]  # set by with_teams
    return HeadquartersRow(
        headquarters=headquarters,
        nameplates=headquarters.plates_on(area.day),
        co_located=headquarters.co_located_on(area.day),
        teams=[team for team in teams if team.kind == TeamKind.WORK_TEAM],
        groups=[team for team in teams if team.kind == TeamKind.DEDICATED_GROUP],
        campaigns=[row.campaign for row in campaigns],
        tally=together(row.tally for row in campaigns),
    )
