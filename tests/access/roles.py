"""The roles of the access matrix, and the lines of its table."""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = (
    "anonymous",
    "stranger",  # signs in, holds no post
    "reporter",  # of the unit that leads
    "head",
    "supporter",  # reports for a unit that supports the task
    "former",  # reports for the unit that led before
    "other_reporter",  # of a unit that has nothing to do with it
    "office",  # of the district
    "hq_office",  # of the headquarters that commands
    "far_office",  # of another headquarters
    "leader",
    "administrator",
)
SIGNED_IN = ROLES[1:]
UNIT = ("reporter", "head")
OVERSEERS = ("office", "leader", "administrator")
READERS = (*UNIT, "supporter", "former", "hq_office", *OVERSEERS)  # of the task, and all that hangs on it
CAMPAIGN_READERS = READERS
REVIEWERS = ("office", "hq_office")
CONCERNED = (*UNIT, *REVIEWERS, "leader")  # by a directive to the unit
ISSUERS = (*REVIEWERS, "leader")
RAISERS = (*UNIT, "supporter", *REVIEWERS, "leader")
OFFICES = (*REVIEWERS, "far_office")
Answers = dict[str, int]


def answers(who: dict[tuple[str, ...], int], others: int) -> Answers:
    """Return the status for each role signed in: that of its group, or ``others``; the door for anonymous."""
    status = {role: code for roles, code in who.items() for role in roles}
    return {"anonymous": 302, **{role: status.get(role, others) for role in SIGNED_IN}}


def all_get(status: int) -> Answers:
    """Everybody signed in gets the same."""
    return answers({}, status)


def public(status: int) -> Answers:
    """Everybody gets the same, signed in or not."""
    return dict.fromkeys(ROLES, status)


def only(*roles: str, get: int = 200, visible_to: tuple[str, ...] = SIGNED_IN) -> Answers:
    """Return ``get`` for ``roles``, 403 for others who see the thing, and 404 for those who do not."""
    return answers({visible_to: 403, roles: get}, 404)


PAGE = all_get(200)
NOT_ALLOWED = all_get(405)
ADMINISTRATORS = only("administrator")
ANSWERING = only(*UNIT, get=302, visible_to=READERS)
KEEPERS = only("office", "administrator")
KEEPING = only("office", "administrator", get=302)


@dataclass(frozen=True)
class Line:
    """A route: its name, arguments by the name of the object they stand for, and who gets which answer."""

    name: str
    about: str = ""
    get: Answers = field(default_factory=lambda: PAGE)
    post: Answers = field(default_factory=lambda: NOT_ALLOWED)
    data: str = ""
    """Names the form that is posted, in ``forms``."""
