"""Who led something over time, as it was known at a moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.formats import date_format

from commands.models import Unit
from luohu.templatetags.ui import name_in_language
from tasks.boards.events import Line
from tasks.boards.moments import Moment
from tasks.event_words import FIELDS
from tasks.models import Campaign, LeadAssignment, Task


def leads_known(subject: Campaign | Task, moment: Moment) -> list[LeadAssignment]:
    """Return the leads of ``subject``, newest first; of a past day without what was decided or done later."""
    known = LeadAssignment.objects.known_at(moment.at).select_related("unit")
    of_subject = {"task" if isinstance(subject, Task) else "campaign": subject.pk}
    leads = list(known.filter(**of_subject).order_by("-starts_on", "-pk"))
    if moment.is_past:
        starts = {lead.starts_on for lead in leads}
        for lead in leads:
            _forget_later(lead, moment)
            if lead.ends_on not in starts:
                lead.ends_on = None  # that it would end was decided with the one that follows
        moment.call(units=[lead.unit for lead in leads])
    return leads


def _forget_later(lead: LeadAssignment, moment: Moment) -> None:
    if lead.flag_presented_on and lead.flag_presented_on > moment.day:
        lead.flag_presented_on = None
    if lead.acknowledged_at and lead.acknowledged_at > moment.at:
        lead.acknowledged_at = lead.acknowledged_by = None


def in_force(leads: list[LeadAssignment], moment: Moment) -> LeadAssignment | None:
    """Return which of ``leads``, newest first, holds at the moment."""
    day = moment.day
    return next(
        (lead for lead in leads if lead.starts_on <= day and not (lead.ends_on and lead.ends_on <= day)), None
    )


def plan_lines(lead: LeadAssignment, decision: dict[str, Any]) -> list[Line]:
    """Return what a planned change of lead says, and what it would say once decided anew, line by line."""
    return [
        Line(str(FIELDS[name]), _words(getattr(lead, name)), _words(value))
        for name, value in decision.items()
        if value or getattr(lead, name)
    ]


def _words(value: Any) -> str:
    if isinstance(value, dt.date):
        return date_format(value, "Y-m-d")
    return name_in_language(value) if isinstance(value, Unit) else str(value)
