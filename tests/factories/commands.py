"""Who commands and who leads."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password

from commands.models import Event, Headquarters, Nameplate, Post, TeamHistory, Unit, UnitName, User, WorkTeam
from commands.roles import RoleCode
from tests.factories.base import NEW_YEAR, PASSWORD, number


@lru_cache
def _hashed(password: str) -> str:
    return make_password(password)


def unit(**fields: Any) -> Unit:
    """Make a sub-district with a name of its own."""
    n = next(number)
    values = {"code": f"unit-{n}", "kind": "subdistrict", "name": f"街道{n}", "name_en": f"Sub-district {n}"}
    return Unit.objects.create(**{**values, **fields})


def unit_name(**fields: Any) -> UnitName:
    """Make a name that a unit had over a range; by default always."""
    fields.setdefault("unit", None)
    fields["unit"] = fields["unit"] or unit()
    return UnitName.objects.create(**{"name": fields["unit"].name, **fields})


def headquarters(**fields: Any) -> Headquarters:
    """Make a command headquarters; its nameplates are made with ``nameplate``."""
    n = next(number)
    values = {"code": f"hq-{n}", "number": n, "name": f"指挥部{n}", "name_en": f"Command {n}"}
    return Headquarters.objects.create(**{**values, **fields})


def nameplate(**fields: Any) -> Nameplate:
    """Make a principal nameplate that has hung always."""
    fields["headquarters"] = fields.get("headquarters") or headquarters()
    return Nameplate.objects.create(**{"name": fields["headquarters"].name, **fields})


def team(**fields: Any) -> WorkTeam:
    """Make a work team under a headquarters."""
    n = next(number)
    fields["headquarters"] = fields.get("headquarters") or headquarters()
    return WorkTeam.objects.create(**{"number": n, "name": f"工作专班{n}", **fields})


def team_history(**fields: Any) -> TeamHistory:
    """Make a line of a team's history: its present name and place, always."""
    fields["team"] = fields.get("team") or team()
    place = {"headquarters": fields["team"].headquarters, "name": fields["team"].name}
    return TeamHistory.objects.create(**{**place, **fields})


def user(**fields: Any) -> User:
    """Make a person with no post, who reads English and signs in with ``PASSWORD``."""
    n = next(number)
    username = fields.setdefault("username", f"user{n}")
    values = {
        "display_name": username.replace("_", " ").capitalize(),
        "email": f"{username}@luohu.example",
        "language": "en",
        "password": _hashed(fields.pop("password", PASSWORD)),
    }
    return User.objects.create(**{**values, **fields})


def post(**fields: Any) -> Post:
    """Make a post held since New Year; a reporter's in some unit unless told otherwise."""
    fields["user"] = fields.get("user") or user()
    role = fields.setdefault("role", RoleCode.REPORTER)
    if role in {RoleCode.REPORTER, RoleCode.HEAD}:
        fields["unit"] = fields.get("unit") or unit()
    return Post.objects.create(**{"starts_on": NEW_YEAR, **fields})


def user_with(
    role: str, *, unit: Unit | None = None, headquarters: Headquarters | None = None, **fields: Any
) -> User:
    """Make a person who has held one post since New Year."""
    person = user(**fields)
    post(user=person, role=role, unit=unit, headquarters=headquarters)
    return person


def event(**fields: Any) -> Event:
    """Make a row of the audit trail."""
    made = unsaved_event(**fields)
    made.save()
    return made


def unsaved_event(**fields: Any) -> Event:
    """Return such a row, to be written with many others."""
    values = {
        "action": "report.submit",
        "subject_type": "tasks.report",
        "subject_id": 1,
        "subject_label": "月报",
    }
    return Event(**{**values, **fields})
