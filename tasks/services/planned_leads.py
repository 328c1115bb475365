"""A change of lead that is still to come: deciding it anew, and taking it back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import Entry, record_events
from commands.services.refusals import Refused
from tasks.models import LeadAssignment, Task
from tasks.models.tasks import UNFINISHED
from tasks.rules.leads import effective_day_problem
from tasks.services.handovers import Subject, apply_leads
from tasks.services.inbox import notify
from tasks.services.leads import DAY_MESSAGES, TOLD_ONE_BY_ONE
from tasks.services.moves import (
    ReassignmentPreview,
    address_of,
    histories,
    lead_values,
    naming,
    opened_days,
    preview_of,
    read_subjects,
)
from tasks.services.people import people_of
from tasks.services.reminders import reconcile

DECIDED = ("unit", "starts_on", "reason", "document_number", "handover_note")
"""What a decision says."""
GONE = _("It has taken effect or was withdrawn already.")
UNANSWERED = dict.fromkeys(("acknowledged_at", "acknowledged_by", "objected_at", "objected_by"))


@dataclass(frozen=True)
class Planned:
    """A change that is still to come, as it was seen and as it is; the lead it ends, and the change planned after."""

    seen: LeadAssignment
    lead: LeadAssignment
    before: LeadAssignment
    after: LeadAssignment | None


def decided_together(lead: LeadAssignment) -> list[LeadAssignment]:
    """Return ``lead`` and the other changes of the same case: one decision of one person about many.

    What has been closed since keeps the lead that it has, and is left out.
    """
    same: dict[str, Any] = {name: getattr(lead, name) for name in (*DECIDED, "decided_by")}
    alive = Q(task__isnull=True) | Q(task__lifecycle__in=UNFINISHED)
    rows = LeadAssignment.objects.changes().filter(Q(pk=lead.pk) | alive, **same)
    return list(rows.select_related("unit", "campaign", "task__campaign").order_by("task__code", "pk"))


def preview_planned(*, leads: Sequence[LeadAssignment], day: dt.date, **decision: Any) -> ReassignmentPreview:
    """Return what the planned ``leads`` would move, decided anew. Raises Refused as ``change_planned`` does."""
    subjects = read_subjects(lead.subject for lead in leads)
    planned = _check(subjects, leads, decision, day)
    units = {decision["unit"].pk, *(lead.unit_id for lead in leads)}
    return preview_of(subjects, [each.before.unit for each in planned], units)


@transaction.atomic
def change_planned(
    *,
    leads: Sequence[LeadAssignment],
    unit: Unit,
    starts_on: dt.date,
    reason: str,
    document_number: str = "",
    handover_note: str = "",
    by: User,
) -> list[LeadAssignment]:
    """Decide changes of lead that are still to come anew, all or none: to whom, from when, why (变更未生效的调整).

    ``leads`` are as they were seen: whatever of it somebody else has changed meanwhile is refused. Another unit or
    day is to be acknowledged anew. Everybody who was told of the plan is told what became of it. A day that has
    come takes effect at once. Raises Refused: ``begun``, ``changed``, ``unchanged``, ``first``, ``unit_inactive``,
    ``same_unit``, ``too_early``, ``too_late``, ``not_open``, ``reason_missing``.
    """
    if not reason.strip():
        raise Refused(_("Say why the lead changes."), code="reason_missing", field="reason")
    decision: dict[str, Any] = {"unit": unit, "starts_on": starts_on, "reason": reason}
    decision |= {"document_number": document_number, "handover_note": handover_note}
    subjects = read_subjects((lead.subject for lead in leads), lock=True)
    # Not before: midnight may have passed, and the change taken effect, while this waited for its turn.
    today = timezone.localdate()
    planned = _check(subjects, leads, decision, today)
    _write(planned, decision, by)
    entries = [
        Entry("lead.change", each.lead.subject, _told(each.seen), _told(each.lead)) for each in planned
    ]
    record_events(entries=entries, by=by)
    _tell(planned)
    apply_leads(day=today)
    reconcile(
        rows=LeadAssignment.objects.filter(pk__in=[each.lead.pk for each in planned]), now=timezone.now()
    )
    return [each.lead for each in planned]


def says(lead: LeadAssignment, decision: dict[str, Any]) -> bool:
    """Say whether ``lead`` is what a decision says."""
    return all(getattr(lead, name) == decision[name] for name in DECIDED)


def _check(
    subjects: Sequence[Subject],
    leads: Sequence[LeadAssignment],
    decision: dict[str, Any],
    today: dt.date,
) -> list[Planned]:
    """Return the planned changes of ``subjects`` as they are now; raise Refused where they cannot be changed so."""
    unit, starts_on = decision["unit"], decision["starts_on"]
    if not unit.works_on(starts_on):
        raise Refused(_("This unit no longer exists; choose another."), code="unit_inactive", field="unit")
    seen = {lead.subject: lead for lead in leads}
    history, opened = histories(subjects), opened_days(subjects)
    planned = []
    for row in subjects:
        with naming(row, of=len(subjects)):
            found = _find(seen[row], history[row], today)
            _check_one(row, found, unit, starts_on, today, opened[row])
            planned.append(found)
    if all(says(each.lead, decision) for each in planned):
        raise Refused(_("Nothing differs from what is planned already."), code="unchanged")
    return planned


def _find(seen: LeadAssignment, history: Sequence[LeadAssignment], today: dt.date) -> Planned:
    """Return the change that was seen, in its place among all leads; refuse if it is no longer what was seen."""
    place = next((n for n, lead in enumerate(history) if lead.pk == seen.pk), None)
    if place is None or history[place].starts_on <= today:
        raise Refused(GONE, code="begun")
    if place == 0:
        raise Refused(_("Nobody leads it before: there is no change of lead."), code="first")
    if not says(history[place], {name: getattr(seen, name) for name in DECIDED}):
        raise Refused(_("Somebody else has changed it meanwhile."), code="changed")
    return Planned(seen, history[place], history[place - 1], next(iter(history[place + 1 :]), None))


def _check_one(
    subject: Subject,
    planned: Planned,
    unit: Unit,
    starts_on: dt.date,
    today: dt.date,
    opened_on: dt.date | None,
) -> None:
    if isinstance(subject, Task) and subject.lifecycle not in UNFINISHED:
        raise Refused(_("This task is closed; its lead no longer changes."), code="not_open")
    if planned.before.unit_id == unit.pk:
        text = _("This unit leads until then: withdraw the change if it is to go on leading.")
        raise Refused(text, code="same_unit", field="unit")
    problem = effective_day_problem(
        starts_on,
        today=today,
        period_opened_on=opened_on,
        current_since=planned.before.starts_on,
        latest_change_on=None,
    )
    if problem:
        raise Refused(DAY_MESSAGES[problem], code="too_early", field="starts_on")
    if planned.after is None:
        return
    next_on = date_format(planned.after.starts_on, "Y-m-d")
    if planned.after.unit_id == unit.pk:
        text = _("This unit is to take over on %(day)s anyhow: withdraw that change first.")
        raise Refused(text % {"day": next_on}, code="same_unit", field="unit")
    if starts_on >= planned.after.starts_on:
        text = _("The next change is planned for %(day)s: choose a day before it.")
        raise Refused(text % {"day": next_on}, code="too_late", field="starts_on")


def _write(planned: Sequence[Planned], decision: dict[str, Any], by: User) -> None:
    """Write the decision on the leads, and the new end on those before them, in the order that never overlaps."""
    values = {**decision, "decided_by": by, "decided_at": timezone.now()}
    first = planned[0].lead
    is_earlier = decision["starts_on"] < first.starts_on
    if decision["starts_on"] != first.starts_on or decision["unit"] != first.unit:
        values |= {**UNANSWERED, "objection": ""}
    for each in planned:
        each.before.ends_on = decision["starts_on"]
        for name, value in values.items():
            setattr(each.lead, name, value)
    first.clean_fields(exclude=["campaign", "task", "unit", "decided_by"])
    ended = LeadAssignment.objects.filter(pk__in=[each.before.pk for each in planned])
    if is_earlier:
        ended.update(ends_on=decision["starts_on"])
    LeadAssignment.objects.filter(pk__in=[each.lead.pk for each in planned]).update(**values)
    if not is_earlier:
        ended.update(ends_on=decision["starts_on"])


def _told(lead: LeadAssignment) -> dict[str, Any]:
    """Return what an event says of a decision."""
    return {name: lead.unit.name if name == "unit" else getattr(lead, name) for name in DECIDED}


def _tell(planned: Sequence[Planned]) -> None:
    """Tell the units what became of the plan that they were told of; a unit newly chosen, that it will lead."""
    told: dict[tuple[int, str], list[Planned]] = defaultdict(list)
    for each in planned:
        told[each.before.unit_id, "replanned"].append(each)
        if each.lead.unit_id == each.seen.unit_id:
            told[each.lead.unit_id, "replanned"].append(each)
        else:
            told[each.seen.unit_id, "off"].append(each)
            told[each.lead.unit_id, "given"].append(each)
    _notify(told, together=len(planned) > TOLD_ONE_BY_ONE)


def _notify(told: dict[tuple[int, str], list[Planned]], *, together: bool) -> None:
    """Send each unit a message about each change, or ``together`` one about all that it is told of in one way."""
    for (unit_id, what), changes in told.items():
        people = people_of([unit_id])
        if together:
            values = {**_values(changes[0], what), "count": len(changes)}
            link = (
                ""
                if what in {"off", "withdrawn"}
                else f"/reassignments/?unit={unit_id}&first={values['day']}"
            )
            notify(recipients=people, kind=f"leads_{what}", values=values, link=link)
            continue
        for each in changes:
            # What a unit is not to lead after all may not be its to see.
            is_off = unit_id != each.before.unit_id and what in {"off", "withdrawn"}
            link = "" if is_off else address_of(each.lead.subject)
            notify(recipients=people, kind=f"lead_{what}", values=_values(each, what), link=link)


def _values(planned: Planned, what: str) -> dict[str, Any]:
    """Return what the messages say of a change decided anew or taken back."""
    old_unit = planned.before.unit if what == "given" else planned.seen.unit
    return {
        **lead_values(planned.lead),
        "old_unit": old_unit.name,
        "old_unit_en": old_unit.name_en,
        "old_day": planned.seen.starts_on.isoformat(),
        "reason": planned.lead.reason,
    }


@transaction.atomic
def withdraw_planned(*, leads: Sequence[LeadAssignment], by: User) -> None:
    """Take back changes of lead that are still to come: the units before go on leading (撤回未生效的调整).

    All units are told; the events keep what had been decided. Raises Refused ``begun``, ``changed``, ``first``.
    """
    subjects = read_subjects((lead.subject for lead in leads), lock=True)
    seen, history, today = {lead.subject: lead for lead in leads}, histories(subjects), timezone.localdate()
    planned = []
    for row in subjects:
        with naming(row, of=len(subjects)):
            planned.append(_find(seen[row], history[row], today))
    LeadAssignment.objects.filter(pk__in=[each.lead.pk for each in planned]).delete()
    ends: dict[dt.date | None, list[int]] = defaultdict(list)
    for each in planned:
        ends[each.lead.ends_on].append(each.before.pk)
    for ends_on, keys in ends.items():
        LeadAssignment.objects.filter(pk__in=keys).update(ends_on=ends_on)
    entries = [
        Entry("lead.withdraw", each.lead.subject, _told(each.lead), {"unit": each.before.unit.name})
        for each in planned
    ]
    record_events(entries=entries, by=by)
    told: dict[tuple[int, str], list[Planned]] = defaultdict(list)
    for each in planned:
        told[each.before.unit_id, "withdrawn"].append(each)
        told[each.lead.unit_id, "withdrawn"].append(each)
    _notify(told, together=len(planned) > TOLD_ONE_BY_ONE)
