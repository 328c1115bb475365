"""Work teams and dedicated groups: set up, renamed, moved to another headquarters, dissolved."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, TeamHistory, User, WorkTeam
from commands.services.events import record_event
from commands.services.names import apply_names, needed, saved
from commands.services.refusals import Refused


@transaction.atomic
def set_up_team(
    *,
    headquarters: Headquarters,
    kind: str,
    name: str,
    name_en: str = "",
    duties: str = "",
    starts_on: dt.date,
    reason: str,
    by: User | None,
) -> WorkTeam:
    """Set up a work team (工作专班) or dedicated group (专责组) under a headquarters, from ``starts_on`` on.

    It takes the next number of its kind there. Raises Refused ``reason_missing``, ``dissolved``,
    ``name_taken``.
    """
    needed(reason)
    headquarters = _working(headquarters)
    _check_free(headquarters, name, starts_on)
    number = headquarters.work_teams.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
    team = saved(
        WorkTeam(
            headquarters=headquarters,
            kind=kind,
            number=number + 1,
            name=name,
            name_en=name_en,
            duties=duties,
            starts_on=starts_on,
            reason=reason,
        )
    )
    after = {"headquarters": headquarters.name, "name": name, "starts_on": starts_on, "reason": reason}
    record_event(action="team.set_up", about=team, after=after, by=by)
    return team


@transaction.atomic
def rename_team(
    *, team: WorkTeam, name: str, name_en: str = "", starts_on: dt.date, reason: str, by: User | None
) -> WorkTeam:
    """Call a team otherwise from ``starts_on`` on.

    Raises Refused ``reason_missing``, ``ended``, ``same_name``, ``name_taken``, ``too_early``.
    """
    needed(reason)
    team, last = _lasting(team)
    if (last.name, last.name_en) == (name, name_en):
        raise Refused(_("It has this name already."), code="same_name", field="name")
    if last.name != name:
        _check_free(last.headquarters, name, starts_on)
    _follow_up(last, starts_on, headquarters=last.headquarters, name=name, name_en=name_en, reason=reason)
    record_event(
        action="team.rename",
        about=team,
        before={"name": last.name, "name_en": last.name_en},
        after={"name": name, "name_en": name_en, "starts_on": starts_on, "reason": reason},
        by=by,
    )
    apply_names(day=timezone.localdate())
    return team


@transaction.atomic
def move_team(
    *, team: WorkTeam, headquarters: Headquarters, starts_on: dt.date, reason: str, by: User | None
) -> WorkTeam:
    """Put a team under another headquarters from ``starts_on`` on; its tasks stay with it.

    Raises Refused ``reason_missing``, ``ended``, ``same_headquarters``, ``dissolved``, ``name_taken``,
    ``too_early``.
    """
    needed(reason)
    team, last = _lasting(team)
    if last.headquarters == headquarters:
        raise Refused(_("It works there already."), code="same_headquarters", field="headquarters")
    headquarters = _working(headquarters)
    _check_free(headquarters, last.name, starts_on)
    _follow_up(
        last, starts_on, headquarters=headquarters, name=last.name, name_en=last.name_en, reason=reason
    )
    record_event(
        action="team.move",
        about=team,
        before={"headquarters": last.headquarters.name},
        after={"headquarters": headquarters.name, "starts_on": starts_on, "reason": reason},
        by=by,
    )
    apply_names(day=timezone.localdate())
    return team


@transaction.atomic
def end_team(*, team: WorkTeam, ends_on: dt.date, reason: str, by: User | None) -> WorkTeam:
    """Dissolve a team from ``ends_on`` on. Raises Refused ``reason_missing``, ``ended``, ``too_early``."""
    needed(reason)
    team = WorkTeam.objects.select_for_update(of=("self",), no_key=True).get(pk=team.pk)
    _check_lasting(team)
    last = team.history.filter(ends_on__isnull=True).first()
    begun = last.starts_on if last else team.starts_on
    if begun and ends_on <= begun:
        raise Refused(_("The end must be later than the start."), code="too_early", field="ends_on")
    if last:
        last.ends_on = ends_on
        last.save(update_fields=["ends_on"])
    team.ends_on, team.end_reason = ends_on, reason
    saved(team)
    after = {"ends_on": ends_on, "reason": reason}
    record_event(action="team.dissolve", about=team, after=after, by=by)
    return team


def _check_lasting(team: WorkTeam) -> None:
    """Refuse to change a team that has ended or is to end."""
    if team.ends_on is not None:
        raise Refused(
            _("This team was dissolved on %(day)s.") % {"day": team.ends_on.isoformat()}, code="ended"
        )


def _lasting(team: WorkTeam) -> tuple[WorkTeam, TeamHistory]:
    """Return the team, locked, and the last line of its history, begun now where nothing ever changed."""
    team = WorkTeam.objects.select_for_update(of=("self",), no_key=True).get(pk=team.pk)
    _check_lasting(team)
    last = team.history.select_related("headquarters").filter(ends_on__isnull=True).first()
    if last is None:
        last = saved(
            TeamHistory(
                team=team,
                headquarters=team.headquarters,
                name=team.name,
                name_en=team.name_en,
                starts_on=team.starts_on,
                reason=team.reason,
            )
        )
    return team, last


def _follow_up(last: TeamHistory, day: dt.date, **values: object) -> None:
    """End the last line of a team's history on ``day`` and begin the next."""
    if last.starts_on and day <= last.starts_on:
        raise Refused(
            _("Choose a day after %(day)s, on which it last changed.") % {"day": last.starts_on.isoformat()},
            code="too_early",
            field="starts_on",
        )
    last.ends_on = day
    last.save(update_fields=["ends_on"])
    saved(TeamHistory(team=last.team, starts_on=day, **values))


def _working(headquarters: Headquarters) -> Headquarters:
    """Return the headquarters, locked; refuse one that is dissolved, or is to be."""
    row = Headquarters.objects.select_for_update(no_key=True).get(pk=headquarters.pk)
    if row.dissolved_on is not None:
        raise Refused(
            _("This headquarters has been dissolved."), code="headquarters_dissolved", field="headquarters"
        )
    return row


def _check_free(headquarters: Headquarters, name: str, day: dt.date) -> None:
    """Refuse a name that another team of the headquarters bears on ``day``."""
    lasting = headquarters.work_teams.exclude(ends_on__lte=day)
    if lasting.filter(name=name).exists():
        raise Refused(_("Another team of this headquarters has this name."), code="name_taken", field="name")
