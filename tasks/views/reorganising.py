"""Reorganising headquarters, teams and units: every kind of change in the same three steps.

Say what, from when and why; see what it will touch; confirm. What is seen is a rehearsal of the change itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from commands.forms.fields import put_beside
from commands.models import Headquarters, Unit, WorkTeam
from commands.roles import Power
from commands.services.headquarters import (
    hang_nameplate,
    rename_headquarters,
    set_up_headquarters,
    take_down_nameplate,
)
from commands.services.refusals import Refused
from commands.services.teams import move_team, rename_team, set_up_team
from commands.services.units import rename_unit, set_up_unit
from tasks.boards.events import tell
from tasks.boards.reorganising import holdings
from tasks.forms import reorganising as forms
from tasks.services.headquarters import dissolve_headquarters, dissolve_team
from tasks.services.rehearsals import Rehearsal, rehearse
from tasks.services.units import close_unit, merge_unit
from tasks.views.access import SignedInRequest, require_power


@dataclass(frozen=True)
class Act:
    """One way to reorganise. ``of`` is the model of what is changed; None: something new is set up."""

    title: Promise
    of: type[Headquarters | WorkTeam | Unit] | None
    form: type[forms.ReorganisingForm]
    service: Callable[..., object]


ACTS = {
    "headquarters_new": Act(
        _("Set up a headquarters"), None, forms.HeadquartersSetUpForm, set_up_headquarters
    ),
    "headquarters_rename": Act(
        _("Rename the headquarters"), Headquarters, forms.HeadquartersRenameForm, rename_headquarters
    ),
    "headquarters_co_locate": Act(
        _("Hang out a further nameplate"), Headquarters, forms.NameplateForm, hang_nameplate
    ),
    "headquarters_part": Act(
        _("Take down a further nameplate"), Headquarters, forms.NameplateDownForm, take_down_nameplate
    ),
    "headquarters_dissolve": Act(
        _("Dissolve the headquarters"), Headquarters, forms.DissolveForm, dissolve_headquarters
    ),
    "team_new": Act(_("Set up a team"), Headquarters, forms.TeamSetUpForm, set_up_team),
    "team_rename": Act(_("Rename the team"), WorkTeam, forms.TeamRenameForm, rename_team),
    "team_move": Act(_("Move the team"), WorkTeam, forms.TeamMoveForm, move_team),
    "team_dissolve": Act(_("Dissolve the team"), WorkTeam, forms.DissolveForm, dissolve_team),
    "unit_new": Act(_("Set up a unit"), None, forms.UnitSetUpForm, set_up_unit),
    "unit_rename": Act(_("Rename the unit"), Unit, forms.UnitRenameForm, rename_unit),
    "unit_merge": Act(_("Merge the unit into another"), Unit, forms.UnitMergeForm, merge_unit),
    "unit_close": Act(_("Close the unit"), Unit, forms.DissolveForm, close_unit),
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
def reorganise(request: SignedInRequest, act: str, pk: int | None = None) -> HttpResponseBase:
    """Ask for the change, preview it, make it: the same three steps for each of ``ACTS``."""
    chosen = ACTS[act]
    target = get_object_or_404(chosen.of, pk=pk) if chosen.of else None
    form = chosen.form(request.POST or None, target=target)
    if request.method != "POST" or request.POST.get("action") == "change" or not form.is_valid():
        return _ask(request, chosen, target, form)
    confirming = request.POST.get("action") == "confirm"
    seen = request.POST.get("fingerprint", "") if confirming else ""
    try:
        made = rehearse(partial(chosen.service, **form.decision(), by=request.user), seen=seen)
    except Refused as refusal:
        put_beside(form, refusal)
        return _ask(request, chosen, target, form)
    if made.is_kept:
        messages.success(request, _("It has been decided and recorded."))
        return redirect(_page(target or made.result))
    return _preview(request, chosen, target, form, made, is_stale=confirming)


def _page(row: object) -> str:
    """Return the page on which a headquarters, team or unit is shown."""
    if isinstance(row, Unit):
        return reverse("tasks:unit_detail", args=[row.pk])
    if isinstance(row, WorkTeam):
        return reverse("tasks:headquarters_detail", args=[row.headquarters_id])
    if isinstance(row, Headquarters):
        return reverse("tasks:headquarters_detail", args=[row.pk])
    return ""


def _about(act: Act, target: Model | None, form: forms.ReorganisingForm) -> dict[str, Any]:
    """Return what both steps say."""
    is_unit = act.of is Unit or act.form is forms.UnitSetUpForm
    structure = reverse("tasks:unit_list" if is_unit else "tasks:headquarters_list")
    return {
        "title": act.title,
        "target": target,
        "address": _page(target) or structure,
        "structure": structure,
        "form": form,
        "holdings": holdings(target),
    }


def _ask(
    request: SignedInRequest, act: Act, target: Model | None, form: forms.ReorganisingForm
) -> HttpResponse:
    """Draw the form."""
    fields = [(bound, form.limits.get(bound.name)) for bound in form]
    context = {**_about(act, target, form), "fields": fields}
    return render(request, "tasks/reorganising/ask.html", context)


def _preview(
    request: SignedInRequest,
    act: Act,
    target: Model | None,
    form: forms.ReorganisingForm,
    made: Rehearsal,
    *,
    is_stale: bool,
) -> HttpResponse:
    """Draw what the change would touch, with the way to confirm it."""
    day = form.cleaned_data.get(form.day_name)
    context = {
        **_about(act, target, form),
        "told": tell(made.events),
        "people": made.people,
        "fingerprint": made.fingerprint,
        "is_stale": is_stale,
        "day": day,
        "is_planned": day is not None and day > timezone.localdate(),
        "reason": form.cleaned_data["reason"],
    }
    status = 409 if is_stale else 200
    return render(request, "tasks/reorganising/preview.html", context, status=status)
