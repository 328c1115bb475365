"""Units: set up, renamed, closed. What they lead is known to ``tasks``, whose services close and merge them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from commands.models import Post, Unit, UnitName, User
from commands.services.events import record_event
from commands.services.names import apply_names, check_follows, decided, needed, saved
from commands.services.posts import end_post, give_post
from commands.services.refusals import Refused

LONGEST_CODE = 40


@transaction.atomic
def set_up_unit(
    *,
    kind: str,
    name: str,
    short_name: str = "",
    name_en: str = "",
    starts_on: dt.date,
    reason: str,
    document_number: str = "",
    by: User | None,
) -> Unit:
    """Set up a unit (设立单位); it may be given work from ``starts_on`` on.

    Raises Refused ``reason_missing``, ``name_taken``.
    """
    needed(reason)
    _check_free(name)
    position = Unit.objects.aggregate(last=Max("position"))["last"] or 0
    unit = Unit(kind=kind, name=name, short_name=short_name, name_en=name_en, starts_on=starts_on)
    unit.code, unit.position = _code(name_en, position + 1), position + 1
    unit.active = starts_on <= timezone.localdate()
    saved(unit)
    row = UnitName(unit=unit, name=name, short_name=short_name, name_en=name_en)
    row.starts_on, row.reason, row.document_number = starts_on, reason, document_number
    saved(row)
    after = {"name": name, "kind": kind, **decided(starts_on, reason, document_number)}
    record_event(action="unit.set_up", about=unit, after=after, by=by)
    return unit


@transaction.atomic
def rename_unit(
    *,
    unit: Unit,
    name: str,
    short_name: str = "",
    name_en: str = "",
    starts_on: dt.date,
    reason: str,
    document_number: str = "",
    by: User | None,
) -> UnitName:
    """Call a unit otherwise from ``starts_on`` on.

    Raises Refused ``reason_missing``, ``closed``, ``same_name``, ``name_taken``, ``too_early``.
    """
    needed(reason)
    unit = _lasting(unit)
    last = _latest_name(unit)
    if (last.name, last.short_name, last.name_en) == (name, short_name, name_en):
        raise Refused(_("It has this name already."), code="same_name", field="name")
    if last.name != name:
        _check_free(name)
    check_follows(starts_on, last.starts_on)
    last.ends_on = starts_on
    last.save(update_fields=["ends_on"])
    row = UnitName(unit=unit, name=name, short_name=short_name, name_en=name_en)
    row.starts_on, row.reason, row.document_number = starts_on, reason, document_number
    saved(row)
    before = {"name": last.name, "short_name": last.short_name, "name_en": last.name_en}
    after = {"name": name, "short_name": short_name, "name_en": name_en}
    after |= decided(starts_on, reason, document_number)
    record_event(action="unit.rename", about=unit, before=before, after=after, by=by)
    apply_names(day=timezone.localdate())
    return row


@transaction.atomic
def end_unit(
    *, unit: Unit, closed_on: dt.date, merged_into: Unit | None = None, reason: str, by: User | None
) -> Unit:
    """Close a unit (撤销) from ``closed_on`` on, or let it go up in another (并入), whose posts its people then hold.

    Raises Refused ``reason_missing``, ``closed``, ``same_unit``, ``unit_inactive``, ``too_early``.
    """
    needed(reason)
    unit = _lasting(unit, others=[merged_into] if merged_into else [])
    if merged_into is not None:
        _check_target(unit, merged_into)
    last = unit.names.filter(ends_on__isnull=True).first()
    begun = last.starts_on if last else unit.starts_on
    if begun and closed_on <= begun:
        raise Refused(_("The end must be later than the start."), code="too_early", field="ends_on")
    if last:
        last.ends_on = closed_on
        last.save(update_fields=["ends_on"])
    unit.closed_on, unit.closed_reason, unit.merged_into = closed_on, reason, merged_into
    saved(unit)
    after = {"ends_on": closed_on, "reason": reason}
    if merged_into is not None:
        after["merged_into"] = merged_into.name
    record_event(action="unit.merge" if merged_into else "unit.close", about=unit, after=after, by=by)
    _pass_on_posts(unit, closed_on, merged_into, by)
    apply_names(day=timezone.localdate())
    return unit


def _latest_name(unit: Unit) -> UnitName:
    """Return the latest name of ``unit``; the present one becomes it where none was ever recorded."""
    last = unit.names.filter(ends_on__isnull=True).first()
    if last is None:
        last = UnitName(unit=unit, name=unit.name, short_name=unit.short_name, name_en=unit.name_en)
        last.starts_on = unit.starts_on
        saved(last)
    return last


def _pass_on_posts(unit: Unit, day: dt.date, heir: Unit | None, by: User | None) -> None:
    """End the posts in ``unit`` on ``day``; in ``heir``, if any, their holders go on in the same role."""
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    for post in Post.objects.filter(lasting, unit=unit).select_related("user").order_by("pk"):
        end_post(post=post, ends_on=day, by=by)
        held = Post.objects.filter(lasting, user=post.user, role=post.role, unit=heir)
        if heir is not None and not held.exists():
            starts_on = max(day, post.starts_on)
            give_post(user=post.user, role=post.role, unit=heir, starts_on=starts_on, by=by)


def _check_target(unit: Unit, heir: Unit) -> None:
    """Refuse to merge a unit into itself or into one that is closed."""
    if unit == heir:
        raise Refused(_("Choose another unit."), code="same_unit", field="merged_into")
    if Unit.objects.lasting().filter(pk=heir.pk).exists():
        return
    raise Refused(_("This unit is no longer active."), code="unit_inactive", field="merged_into")


def _lasting(unit: Unit, others: list[Unit] | None = None) -> Unit:
    """Return the unit, locked with ``others`` in one order; refuse one that is closed, or is to be."""
    keys = [unit.pk, *(other.pk for other in others or [])]
    rows = {row.pk: row for row in _locked(keys)}
    row = rows[unit.pk]
    if row.closed_on is not None or not row.active:
        raise Refused(_("This unit is no longer active."), code="closed")
    return row


def _locked(keys: list[int]) -> list[Unit]:
    return list(Unit.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",), no_key=True))


def _check_free(name: str) -> None:
    """Refuse a name that another unit bears."""
    if Unit.objects.filter(name=name, closed_on__isnull=True).exists():
        raise Refused(_("Another unit has this name."), code="name_taken", field="name")


def _code(name_en: str, number: int) -> str:
    """Return a short name for addresses and files that no unit has."""
    code = slugify(name_en)[:LONGEST_CODE].strip("-") or f"unit-{number}"
    taken = Unit.objects.filter(code=code).exists()
    return f"{code[: LONGEST_CODE - 6].strip('-')}-{number}" if taken else code
