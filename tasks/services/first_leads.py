"""The first lead of a campaign or task: given with it, before anybody else led it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Task
from tasks.services.handovers import BATCH, Subject, apply_leads
from tasks.services.inbox import notify
from tasks.services.people import people_of


def check_may_lead(unit: Unit, day: dt.date) -> None:
    """Refuse a unit that does not work on ``day``."""
    if not unit.works_on(day):
        raise Refused(_("This unit no longer exists; choose another."), code="unit_inactive", field="lead")


def give_first_lead(*, subject: Subject, unit: Unit, starts_on: dt.date, by: User) -> LeadAssignment:
    """Give a new campaign or task its first lead unit, which is told and asked to acknowledge.

    Part of the caller's transaction and event. Raises Refused ``unit_inactive``.
    """
    check_may_lead(unit, starts_on)
    lead = _lead(subject, unit, starts_on, by)
    lead.needs_acknowledgement = True
    write_first_leads([lead])
    link = f"/tasks/{subject.pk}/" if isinstance(subject, Task) else f"/campaigns/{subject.pk}/"
    values = {
        "task": str(subject),
        "task_en": getattr(subject, "name_en", ""),
        "unit": unit.name,
        "unit_en": unit.name_en,
        "day": starts_on.isoformat(),
    }
    notify(recipients=people_of([unit.pk]), kind="lead_first", values=values, link=link)
    return lead


def write_first_leads(leads: Sequence[LeadAssignment]) -> None:
    """Write first leads; those whose day has come take effect at once."""
    LeadAssignment.objects.bulk_create(leads, batch_size=BATCH)
    apply_leads(day=timezone.localdate())


def _lead(subject: Subject, unit: Unit, starts_on: dt.date, by: User) -> LeadAssignment:
    return LeadAssignment(
        campaign=subject if isinstance(subject, Campaign) else None,
        task=subject if isinstance(subject, Task) else None,
        unit=unit,
        starts_on=starts_on,
        decided_by=by,
    )
