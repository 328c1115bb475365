"""The ladders of reminders: read and set up by administrators, with a preview of what a change does."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.ladders import ladder_boards, mark_of, open_vacancies, preview, seen_mark
from tasks.forms.ladders import ReasonForm, StageForms, typed_as
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
    typed = Typed.of(request, which)
    if typed.base != mark_of(which, old):
        messages.warning(request, _changed_meanwhile(which))
        return _draw(request, which, old, typed.stages, is_new=True, typed=typed)
    if not typed.is_valid:
        return _draw(request, which, old, typed.stages, is_new=True, typed=typed)
    if action == "save" and request.POST.get("seen") == seen_mark(which, old, typed.forms.stages):
        return _save(request, which, old, typed)
    if action == "save":
        messages.warning(request, _("This is not what the preview showed. Look at it again, then save."))
    return _draw(request, which, old, typed.stages, is_new=True, typed=typed)


@dataclass(frozen=True)
class Typed:
    """What was typed: the stages, and why; ``base`` marks the ladder that stood there when the form was opened."""

    forms: StageForms
    why: ReasonForm
    base: str

    @classmethod
    def of(cls, request: SignedInRequest, kind: Kind) -> Typed:
        """Read what was sent."""
        forms = StageForms(request.POST, form_kwargs={"kind": kind})
        why = ReasonForm(request.POST, is_saved=request.POST["action"] == "save")
        return cls(forms, why, request.POST.get("base", ""))

    @property
    def is_valid(self) -> bool:
        """Say whether all of it can be used."""
        return self.forms.is_valid() & self.why.is_valid()

    @property
    def stages(self) -> Stages | None:
        """Return the ladder that was typed, where it is one."""
        return self.forms.stages if self.forms.is_valid() else None


def _changed_meanwhile(kind: Kind) -> str:
    """Return who was quicker, in words."""
    row = Ladder.objects.filter(kind=kind).select_related("changed_by").first()
    by = row.changed_by if row and row.changed_by else _("Somebody else")
    said = _(
        "%(person)s has changed this ladder meanwhile. What you typed is still here: look at it again, then save."
    )
    return said % {"person": by}


def _kind(code: str) -> Kind:
    if code not in {kind.value for kind in DEFAULT_LADDERS}:
        raise Http404
    return Kind(code)


def _save(request: SignedInRequest, kind: Kind, old: Stages, typed: Typed) -> HttpResponse:
    reason = typed.why.cleaned_data["reason"]
    try:
        is_new = change_ladder(kind=kind, stages=typed.forms.stages, seen=old, reason=reason, by=request.user)
    except Refused as refused:  # somebody was quicker by a moment
        messages.error(request, str(refused.message))
        old = Ladder.objects.in_force()[kind]
        return _draw(request, kind, old, typed.stages, is_new=True, typed=typed)
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
    typed: Typed | None = None,
) -> HttpResponse:
    """Draw the form, with the preview of what ``shown`` would do where it is new."""
    seen = preview(kind=kind, old=old, new=shown, now=timezone.now()) if shown and is_new else None
    empty = StageForms(initial=typed_as(shown or old), form_kwargs={"kind": kind})
    context = {
        "kind": kind.value,
        "name": KindChoices(kind).label,
        "forms": typed.forms if typed else empty,
        "why": typed.why if typed else ReasonForm(),
        "base": mark_of(kind, old),
        "preview": seen,
        "is_default": old == DEFAULT_LADDERS[kind],
    }
    return render(request, "tasks/ladders/ladder_change.html", context)
