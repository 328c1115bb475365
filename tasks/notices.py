"""Messages put into words: an inbox row keeps its kind and values, and is worded when it is read."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

# Of all these texts one is wanted: it alone is looked up, when it is known which.
from django.utils.translation import gettext_noop as _

from tasks.models import LightChoices, Notification
from tasks.models.obstacles import LevelChoices
from tasks.wording import roles_in_words

_REPLANNED = _("To %(unit)s on %(day)s; it was to be %(old_unit)s on %(old_day)s. Reason: %(reason)s")
_OFF = _("You were to take over on %(old_day)s; now %(unit)s does, on %(day)s. Reason: %(reason)s")


class _Said(dict[str, Any]):
    """Values of a message; one that an older message does not have reads as a dash, and breaks no inbox."""

    def __missing__(self, name: str) -> str:
        return "–"


def _say(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as they read in the active language: names, codes, months and times."""
    said = _Said({**values, **_named(values)})
    language = get_language() or ""
    if "month" in values:
        said["month"] = _moment(f"{values['month']}-01", _("F Y"), language)
    for name in ("due", "day", "old_day"):
        if values.get(name):
            said[name] = _moment(str(values[name]), _("j F, H:i") if name == "due" else _("j F Y"), language)
    return said


@lru_cache(maxsize=256)
def _moment(iso: str, form: str, language: str) -> str:
    """Return a moment in the active language, which is ``language``: a month's reports all have the same."""
    return date_format(dt.datetime.fromisoformat(iso), gettext(form))


def _named(values: dict[str, Any]) -> dict[str, str]:
    """Return the values that are names and codes, in words."""
    said: dict[str, str] = {}
    english = (get_language() or "").startswith("en")
    for name in ("task", "unit", "old_unit"):
        if english and values.get(f"{name}_en"):
            said[name] = values[f"{name}_en"]
    if "level" in values and values["level"] in LevelChoices.values:
        said["level"] = str(LevelChoices(values["level"]).label)
    if "light" in values and values["light"] in LightChoices.values:
        said["light"] = str(LightChoices(values["light"]).label)
    for name in ("role", "in_place_of"):
        if values.get(name):
            said[name] = roles_in_words(str(values[name]))
    return said


def words(kind: str, values: dict[str, Any]) -> tuple[str, str]:
    """Return the headline of a message of ``kind`` and the line under it, in the active language."""
    said = _say(values)
    return _headline(kind, values) % said, _line(kind, values, said)


def title(kind: str, values: dict[str, Any]) -> str:
    """Return the headline of a message of ``kind`` in the active language."""
    return _headline(kind, values) % _say(values)


def _headline(kind: str, values: dict[str, Any]) -> str:
    texts = _reminder_titles(values) if kind.startswith("reminder_") else _titles()
    return gettext(texts.get(kind, kind))


def _titles() -> dict[str, str]:
    """Return the headlines of everything but reminders."""
    return {
        **_directive_titles(),
        "report_returned": _("The report for %(month)s on “%(task)s” was returned"),
        "report_reopened": _("The report for %(month)s on “%(task)s” was reopened"),
        "change_asked": _("A change of “%(task)s” is asked for"),
        "change_accepted": _("The change of “%(task)s” was accepted"),
        "change_refused": _("The change of “%(task)s” was refused"),
        "closing_asked": _("Close-out of “%(task)s” is applied for"),
        "closing_closed": _("“%(task)s” is closed out"),
        "closing_returned": _("The application for close-out of “%(task)s” was returned"),
        "obstacle_raised": _("An obstacle stands in the way of “%(task)s”"),
        "obstacle_comment": _("New words on an obstacle of “%(task)s”"),
        "obstacle_escalated": _("An obstacle of “%(task)s” was escalated to: %(level)s"),
        "obstacle_resolved": _("An obstacle of “%(task)s” was resolved"),
        "lead_first": _("“%(task)s” is new, and your unit leads it"),
        "task_cancelled": _("“%(task)s” was cancelled"),
        "light_set": _("The office has set the light of “%(task)s” to: %(light)s"),
        "light_withdrawn": _("The light of “%(task)s” follows the rules again: %(light)s"),
        "calendar_missing": _("The working calendar of %(year)s is still missing"),
        "lead_given": _("The lead of “%(task)s” passes to your unit"),
        "lead_left": _("The lead of “%(task)s” passes to %(unit)s"),
        "lead_objected": _("%(unit)s objects to leading “%(task)s”"),
        "lead_withdrawn": _("The change of lead of “%(task)s” was withdrawn"),
        "lead_replanned": _("The planned change of lead of “%(task)s” was changed"),
        "lead_off": _("Your unit is not to lead “%(task)s” after all"),
        "flag_presented": _("Your unit was presented the flag of “%(task)s”"),
        "leads_given": _("Your unit now leads %(count)s further campaigns and tasks"),
        "leads_left": _("%(unit)s is to lead %(count)s campaigns and tasks of your unit"),
        "leads_replanned": _("The planned change of lead of %(count)s campaigns and tasks was changed"),
        "leads_off": _("Your unit is not to lead %(count)s campaigns and tasks after all"),
        "leads_withdrawn": _("The change of lead of %(count)s campaigns and tasks was withdrawn"),
        "vacancy_noticed": _("A post is vacant: %(role)s, %(unit)s"),
        "vacancies_noticed": _("%(count)s posts are vacant, among them: %(role)s, %(unit)s"),
    }


def _reminder_titles(values: dict[str, Any]) -> dict[str, str]:
    """Return the headlines of reminders: what is to be done, and by when."""
    late = str(values.get("stage", "")).startswith("D+")
    return {
        "reminder_report": (
            _("Overdue: the report for %(month)s on “%(task)s”")
            if late
            else _("The report for %(month)s on “%(task)s” is due on %(due)s")
        ),
        "reminder_milestone": (
            _("Overdue: milestone “%(milestone)s” of “%(task)s”")
            if late
            else _("Milestone “%(milestone)s” of “%(task)s” is due on %(due)s")
        ),
        "reminder_lead": (
            _("Not acknowledged yet: the new lead of “%(task)s”")
            if values.get("in_place_of")
            else _("Please acknowledge that your unit leads “%(task)s”")
        ),
        "reminder_returned": _(
            "The report for %(month)s on “%(task)s” was returned and is to be filed again"
        ),
        "reminder_obstacle": _("An obstacle of “%(task)s” waits to be cleared until %(due)s"),
        "reminder_directive": (
            _("Overdue: the answer to %(code)s on “%(task)s”")
            if late
            else _("%(code)s on “%(task)s”: please answer by %(due)s")
        ),
    }


def _directive_titles() -> dict[str, str]:
    """Return the headlines about directives: code, what it is about, and the day; never its words."""
    return {
        "directive_issued": _("%(code)s on “%(task)s”: please answer by %(day)s"),
        "directive_answered": _("%(unit)s has answered %(code)s on “%(task)s”"),
        "directive_returned": _("Your unit’s answer to %(code)s on “%(task)s” was returned"),
        "directive_reply": _("A reply to %(code)s on “%(task)s”"),
        "directive_closed": _("%(code)s on “%(task)s” is closed"),
        "directive_withdrawn": _("%(code)s on “%(task)s” was withdrawn"),
    }


def body(kind: str, values: dict[str, Any]) -> str:
    """Return the line under the headline, which may be empty."""
    return _line(kind, values, _say(values))


def _line(kind: str, values: dict[str, Any], said: dict[str, Any]) -> str:
    instead = _("In place of a vacant post: %(in_place_of)s") if values.get("in_place_of") else ""
    line = _reminder_line(kind, values) if kind.startswith("reminder_") else _lines().get(kind, "")
    return " ".join(gettext(each) % said for each in (line, instead) if each)


def _reminder_line(kind: str, values: dict[str, Any]) -> str:
    """Return what stands under the headline of a reminder: of what is overdue, since when."""
    late = str(values.get("stage", "")).startswith("D+")
    with_day = {"reminder_report", "reminder_milestone", "reminder_directive"}
    return _("It was due on %(due)s.") if late and kind in with_day else ""


def _lines() -> dict[str, str]:
    """Return what stands under the headlines of everything but reminders."""
    return {
        "report_returned": "%(words)s",
        "report_reopened": "%(words)s",
        "change_asked": "%(reason)s",
        "change_accepted": "%(words)s",
        "change_refused": "%(words)s",
        "closing_asked": "%(statement)s",
        "closing_closed": "%(words)s",
        "closing_returned": "%(words)s",
        "obstacle_raised": _("%(what)s (wanted by %(day)s)"),
        "obstacle_comment": "%(words)s",
        "obstacle_escalated": _("%(what)s (wanted by %(day)s)"),
        "obstacle_resolved": "%(words)s",
        "lead_first": _("From %(day)s. Please acknowledge it."),
        "task_cancelled": "%(reason)s",
        "light_set": _("Until %(day)s. Reason: %(reason)s"),
        "calendar_missing": _(
            "Enter the State Council's notice: until then every deadline in %(year)s is provisional."
        ),
        "lead_given": _("From %(day)s, taken over from %(old_unit)s. Reason: %(reason)s"),
        "lead_left": _("From %(day)s. Reason: %(reason)s"),
        "lead_objected": "%(words)s",
        "lead_withdrawn": _("It was to pass to %(unit)s on %(day)s."),
        **dict.fromkeys(("lead_replanned", "leads_replanned"), _REPLANNED),
        **dict.fromkeys(("lead_off", "leads_off"), _OFF),
        "leads_withdrawn": _("It was to pass to %(unit)s on %(day)s."),
        "flag_presented": _("On %(day)s: %(occasion)s"),
        "leads_given": _("From %(day)s. Reason: %(reason)s"),
        "leads_left": _("From %(day)s. Reason: %(reason)s"),
        **dict.fromkeys(("vacancy_noticed", "vacancies_noticed"), _("The next above is told in its place.")),
    }


def title_of(notification: Notification) -> str:
    """Return the headline of a message in the inbox."""
    return title(notification.kind, notification.values)


def body_of(notification: Notification) -> str:
    """Return the line under the headline of a message in the inbox."""
    return body(notification.kind, notification.values)
