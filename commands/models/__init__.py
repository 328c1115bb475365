"""Rows of the command structure."""

from commands.models import lookups  # noqa: F401  by being there
from commands.models.events import AppendOnlyError, Event
from commands.models.headquarters import Headquarters, Nameplate, TeamHistory, TeamKind, WorkTeam
from commands.models.units import Unit, UnitKind, UnitName
from commands.models.users import Duties, Post, User

__all__ = [
    "AppendOnlyError",
    "Duties",
    "Event",
    "Headquarters",
    "Nameplate",
    "Post",
    "TeamHistory",
    "TeamKind",
    "Unit",
    "UnitKind",
    "UnitName",
    "User",
    "WorkTeam",
]
