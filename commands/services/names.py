"""The standing names: what headquarters, units and teams are called today, kept in step with their history."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from commands.models import Nameplate, TeamHistory, Unit, UnitName
from commands.models.ranges import in_force
from commands.services.refusals import Refused

Row = TypeVar("Row", bound=models.Model)


def needed(reason: str) -> None:
    """Refuse a change without a reason: years later nobody could say why."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason_missing", field="reason")


def decided(starts_on: dt.date | None, reason: str, document_number: str) -> dict[str, Any]:
    """Return what an event tells of a decision: from when, why, and under what document, where there is one."""
    told: dict[str, Any] = {"starts_on": starts_on, "reason": reason}
    return {**told, "document_number": document_number} if document_number else told


def check_follows(day: dt.date, latest: dt.date | None) -> None:
    """Refuse a day on or before ``latest``, on which the name that is to end began."""
    if latest and day <= latest:
        raise Refused(
            _("Choose a day after %(day)s, from which its latest name holds.") % {"day": latest.isoformat()},
            code="too_early",
            field="starts_on",
        )


def saved(row: Row) -> Row:
    """Check ``row`` as a form would, save and return it; what the model refuses is told as a refusal."""
    try:
        row.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refused(
            error.message_dict[field][0], code="invalid", field=None if field == "__all__" else field
        ) from error
    row.save()
    return row


@transaction.atomic
def apply_names(*, day: dt.date) -> int:
    """Write the names of ``day`` on headquarters, units and teams; return how many rows changed.

    Called when a name changes and every day, so that a change dated ahead needs nobody's help; safe to repeat.
    A unit that is set up or closed on a day ahead is opened or closed with it.
    """
    plates = Nameplate.objects.filter(in_force(day), is_principal=True)
    changed = _follow(plates, "headquarters", ("name", "name_en"))
    changed += _follow(UnitName.objects.filter(in_force(day)), "unit", ("name", "name_en", "short_name"))
    changed += _follow(TeamHistory.objects.filter(in_force(day)), "team", ("name", "name_en", "headquarters"))
    # Without a first day it is inactive because somebody closed it before days were kept.
    begun = Unit.objects.existing_on(day).filter(active=False, starts_on__isnull=False)
    changed += begun.update(active=True)
    gone = Unit.objects.filter(closed_on__lte=day, active=True)
    return changed + gone.update(active=False)


def _follow(current: QuerySet[Any], owner: str, fields: tuple[str, ...]) -> int:
    """Write on each ``owner`` what ``current``, at most one line for each, says of ``fields``, where it says another."""
    stale = current.exclude(**{f"{owner}__{name}": F(name) for name in fields})
    changed = list(stale.select_related(owner)) if stale.exists() else []
    for line in changed:
        row = getattr(line, owner)
        for name in fields:
            attribute = row._meta.get_field(name).attname
            setattr(row, attribute, getattr(line, attribute))
        row.save(update_fields=fields)
    return len(changed)
