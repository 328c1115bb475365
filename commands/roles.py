"""Roles as data: who may hold which post where, and what it lets them do.

The table follows the roles of the design: sees, drafts and files, accepts and returns, reassigns, administers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Power(StrEnum):
    """One thing that a role may do."""

    SEE_ALL = "see_all"
    FILE = "file"
    REVIEW = "review"
    OVERRIDE = "override"
    DIRECT = "direct"
    REASSIGN = "reassign"
    ADMINISTER = "administer"


class Place(StrEnum):
    """Where a post holds."""

    UNIT = "unit"
    HEADQUARTERS = "headquarters"
    DISTRICT = "district"


class RoleCode(models.TextChoices):
    """The roles a post can carry."""

    REPORTER = "reporter", _("Reporter")
    HEAD = "head", _("Unit head")
    OFFICE = "office", _("Supervision office")
    LEADER = "leader", _("District leader")
    ADMINISTRATOR = "administrator", _("Administrator")


class Function(models.TextChoices):
    """What a post is called in a headquarters; it names who commands, and gives no power of its own."""

    COMMANDER = "commander", _("Commander")
    DEPUTY = "deputy", _("Deputy commander")
    OFFICE = "office", _("Headquarters office")
    LIAISON = "liaison", _("Liaison")


FUNCTIONS: dict[str, tuple[Function, ...]] = {
    RoleCode.LEADER: (Function.COMMANDER, Function.DEPUTY),
    RoleCode.OFFICE: (Function.OFFICE, Function.LIAISON),
}
"""By role, as what its holder may stand in a headquarters: leaders command it, its office runs it."""


@dataclass(frozen=True)
class Role:
    """A role: its powers, where it may hold, and where its holder starts the day."""

    code: RoleCode
    description: Promise
    places: frozenset[Place]
    powers: frozenset[Power]
    home: str

    @property
    def name(self) -> Promise | str:
        """Return the role's display name."""
        return self.code.label


# In the order in which the start page is chosen for a person who holds several posts.
ROLES: dict[str, Role] = {
    role.code.value: role
    for role in (
        Role(
            code=RoleCode.ADMINISTRATOR,
            description=_("Reassigns lead units, reorganises headquarters, keeps users, calendar and rules."),
            places=frozenset({Place.DISTRICT}),
            powers=frozenset({Power.SEE_ALL, Power.REASSIGN, Power.ADMINISTER}),
            home="tasks:headquarters_list",
        ),
        Role(
            code=RoleCode.LEADER,
            description=_("Reads everything, gives directives, resolves obstacles."),
            places=frozenset({Place.HEADQUARTERS, Place.DISTRICT}),
            powers=frozenset({Power.SEE_ALL, Power.DIRECT}),
            home="tasks:dashboard",
        ),
        Role(
            code=RoleCode.OFFICE,
            description=_("Accepts and returns reports of its headquarters or of the whole district."),
            places=frozenset({Place.HEADQUARTERS, Place.DISTRICT}),
            powers=frozenset({Power.REVIEW, Power.OVERRIDE}),
            home="tasks:report_list",
        ),
        Role(
            code=RoleCode.HEAD,
            description=_("Answers for the unit's tasks and may file its reports."),
            places=frozenset({Place.UNIT}),
            powers=frozenset({Power.FILE}),
            home="tasks:report_list",
        ),
        Role(
            code=RoleCode.REPORTER,
            description=_("Files the monthly reports of the tasks that the unit leads."),
            places=frozenset({Place.UNIT}),
            powers=frozenset({Power.FILE}),
            home="tasks:report_list",
        ),
    )
}
