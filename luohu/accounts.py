"""Signing in and passwords: allauth's behaviour, narrowed to what an office needs, in our words.

Administrators create users, so there is no sign-up. A name is locked after five failures (settings), whoever
makes them; the lock ends by itself, or when the password is changed.
"""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any, ClassVar
from urllib.parse import quote

from allauth.account import forms as allauth_forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import parse_rates
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.services.users import record_password_change

log = logging.getLogger(__name__)


def lockout_minutes() -> int:
    """Return for how many minutes a name is locked after too many failed attempts."""
    rates = parse_rates(settings.ACCOUNT_RATE_LIMITS["login_failed"])
    return int(max(rate.duration for rate in rates) // 60)


def _locked_out() -> str:
    minutes = lockout_minutes()
    return ngettext(
        "Too many failed attempts: sign-in is locked for %(minutes)d minute. Wait, then try again. "
        "If you have forgotten your password, ask your administrator for a new one.",
        "Too many failed attempts: sign-in is locked for %(minutes)d minutes. Wait, then try again. "
        "If you have forgotten your password, ask your administrator for a new one.",
        minutes,
    ) % {"minutes": minutes}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Tells allauth how this office signs in."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The user name or the password is not right."),
        "too_many_login_attempts": lazy(_locked_out, str)(),
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: administrators create users."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer with pages only; allauth's second, JSON way in stays shut."""
        return False

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Lead from sign-out to sign-in, without a detour over a page that asks for it."""
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Lead from a changed password to the day's start."""
        return reverse("home")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count a name's failures once: not anew for every host name under which the site is reached."""
        return str(credentials.get("username") or credentials["email"]).lower()

    def set_password(self, user: User, password: str) -> None:
        """Store a password that its owner chose, on whichever page, and record that they did."""
        with transaction.atomic():
            super().set_password(user, password)
            record_password_change(user=user)
        # Only the owner gets here, so attempts by others need keep nobody out any longer.
        self._delete_login_attempts_cached_email(self.request, username=user.username)

    def post_login(self, request: HttpRequest, user: User, **hook: Any) -> HttpResponse:
        """Give a browser that has not chosen a language the one that the account remembers."""
        response: HttpResponse = super().post_login(request, user, **hook)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            remember_language(response, user.language)
        return response

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Write the link of a reset mail from the configured address, never from the request's Host header."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def format_email_subject(self, subject: str) -> str:
        """Name the product in the subject."""
        return gettext("Luohu Task Force: %(subject)s") % {"subject": subject}

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write to a person in their language. A mail server that is away must not show who has an account."""
        with translation.override(context["user"].language):
            try:
                super().send_mail(template_prefix, email, context)
            except (SMTPException, OSError):
                log.exception("Mail %s was not sent", template_prefix)


def remember_language(response: HttpResponse, language: str) -> None:
    """Keep the chosen language in the browser for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _relabel(form: forms.Form, **labels: Any) -> None:
    """Put our words on allauth's fields, and take off the placeholders that repeat them."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """User name and password. What is wrong stands beside the password, and never says which of the two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(self, login=_("User name"), password=_("Password"))
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs.update(autocapitalize="none", spellcheck="false")

    def clean(self) -> dict[str, Any]:
        """Sign in, or put the refusal beside the password."""
        try:
            super().clean()
        except ValidationError as refusal:
            self.add_error("password", refusal)
        return dict(self.cleaned_data)


class PasswordChangeForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The old password and a new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(
            self,
            oldpassword=_("Current password"),
            password1=_("New password"),
            password2=_("New password again"),
        )
        self.fields["oldpassword"].help_text = ""

    def clean(self) -> dict[str, Any]:
        """Refuse a new password that is the old one: a first password must become the person's own."""
        data = dict(super().clean() or {})
        if data.get("password1") and data["password1"] == data.get("oldpassword"):
            self.add_error("password1", _("The new password must differ from the current one."))
        return data


class PasswordSetForm(allauth_forms.SetPasswordForm):  # type: ignore[misc]
    """A first password for an account that had none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(self, password1=_("New password"), password2=_("New password again"))


class PasswordResetForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Asks for the e-mail address to which the link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(self, email=_("E-mail"))


class PasswordResetKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, after following the link of a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(self, password1=_("New password"), password2=_("New password again"))
