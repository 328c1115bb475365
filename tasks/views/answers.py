"""What units do with a directive, acknowledging and answering it, and the return of an answer."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from commands.forms.fields import put_beside
from commands.services.refusals import Refused
from tasks.boards.directives import directive_page
from tasks.forms.directives import AnswerForm, DirectiveWordsForm
from tasks.models import Addressee
from tasks.services.answers import (
    acknowledge_directive,
    draft_of,
    give_answer,
    return_answer,
    save_answer,
)
from tasks.services.directives import may_close
from tasks.views.access import SignedInRequest, get_addressee, get_addressee_to_answer
from tasks.views.directives import detail_page


@require_POST
def directive_acknowledge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a unit addressed acknowledge a directive, and lead back to where they came from."""
    addressee = get_addressee_to_answer(request.user, pk)
    try:
        acknowledge_directive(addressee=addressee, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Acknowledged: %(code)s.") % {"code": addressee.directive.code})
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("tasks:directive_detail", addressee.directive_id)


@require_http_methods(["GET", "HEAD", "POST"])
def directive_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a unit write its answer point by point: kept as a draft, or given."""
    addressee = get_addressee_to_answer(request.user, pk)
    points = list(addressee.directive.points.all())
    form = AnswerForm(request.POST or None, addressee=addressee, points=points, initial=_initial(addressee))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            return _write(request, addressee, form)
        except Refused as refusal:
            put_beside(form, refusal)
            status = 200 if refusal.code == "words_missing" else 409
    elif request.method != "POST" and not (addressee.directive.is_open and addressee.state != "answered"):
        return redirect("tasks:directive_detail", addressee.directive_id)
    return _answer_page(request, addressee, form, status)


@require_POST
def directive_return(request: SignedInRequest, pk: int) -> HttpResponse:
    """Return a unit's answer with words."""
    addressee = get_addressee(request.user, pk)
    if not may_close(addressee.directive, request.user):
        raise PermissionDenied
    form, status = DirectiveWordsForm(request.POST, auto_id="return_%s"), 200
    if form.is_valid():
        try:
            return_answer(addressee=addressee, words=form.cleaned_data["words"], by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
            status = 409
        else:
            messages.success(request, _("The answer is returned. The unit has been told."))
            return redirect("tasks:directive_detail", addressee.directive_id)
    returning = (addressee.pk, form)
    return detail_page(addressee.directive, request, DirectiveWordsForm(), returning=returning, status=status)


def _initial(addressee: Addressee) -> dict[str, object]:
    """Return the draft as it stands."""
    draft = {f"point_{number}": words for number, words in draft_of(addressee).items()}
    return {"version": addressee.version, **draft}


def _write(request: SignedInRequest, addressee: Addressee, form: AnswerForm) -> HttpResponse:
    """Keep the draft or give the answer, as the button says."""
    words, version = form.words(), form.cleaned_data["version"]
    action = request.POST.get("action")
    if action == "save":
        save_answer(addressee=addressee, words=words, version=version, by=request.user)
        messages.success(request, _("The draft is saved. It has not been sent yet."))
        return redirect("tasks:directive_answer", addressee.pk)
    if action != "answer":
        raise BadRequest
    give_answer(addressee=addressee, words=words, version=version, by=request.user)
    messages.success(request, _("The answer is given. Those who wait for it have been told."))
    return redirect("tasks:directive_detail", addressee.directive_id)


def _answer_page(
    request: SignedInRequest, addressee: Addressee, form: AnswerForm, status: int
) -> HttpResponse:
    """Show the form; where a colleague has saved something else meanwhile, that beside it."""
    now = get_addressee_to_answer(request.user, addressee.pk)
    board = directive_page(now.directive, request.user, timezone.localdate())
    mine = next(part for part in board.units if part.addressee.pk == now.pk)
    context = {
        "addressee": now,
        "directive": now.directive,
        "board": board,
        "part": mine,
        "form": form,
        "theirs": draft_of(now) if status == 409 else {},
        "version": now.version if status == 409 else form["version"].value(),
    }
    return render(request, "tasks/directives/directive_answer.html", context, status=status)
