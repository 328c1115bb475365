"""Closing and merging units with an eye to what they lead."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import Entry, record_events
from commands.services.refusals import Refused
from commands.services.units import end_unit
from tasks.models import LeadAssignment, Task
from tasks.models.tasks import UNFINISHED
from tasks.services.answers import pass_directives_on
from tasks.services.leads import reassign_all
from tasks.services.past import keep_support

NAMED = 5


def leads_on_and_after(unit: Unit, day: dt.date) -> list[LeadAssignment]:
    """Return what ``unit`` leads on ``day`` or will lead later, as far as it is still to be done."""
    lasting = LeadAssignment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day), unit=unit)
    still = Q(task__lifecycle__in=UNFINISHED) | Q(
        campaign__book__closed_at__isnull=True, campaign__book__year__gte=day.year
    )
    return list(lasting.filter(still).select_related("task__campaign", "campaign").order_by("pk"))


@transaction.atomic
def close_unit(*, unit: Unit, ends_on: dt.date, reason: str, by: User) -> Unit:
    """Close a unit that leads nothing any more; its posts end with it.

    Raises Refused ``leads``, naming what it leads, and as the service of the command structure does.
    """
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    if leads := leads_on_and_after(unit, ends_on):
        names = [lead.task.code if lead.task else str(lead.subject) for lead in leads]
        raise Refused(
            _("It still leads %(count)d campaigns and tasks: %(names)s. Reassign them or merge the unit.")
            % {"count": len(leads), "names": ", ".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")},
            code="leads",
        )
    return end_unit(unit=unit, closed_on=ends_on, reason=reason, by=by)


@transaction.atomic
def merge_unit(
    *, unit: Unit, merged_into: Unit, ends_on: dt.date, reason: str, document_number: str = "", by: User
) -> Unit:
    """Let a unit go up in another (并入) on ``ends_on``: its leads pass on, and its people hold their posts there.

    What it led until then stays in its history. Raises Refused as ``reassign_all`` and ``end_unit`` do.
    """
    leads = leads_on_and_after(unit, ends_on)
    if planned := [lead for lead in leads if lead.starts_on >= ends_on]:
        raise Refused(
            _("It is to lead “%(subject)s” from %(day)s on. Withdraw that change first.")
            % {"subject": str(planned[0].subject), "day": planned[0].starts_on.isoformat()},
            code="planned",
            field="ends_on",
        )
    if unit == merged_into:
        raise Refused(_("Choose another unit."), code="same_unit", field="merged_into")
    if leads:
        reassign_all(
            subjects=[lead.subject for lead in leads],
            unit=merged_into,
            starts_on=ends_on,
            reason=reason,
            document_number=document_number,
            by=by,
        )
    unit = end_unit(unit=unit, closed_on=ends_on, merged_into=merged_into, reason=reason, by=by)
    apply_merges(day=timezone.localdate())
    return unit


@transaction.atomic
def apply_merges(*, day: dt.date) -> int:
    """Let the heirs of units merged by ``day`` support the unfinished tasks that those supported, and answer directives."""
    if not Unit.objects.filter(merged_into__isnull=False, closed_on__lte=day).exists():
        return 0
    through = Task.supporting_units.through
    merged = through.objects.filter(
        unit__merged_into__isnull=False, unit__closed_on__lte=day, task__lifecycle__in=UNFINISHED
    )
    heirs, entries, done = [], [], []
    for row in merged.select_related("unit__merged_into", "task").order_by("task_id"):
        if heir := row.unit.merged_into:
            heirs.append(through(task_id=row.task_id, unit_id=heir.pk))
            entries.append(Entry("task.support", row.task, {"unit": row.unit.name}, {"unit": heir.name}))
            done.append(row.pk)
    pass_directives_on(day=day)
    through.objects.bulk_create(heirs, ignore_conflicts=True)
    through.objects.filter(pk__in=done).delete()
    if done:
        keep_support(Task.objects.filter(pk__in=[row.task_id for row in heirs]), now=timezone.now())
    record_events(entries=entries, by=None)
    return len(done)
