"""Headquarters as rows, and one on its page: nameplates over time, teams, posts, and tasks by light."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from commands.models import Headquarters, Nameplate, Post, TeamKind, WorkTeam
from commands.roles import ROLES, Function
from tasks.boards.areas import Area
from tasks.boards.campaigns import CampaignRow, campaign_rows
from tasks.boards.tallies import Tally, together


@dataclass(frozen=True)
class HeadquartersRow:
    """A headquarters as it stands on the area's day."""

    headquarters: Headquarters
    nameplates: list[Nameplate]
    co_located: list[Nameplate]
    """The further nameplates of the same staff (合署办公)."""
    teams: list[WorkTeam]
    groups: list[WorkTeam]
    campaigns: list[CampaignRow] = field(default_factory=list)
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
        campaigns=campaigns,
        tally=together(row.tally for row in campaigns),
    )


def dressed(headquarters: Iterable[Headquarters], day: dt.date) -> list[Headquarters]:
    """Return ``headquarters``, loaded with nameplates, under the names and with the teams of ``day``."""
    rows = [row.called_on(day) for row in headquarters]
    teams: dict[int, list[WorkTeam]] = {}
    for team in WorkTeam.objects.on(day):
        teams.setdefault(team.headquarters_id, []).append(team)
    for row in rows:
        row.current_teams = teams.get(row.pk, [])  # type: ignore[attr-defined]  # as with_teams does
    return rows


@dataclass(frozen=True)
class HeadquartersBoard:
    """The page of a headquarters."""

    row: HeadquartersRow
    lineages: list[list[Nameplate]]
    posts: list[Post]
    posts_before: list[Post]
    """Those that had ended by the day, the latest first."""
    ledger: str


def headquarters_board(headquarters: Headquarters, area: Area) -> HeadquartersBoard:
    """Return the page of ``headquarters``, loaded with nameplates and current teams."""
    posts = Post.objects.filter(headquarters=headquarters).select_related("user")
    return HeadquartersBoard(
        row=headquarters_rows([headquarters], area, campaign_rows(area))[0],
        lineages=lineages(headquarters),
        posts=posts_by_role(posts.on(area.day)),
        posts_before=list(posts.filter(ends_on__lte=area.day).order_by("-ends_on", "pk")),
        ledger=area.ledger,
    )


def lineages(headquarters: Headquarters) -> list[list[Nameplate]]:
    """Return the nameplates as lines of descent, each newest first: which name followed which (沿革).

    One line for each nameplate that none followed; the principal one first. Two lines side by side are two
    nameplates of one staff.
    """
    plates = {plate.pk: plate for plate in headquarters.nameplates.all()}
    followed = {plate.renamed_from_id for plate in plates.values()}
    heads = [plate for plate in plates.values() if plate.pk not in followed]
    return [_descent(head, plates) for head in sorted(heads, key=lambda plate: not plate.is_principal)]


def _descent(head: Nameplate, plates: dict[int, Nameplate]) -> list[Nameplate]:
    line = [head]
    while (before := line[-1].renamed_from_id) in plates and len(line) <= len(plates):
        line.append(plates[before])
    return line


def posts_by_role(posts: Iterable[Post]) -> list[Post]:
    """Return ``posts`` with their people, commanders and heads first, then by name."""
    roles, functions = list(ROLES), [*Function, ""]
    return sorted(
        posts,
        key=lambda post: (
            roles.index(post.role),
            functions.index(post.function),
            post.user.display_name,
            post.pk,
        ),
    )
