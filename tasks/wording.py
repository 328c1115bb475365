"""Reasons put into words, in the active language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def _on_schedule(reason: dict[str, Any]) -> str:
    points = str(reason["points"])
    if points.startswith("-"):
        return _("%(points)s percentage points behind plan, within limits") % {"points": points[1:]}
    if points.strip("0.") == "":
        return _("exactly on plan")
    return _("%(points)s percentage points ahead of plan") % {"points": points}


_REASONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "closed_out": lambda reason: _("closed out"),
    "behind_plan": lambda reason: _("%(points)s percentage points behind plan") % reason,
    "on_schedule": _on_schedule,
    "key_milestone_late": lambda reason: (
        ngettext(
            "key milestone “%(milestone)s” %(days)s day late",
            "key milestone “%(milestone)s” %(days)s days late",
            int(reason["days"]),
        )
        % reason
    ),
    "milestone_late": lambda reason: (
        ngettext(
            "milestone “%(milestone)s” %(days)s day late",
            "milestone “%(milestone)s” %(days)s days late",
            int(reason["days"]),
        )
        % reason
    ),
    "past_due": lambda reason: (
        ngettext("%(days)s day past the due date", "%(days)s days past the due date", int(reason["days"]))
        % reason
    ),
    "report_missed": lambda reason: _("the last report was missed"),
    "obstacle_waiting": lambda reason: (
        ngettext(
            "an obstacle has waited %(days)s day for a district leader",
            "an obstacle has waited %(days)s days for a district leader",
            int(reason["days"]),
        )
        % reason
    ),
    "yellow_twice": lambda reason: _("behind in two periods running"),
    "nothing_due": lambda reason: _("nothing has fallen due yet"),
}


def light_reason(reason: dict[str, Any]) -> str:
    """Return in words why a light is as it is; ``reason`` as kept with the light."""
    word = _REASONS.get(str(reason.get("code")))
    return word(reason) if word else ""
