"""The receiving unit's objection to a lead, and taking back a change of lead that is still to come."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Post, User
from commands.roles import RoleCode
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Campaign, LeadAssignment, Task
from tasks.services.inbox import notify
from tasks.services.people import people_of
from tasks.services.reminders import reconcile

WORDS_LIMIT = 1000


def administrators() -> list[User]:
    """Return today's administrators."""
    posts = Post.objects.on(timezone.localdate()).filter(role=RoleCode.ADMINISTRATOR).select_related("user")
    return list({post.user_id: post.user for post in posts}.values())


@transaction.atomic
def object_to_lead(*, lead: LeadAssignment, words: str, by: User) -> LeadAssignment:
    """Raise an objection (异议) to leading: the administrators are told, and nobody is chased until they decide.

    The unit goes on leading, and may still acknowledge. Raises Refused ``words_missing``, ``too_long``,
    ``other_unit``, ``not_waiting``.
    """
    if not words.strip():
        raise Refused(_("Say why your unit cannot lead it."), code="words_missing", field="words")
    if len(words) > WORDS_LIMIT:
        raise Refused(_("Write at most 1000 characters."), code="too_long", field="words")
    lead = LeadAssignment.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if lead.unit_id not in by.duties.unit_ids:
        raise Refused(_("Only the unit that takes over can object."), code="other_unit")
    if not lead.is_waiting or lead.objected_at is not None:
        raise Refused(_("It has been answered already."), code="not_waiting")
    lead.objected_at, lead.objected_by, lead.objection = timezone.now(), by, words
    lead.save(update_fields=["objected_at", "objected_by", "objection"])
    after = {"unit": lead.unit.name, "words": words}
    record_event(action="lead.object", about=lead.subject, after=after, by=by)
    values = {**_values(lead), "words": words}
    notify(
        recipients=administrators(),
        kind="lead_objected",
        values=values,
        link="/reassignments/?state=objected",
    )
    reconcile(rows=LeadAssignment.objects.filter(pk=lead.pk), now=timezone.now())
    return lead


@transaction.atomic
def withdraw_lead(*, lead: LeadAssignment, by: User) -> Campaign | Task:
    """Take back a change of lead that is still to come: the unit before goes on leading. Return what is led.

    Both units are told; the event keeps what had been decided. Raises Refused ``begun``, ``first``.
    """
    subject = lead.subject
    type(subject)._base_manager.select_for_update(no_key=True).get(pk=subject.pk)
    found = LeadAssignment.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
    if found is None or found.starts_on <= timezone.localdate():
        raise Refused(_("It has taken effect or was withdrawn already."), code="begun")
    before = subject.leads.filter(ends_on=found.starts_on).first()
    if before is None:
        raise Refused(_("Nobody led it before; reassign it instead."), code="first")
    values = {"unit": found.unit.name, "starts_on": found.starts_on, "reason": found.reason}
    told = people_of([found.unit_id, before.unit_id])
    ends_on = found.ends_on
    found.delete()
    before.ends_on = ends_on
    before.save(update_fields=["ends_on"])
    after = {"unit": before.unit.name}
    record_event(action="lead.withdraw", about=subject, before=values, after=after, by=by)
    link = f"/tasks/{subject.pk}/" if isinstance(subject, Task) else f"/campaigns/{subject.pk}/"
    notify(recipients=told, kind="lead_withdrawn", values=_values(lead), link=link)
    return subject


def _values(lead: LeadAssignment) -> dict[str, str]:
    """Return what the messages say of a lead."""
    subject = lead.subject
    english = subject.name_en if isinstance(subject, Campaign) else ""
    return {
        "task": str(subject),
        "task_en": english,
        "unit": lead.unit.name,
        "unit_en": lead.unit.name_en,
        "day": lead.starts_on.isoformat(),
    }
