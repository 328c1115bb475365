"""Reasons put into words, in the active language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from commands.roles import RoleCode
from luohu.templatetags.ui import light_word
from tasks.rules.reminders import WEEKLY_STAGE


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
    "set_by_office": lambda reason: (
        _("set by the supervision office until %(until)s (by the rules: %(light)s): %(why)s")
        % {**reason, "light": light_word(reason["automatic"])}
    ),
    "yellow_twice": lambda reason: _("behind in two periods running"),
    "nothing_due": lambda reason: _("nothing has fallen due yet"),
}


def light_reason(reason: dict[str, Any]) -> str:
    """Return in words why a light is as it is; ``reason`` as kept with the light."""
    word = _REASONS.get(str(reason.get("code")))
    return word(reason) if word else ""


def reminder_stage(code: str) -> str:
    """Return in words which rung of its ladder a reminder is: ``D-3``, ``D0``, ``D+1``."""
    if code == WEEKLY_STAGE:
        return _("Once a week")
    sign, digits = code[1:2], code[2:]
    if sign not in {"-", "+"} or not digits.isdigit():
        return _("On the due day") if code == "D0" else code
    days = int(digits)
    if sign == "-":
        text = ngettext("%(days)s working day before", "%(days)s working days before", days)
    else:
        text = ngettext("%(days)s working day after", "%(days)s working days after", days)
    return text % {"days": days}


def reminder_outcome(outcome: str) -> str:
    """Return in words what became of a reminder; ``outcome`` as kept in its row, a code and perhaps a detail."""
    code, _colon, detail = outcome.partition(": ")
    texts = {
        "delivered": _("Delivered"),
        "filed": _("The report had been filed."),
        "reached": _("The milestone was reached."),
        "acknowledged": _("The new lead was acknowledged."),
        "answered": _("The unit has answered."),
        "escalated": _("The obstacle climbed to the next level."),
        "put_off": _("It is due on another day now."),
        "resolved": _("The obstacle was resolved."),
        "closed": _("There is nothing left to do."),
        "moved": _("Another unit or person is responsible now."),
        "channel": _("The person has chosen another channel."),
        "superseded": _("A later stage took its place."),
        "disabled": _("The account is disabled."),
        "no_address": _("The person has no e-mail address."),
        "no_app": _("The person has no app set up any more."),
        "unsafe": _("The address must not be used: %(detail)s"),
        "refused": _("The mail server refused it: %(detail)s"),
        "declined": _("Refused at the other end: %(detail)s"),
        "failed": _("Did not go through: %(detail)s"),
        "given_up": _("Given up after several attempts: %(detail)s"),
        "retrying": _("Will be tried again: %(detail)s"),
    }
    if detail == "unreadable":
        detail = _("its address cannot be read with this system’s key")
    return texts[code] % {"detail": detail} if code in texts else outcome


def roles_in_words(codes: str) -> str:
    """Return roles, kept as codes separated by commas, in words."""
    return pgettext("list", ", ").join(
        str(RoleCode(code).label) for code in codes.split(",") if code in RoleCode.values
    )
