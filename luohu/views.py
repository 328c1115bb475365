"""Pages of the product as a whole: the way in, and the language switch."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from commands.services import users
from commands.views.access import SignedInRequest
from luohu.accounts import remember_language
from luohu.middleware import LANGUAGES


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Lead each person to the page where their day starts."""
    return redirect(request.user.duties.home_url_name)


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: in this browser, and in the account of whoever is signed in. Back to ``next``."""
    language = request.POST.get("language", "")
    if language not in LANGUAGES:
        raise BadRequest
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = redirect(back)
    remember_language(response, language)
    if request.user.is_authenticated:
        users.set_language(user=request.user, language=language)
    return response
