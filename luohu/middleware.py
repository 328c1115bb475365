"""What happens to every request besides Django's own: bad bytes, language, source, idle time-out, first password."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from commands.services.events import SOURCE
from luohu.errors import bad_request, method_not_allowed

GetResponse = Callable[[HttpRequest], HttpResponse]

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
SEEN_KEY = "seen_at"
SEEN_EVERY = 60  # seconds; a write to the session on every request would be too many
# All that a person may open before the first password is their own.
OPEN_BEFORE_OWN_PASSWORD = (
    "account_change_password",
    "account_logout",
    "set_language",
    "healthz",
    "readyz",
    "metrics",
)


def language_of(request: HttpRequest) -> str:
    """Return the language chosen by the switch, and Chinese otherwise.

    The browser's Accept-Language is left aside on purpose: many browsers in a Chinese office are installed in
    English, and their users still want Chinese.
    """
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE


def refuse_nul_bytes(get_response: GetResponse) -> GetResponse:
    """Answer 400 to a NUL byte in path or query: PostgreSQL cannot store one, and nobody types one.

    In a form's field it is refused beside that field, by Django's own validator.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "\x00" in unquote_plus(request.META.get("QUERY_STRING", "")):
            with translation.override(language_of(request)):
                return bad_request(request, ValueError("NUL byte"))
        return get_response(request)

    return middleware


def choose_language(get_response: GetResponse) -> GetResponse:
    """Show the page in the language of the switch."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response

    return middleware


class SignInRequired(LoginRequiredMiddleware):
    """Asks everybody to sign in, and tells who sent a form after the idle time-out that it was not saved."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        """Lead to sign-in; after a form, back to the page it stood on, for its own address may show nothing.

        A script is told in words: it would follow a redirect and take the sign-in page for its answer.
        """
        if "application/json" in request.headers.get("Accept", ""):
            words = _(
                "You have been signed out. Sign in again in this window: your text is kept in this browser."
            )
            return JsonResponse({"code": "signed_out", "message": words}, status=HTTPStatus.UNAUTHORIZED)
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        messages.warning(
            request,
            _(
                "You had been signed out, so what you sent was not saved. Your browser's Back button may still "
                "show what you typed: copy it before you sign in."
            ),
        )
        return redirect_to_login(_page_before(request))


def _page_before(request: HttpRequest) -> str:
    """Return the address of the page that sent this request, if it is one of ours."""
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}):
        return "/"
    parts = urlsplit(before)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def explain_wrong_method(get_response: GetResponse) -> GetResponse:
    """Put a page of ours where a view only says which methods it knows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            return method_not_allowed(request, response.headers["Allow"])
        return response

    return middleware


def keep_session_alive(get_response: GetResponse) -> GetResponse:
    """Let the idle time-out slide: a session ends SESSION_COOKIE_AGE after its last request, give or take a minute."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            if now - request.session.get(SEEN_KEY, 0) >= SEEN_EVERY:
                request.session[SEEN_KEY] = now
        return get_response(request)

    return middleware


def require_own_password(get_response: GetResponse) -> GetResponse:
    """Lead a person whose password was set by somebody else to the page where they choose their own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "must_change_password", False):
            allowed = {reverse(name) for name in OPEN_BEFORE_OWN_PASSWORD}
            if request.path not in allowed:
                return redirect("account_change_password")
        return get_response(request)

    return middleware


def name_source(get_response: GetResponse) -> GetResponse:
    """Let every event of this request say where it came from: the web, and the address behind our proxies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = SOURCE.set(f"web {get_client_ip(request) or ''}".strip())
        try:
            return get_response(request)
        finally:
            SOURCE.reset(token)

    return middleware
