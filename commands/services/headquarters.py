"""Reorganising headquarters: set up, renamed, co-located and parted, dissolved; every change dated, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Nameplate, Post, TeamHistory, TeamKind, User, WorkTeam
from commands.services.events import record_event
from commands.services.names import apply_names, check_follows, decided, needed, saved
from commands.services.posts import end_post
from commands.services.refusals import Refused
from commands.services.teams import end_team, set_up_team

LONGEST_CODE = 40


@transaction.atomic
def set_up_headquarters(
    *,
    name: str,
    name_en: str = "",
    purpose: str = "",
    purpose_en: str = "",
    starts_on: dt.date,
    reason: str,
    reason_en: str = "",
    document_number: str = "",
    groups: Sequence[tuple[str, str]] = (),
    by: User | None,
) -> Headquarters:
    """Set up a headquarters (设立指挥部) with its first nameplate and its dedicated groups, from ``starts_on`` on.

    ``groups`` are names with their English. Raises Refused ``reason_missing``, ``name_taken``.
    """
    needed(reason)
    _check_free(name, starts_on)
    headquarters = _numbered(Headquarters(name=name, name_en=name_en, purpose=purpose, purpose_en=purpose_en))
    after = {"name": name, "name_en": name_en, **decided(starts_on, reason, document_number)}
    record_event(action="headquarters.set_up", about=headquarters, after=after, by=by)
    plate = Nameplate(headquarters=headquarters, name=name, name_en=name_en)
    plate.starts_on, plate.reason, plate.reason_en = starts_on, reason, reason_en
    plate.document_number = document_number
    saved(plate)
    for group, group_en in groups:
        set_up_team(
            headquarters=headquarters,
            kind=TeamKind.DEDICATED_GROUP,
            name=group,
            name_en=group_en,
            starts_on=starts_on,
            reason=reason,
            by=by,
        )
    return headquarters


@transaction.atomic
def rename_headquarters(
    *,
    headquarters: Headquarters,
    name: str,
    name_en: str = "",
    starts_on: dt.date,
    reason: str,
    reason_en: str = "",
    document_number: str = "",
    by: User | None,
) -> Nameplate:
    """Hang out another principal nameplate (更名) from ``starts_on`` on, and return it.

    The name before ends that day and stays what the headquarters was called until then. Raises Refused
    ``reason_missing``, ``dissolved``, ``same_name``, ``name_taken``, ``too_early``.
    """
    needed(reason)
    headquarters = _working(headquarters)
    before = _principal(headquarters)
    if (before.name, before.name_en) == (name, name_en):
        raise Refused(_("It has this name already."), code="same_name", field="name")
    _check_free(name, starts_on, besides=headquarters)
    check_follows(starts_on, before.starts_on)
    before.ends_on = starts_on
    before.save(update_fields=["ends_on"])
    plate = Nameplate(headquarters=headquarters, name=name, name_en=name_en, renamed_from=before)
    plate.starts_on, plate.reason, plate.reason_en = starts_on, reason, reason_en
    plate.document_number = document_number
    saved(plate)
    record_event(
        action="headquarters.rename",
        about=headquarters,
        before={"name": before.name, "name_en": before.name_en},
        after={"name": name, "name_en": name_en, **decided(starts_on, reason, document_number)},
        by=by,
    )
    apply_names(day=timezone.localdate())
    return plate


@transaction.atomic
def hang_nameplate(
    *,
    headquarters: Headquarters,
    name: str,
    name_en: str = "",
    starts_on: dt.date | None,
    reason: str,
    reason_en: str = "",
    document_number: str = "",
    by: User | None,
) -> Nameplate:
    """Hang out a further nameplate: two nameplates, one staff (合署办公). ``starts_on`` None: not known since when.

    Raises Refused ``reason_missing``, ``dissolved``, ``name_taken``.
    """
    needed(reason)
    headquarters = _working(headquarters)
    _check_free(name, starts_on or timezone.localdate())
    plate = Nameplate(headquarters=headquarters, name=name, name_en=name_en, is_principal=False)
    plate.starts_on, plate.reason, plate.reason_en = starts_on, reason, reason_en
    plate.document_number = document_number
    saved(plate)
    after = {"name": name, "name_en": name_en, **decided(starts_on, reason, document_number)}
    record_event(action="headquarters.co_locate", about=headquarters, after=after, by=by)
    return plate


@transaction.atomic
def take_down_nameplate(*, nameplate: Nameplate, ends_on: dt.date, reason: str, by: User | None) -> Nameplate:
    """Take down a further nameplate (分设): from ``ends_on`` on the staff works without it.

    Raises Refused ``reason_missing``, ``principal``, ``ended``, ``too_early``.
    """
    needed(reason)
    headquarters = _working(nameplate.headquarters)
    nameplate = Nameplate.objects.select_for_update(of=("self",)).get(pk=nameplate.pk)
    if nameplate.is_principal:
        raise Refused(_("A headquarters keeps its principal nameplate; rename it."), code="principal")
    if nameplate.ends_on is not None:
        raise Refused(_("This nameplate has been taken down already."), code="ended", field="nameplate")
    if nameplate.starts_on and ends_on <= nameplate.starts_on:
        raise Refused(_("The end must be later than the start."), code="too_early", field="ends_on")
    nameplate.ends_on, nameplate.end_reason = ends_on, reason
    saved(nameplate)
    record_event(
        action="headquarters.part",
        about=headquarters,
        before={"name": nameplate.name, "starts_on": nameplate.starts_on},
        after={"ends_on": ends_on, "reason": reason},
        by=by,
    )
    return nameplate


@transaction.atomic
def dissolve_headquarters(
    *, headquarters: Headquarters, ends_on: dt.date, reason: str, by: User | None
) -> Headquarters:
    """Dissolve a headquarters (撤销): its nameplates, teams and posts end with it.

    What it may still have to do is for the caller to ask. Raises Refused ``reason_missing``, ``dissolved``,
    ``too_early``.
    """
    needed(reason)
    headquarters = _working(headquarters)
    later = _later_starts(headquarters)
    if later and ends_on <= later:
        raise Refused(
            _("Choose a day after %(day)s: until then a change of it takes effect.")
            % {"day": later.isoformat()},
            code="too_early",
            field="ends_on",
        )
    headquarters.dissolved_on, headquarters.dissolved_reason = ends_on, reason
    saved(headquarters)
    after = {"ends_on": ends_on, "reason": reason}
    record_event(action="headquarters.dissolve", about=headquarters, after=after, by=by)
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gt=ends_on)
    headquarters.nameplates.filter(lasting).update(ends_on=ends_on)
    for team in headquarters.work_teams.filter(lasting):
        end_team(team=team, ends_on=ends_on, reason=reason, by=by)
    for post in Post.objects.filter(lasting, headquarters=headquarters).select_related("user"):
        end_post(post=post, ends_on=ends_on, by=by)
    return headquarters


def _later_starts(headquarters: Headquarters) -> dt.date | None:
    """Return the last day on which a nameplate or a team of the headquarters began or will begin."""
    days: list[Any] = [
        model.objects.filter(headquarters=headquarters).aggregate(day=Max("starts_on"))["day"]
        for model in (Nameplate, WorkTeam, TeamHistory)
    ]
    return max((day for day in days if day), default=None)


def _working(headquarters: Headquarters) -> Headquarters:
    """Return the headquarters, locked; refuse one that is dissolved, or is to be."""
    row = Headquarters.objects.select_for_update(no_key=True).get(pk=headquarters.pk)
    if row.dissolved_on is not None:
        raise Refused(
            _("This headquarters was dissolved on %(day)s.") % {"day": row.dissolved_on.isoformat()},
            code="dissolved",
        )
    return row


def _principal(headquarters: Headquarters) -> Nameplate:
    """Return the latest principal nameplate; the present name becomes one where none was ever recorded."""
    plate = headquarters.nameplates.filter(is_principal=True, ends_on__isnull=True).first()
    if plate is None:
        plate = Nameplate(headquarters=headquarters, name=headquarters.name, name_en=headquarters.name_en)
        saved(plate)
    return plate


def _check_free(name: str, day: dt.date, besides: Headquarters | None = None) -> None:
    """Refuse a name under which another headquarters works on ``day`` or later."""
    others = Nameplate.objects.filter(name=name).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    if besides is not None:
        others = others.exclude(headquarters=besides, is_principal=True)
    if others.exists():
        raise Refused(_("A nameplate with this name hangs already."), code="name_taken", field="name")


def _numbered(headquarters: Headquarters) -> Headquarters:
    """Save a new headquarters under the next number."""
    # Locked, so that two set up at the same moment do not get the same number.
    last = Headquarters.objects.select_for_update().order_by("-number").first()
    headquarters.number = last.number + 1 if last else 1
    headquarters.code = _code(headquarters.name_en, headquarters.number)
    return saved(headquarters)


def _code(name_en: str, number: int) -> str:
    """Return a short name for addresses and files that nobody else has."""
    code = slugify(name_en)[:LONGEST_CODE].strip("-") or f"headquarters-{number}"
    taken = Headquarters.objects.filter(code=code).exists()
    return f"{code[: LONGEST_CODE - 5].strip('-')}-{number}" if taken else code
