"""Refusing what may be refused: the weekly digest, by a signed address in each of its mails. Duties have none."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from commands.models import User

SALT = "weekly digest"


def unsubscribe_headers(user: User) -> dict[str, str]:
    """Return the headers by which mail programs offer to refuse the weekly digest with one click (RFC 8058)."""
    address = settings.SITE_URL + reverse("tasks:digest_refuse", args=[token_of(user)])
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def token_of(user: User) -> str:
    """Return the signed part of the address in the weekly digests of ``user``."""
    return signing.dumps(user.pk, salt=SALT)


def weekly_digest_reader(token: str) -> User | None:
    """Return the person in whose mail ``token`` stood; None: it is none of ours, or they can sign in no longer."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, is_active=True).first()
