"""The ladders of reminders: read and set up by administrators, with a preview of what a change does."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.ladders import ladder_boards, open_vacancies, preview, seen_mark
from tasks.forms.ladders import StageForms, typed_as
from tasks.models import KindChoices, Ladder
from tasks.rules.reminders import DEFAULT_LADDERS, Kind, Stages
from tasks.services.ladders import change_ladder
from tasks.views.access import SignedInRequest, require_power


@require_safe
@require_power(Power.ADMINISTER)
def ladder_list(request: SignedInRequest) -> HttpResponse:
    """Show every kind's ladder, and the posts that reminders found vacant."""
    context = {"boards": ladder_boards(), "vacancies": open_vacancies()}
    return render(request, "tasks/ladders/ladder_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
def ladder_change(request: SignedInRequest, kind: str) -> HttpResponse:
    """Show one ladder to be changed; preview what was typed, and save what was seen in a preview."""
    which = _kind(kind)
    old = Ladder.objects.in_force()[which]
    if request.method != "POST":
        return _draw(request, which, old, old)
    action = request.POST.get("action", "")
    if action == "default":
        return _draw(request, which, old, DEFAULT_LADDERS[which], is_new=True)
    if action not in {"preview", "save"}:
        raise BadRequest("unknown action")
    forms = StageForms(request.POST, form_kwargs={"kind": which})
    if not forms.is_valid():
        return _draw(request, which, old, None, forms=forms)
    if action == "save" and request.POST.get("seen") == seen_mark(which, old, forms.stages):
        return _save(request, which, old, forms.stages)
    if action == "save":
        messages.warning(request, _("This is not what the preview showed. Look at it again, then save."))
    return _draw(request, which, old, forms.stages, is_new=True, forms=forms)


def _kind(code: str) -> Kind:
    if code not in {kind.value for kind in DEFAULT_LADDERS}:
        raise Http404
    return Kind(code)


def _save(request: SignedInRequest, kind: Kind, old: Stages, new: Stages) -> HttpResponse:
    try:
        is_new = change_ladder(kind=kind, stages=new, seen=old, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("tasks:ladder_change", kind=kind.value)
    text = _("The ladder was changed; what is planned follows it.") if is_new else _("Nothing was changed.")
    messages.success(request, text)
    return redirect("tasks:ladder_list")


def _draw(
    request: SignedInRequest,
    kind: Kind,
    old: Stages,
    shown: Stages | None,
    *,
    is_new: bool = False,
    forms: StageForms | None = None,
) -> HttpResponse:
    """Draw the form, with the preview of what ``shown`` would do where it is new."""
    seen = preview(kind=kind, old=old, new=shown, now=timezone.now()) if shown and is_new else None
    context = {
        "kind": kind.value,
        "name": KindChoices(kind).label,
        "forms": forms or StageForms(initial=typed_as(shown or old), form_kwargs={"kind": kind}),
        "preview": seen,
        "is_default": old == DEFAULT_LADDERS[kind],
    }
    return render(request, "tasks/ladders/ladder_change.html", context)
