"""What stands around every page: navigation, unread messages, whose desk this is, whether it is a demo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.roles import RoleCode
from luohu.kept import HOLES
from tasks.demo.people import ACCOUNTS, PASSWORD
from tasks.models import LightRule, Notification
from tasks.rules.lights import Thresholds


@dataclass(frozen=True)
class Item:
    """An entry of the navigation. ``covers`` are beginnings of the URL names for which it is marked."""

    label: Promise
    url_name: str
    covers: tuple[str, ...]


DASHBOARD = Item(_("Dashboard"), "tasks:dashboard", ("tasks:dashboard", "tasks:wall"))
CAMPAIGNS = Item(
    _("Campaigns"), "tasks:campaign_list", ("tasks:campaign_list", "tasks:campaign_detail", "tasks:flag_")
)
OBSTACLES = Item(_("Obstacles"), "tasks:obstacle_list", ("tasks:obstacle_",))
DIRECTIVES = Item(_("Directives"), "tasks:directive_list", ("tasks:directive_",))
LEDGER = Item(
    _("Ledger"),
    "tasks:task_list",
    ("tasks:task_list", "tasks:task_detail", "tasks:light_set", "tasks:change_", "tasks:closing_"),
)
REPORTS = Item(_("Reports"), "tasks:report_list", ("tasks:report_", "tasks:period_"))
COMMAND = Item(_("Command"), "tasks:headquarters_list", ("tasks:headquarters_", "tasks:unit_", "tasks:team_"))
REASSIGNMENTS = Item(_("Reassignments"), "tasks:reassignment_list", ("tasks:reassignment_", "tasks:lead_"))
REMINDERS = Item(_("Reminders"), "tasks:reminder_list", ("tasks:reminder_", "tasks:ladder_"))
USERS = Item(_("Users"), "commands:user_list", ("commands:user_",))
# A campaign or task is entered and edited in its book, wherever the way there began.
BOOKS = Item(
    _("Books"),
    "tasks:book_list",
    (
        "tasks:book_",
        *("tasks:campaign_new", "tasks:campaign_edit"),
        *("tasks:task_new", "tasks:task_edit", "tasks:task_plan", "tasks:task_milestones"),
    ),
)
EVENTS = Item(_("Audit"), "tasks:event_list", ("tasks:event_",))
CHANNELS = Item(_("Channels"), "tasks:channel_list", ("tasks:channel_",))
CALENDAR = Item(_("Calendar"), "tasks:calendar", ("tasks:calendar",))
LIGHT_RULES = Item(_("Lights"), "tasks:light_rules", ("tasks:light_rules",))

IN_ROW = 6
"""How many entries stand side by side; those after them fold under one, so that the row fits where most people work."""

# In the order of each role's day; who holds several posts sees the main post's entries first.
NAVIGATION: dict[str, tuple[Item, ...]] = {
    RoleCode.REPORTER: (REPORTS, LEDGER, OBSTACLES, DIRECTIVES, DASHBOARD, CAMPAIGNS, COMMAND),
    RoleCode.HEAD: (REPORTS, LEDGER, OBSTACLES, DIRECTIVES, DASHBOARD, CAMPAIGNS, COMMAND),
    RoleCode.OFFICE: (
        REPORTS,
        LEDGER,
        OBSTACLES,
        DIRECTIVES,
        DASHBOARD,
        CAMPAIGNS,
        COMMAND,
        REASSIGNMENTS,
        REMINDERS,
    ),
    RoleCode.LEADER: (DASHBOARD, DIRECTIVES, OBSTACLES, CAMPAIGNS, LEDGER, REPORTS, COMMAND),
    RoleCode.ADMINISTRATOR: (
        COMMAND,
        REASSIGNMENTS,
        DASHBOARD,
        CAMPAIGNS,
        BOOKS,
        LEDGER,
        REPORTS,
        REMINDERS,
        USERS,
        CHANNELS,
        CALENDAR,
        LIGHT_RULES,
        EVENTS,
    ),
}


@dataclass(frozen=True)
class Entry:
    """An entry as one page shows it; ``current`` is what aria-current says."""

    label: Promise
    url_name: str
    current: str


class Chrome:
    """The frame of one page. Nothing is asked of the database until the frame is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def user(self) -> User | None:
        """Return who is signed in; an error page may be drawn before anybody was looked up."""
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @cached_property
    def navigation(self) -> list[Entry]:
        """Return the entries for this person's posts; none until a first password is their own."""
        if self.user is None or self.user.must_change_password:
            return []
        match = getattr(self._request, "resolver_match", None)
        here = match.view_name if match else ""
        roles = [post.role for post in self.user.duties.posts]
        items = dict.fromkeys(item for role in roles for item in NAVIGATION[role])
        return [Entry(item.label, item.url_name, _current(item, here)) for item in items]

    @property
    def row(self) -> list[Entry]:
        """Return the entries that stand side by side; one alone is not folded away."""
        return self.navigation if len(self.navigation) <= IN_ROW + 1 else self.navigation[:IN_ROW]

    @property
    def more(self) -> list[Entry]:
        """Return the entries that fold away."""
        return self.navigation[len(self.row) :]

    @cached_property
    def unread(self) -> int:
        """Return how many messages in the inbox are unread."""
        if self.user is None:
            return 0
        return Notification.objects.unread_for(self.user).count()

    @cached_property
    def thresholds(self) -> Thresholds:
        """Return the numbers of the lights in force today, for the colour of a deviation."""
        return LightRule.objects.thresholds_on(timezone.localdate())

    @cached_property
    def label(self) -> str:
        """Return the main role and where it holds."""
        return self.user.duties.label if self.user else ""

    @cached_property
    def demo(self) -> bool:
        """Say whether what is shown was made up."""
        return bool(settings.DEMO or (self.user and self.user.is_demo))

    @property
    def demo_accounts(self) -> list[tuple[str, str]]:
        """Return the accounts that anybody may try where all is made up, with their roles."""
        return [(name, str(RoleCode(name).label)) for name in ACCOUNTS] if settings.DEMO else []

    @property
    def demo_password(self) -> str:
        """Return the password of the accounts that anybody may try."""
        return PASSWORD

    @property
    def language(self) -> str:
        """Return the page's language as the ``lang`` attribute writes it."""
        return "en" if (get_language() or "").startswith("en") else "zh-Hans"


def _current(item: Item, here: str) -> str:
    if here == item.url_name:
        return "page"
    return "true" if here.startswith(item.covers) else ""


def chrome(request: HttpRequest) -> dict[str, Chrome | SafeString]:
    """Give every template the frame around it; a page that is to be kept gets its forms' token anew each time."""
    holes = HOLES.get()
    frame: dict[str, Chrome | SafeString] = {"chrome": Chrome(request)}
    return {**frame, "csrf_token": holes.leave("components/_token.html")} if holes else frame
