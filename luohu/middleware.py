"""What happens to every request besides Django's own: bad bytes, language, source, idle time-out, first password."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import unquote_plus

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from commands.services.events import SOURCE
from luohu.errors import bad_request

GetResponse = Callable[[HttpRequest], HttpResponse]

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
SEEN_KEY = "seen_at"
SEEN_EVERY = 60  # seconds; a write to the session on every request would be too many
# All that a person may open before the first password is their own.
OPEN_BEFORE_OWN_PASSWORD = ("account_change_password", "account_logout", "set_language", "healthz", "readyz")


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
