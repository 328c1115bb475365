"""The receiving unit's objection to a lead."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Post, User
from commands.roles import RoleCode
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import LeadAssignment
from tasks.services.inbox import notify
from tasks.services.moves import lead_values
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
    values = {**lead_values(lead), "words": words}
    notify(
        recipients=administrators(),
        kind="lead_objected",
        values=values,
        link="/reassignments/?state=objected",
    )
    reconcile(rows=LeadAssignment.objects.filter(pk=lead.pk), now=timezone.now())
    return lead
