"""Sealing what is secret in the database, so that whoever gets hold of a copy of it holds no secret.

Sealed with the first of ``SEALING_KEY``, opened with any of them: a new key goes first, the old one stays until
``manage.py seal_anew`` has sealed everything with the new one.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


class Unreadable(str):
    """What none of our keys opens. It reads as nothing, and is kept as it was when its row is saved."""

    __slots__ = ("sealed",)
    sealed: str

    def __new__(cls, sealed: str) -> Unreadable:
        """Make it of what the database holds."""
        made = super().__new__(cls)
        made.sealed = sealed
        return made


class SealedField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """Text that the database holds sealed, and Python in the clear. Nothing can be looked for in it but the empty one."""

    def from_db_value(self, value: str | None, *_unused: Any) -> str | None:
        """Open what was read."""
        if not value:
            return value
        try:
            return _sealer().decrypt(value.encode()).decode()
        except InvalidToken:
            return Unreadable(value)

    def get_prep_value(self, value: Any) -> Any:
        """Seal what is to be written."""
        if isinstance(value, Unreadable):
            return value.sealed
        value = super().get_prep_value(value)
        return _sealer().encrypt(value.encode()).decode() if value else value


def _sealer() -> MultiFernet:
    return _sealer_of(tuple(settings.SEALING_KEYS))


@cache
def _sealer_of(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key_from(secret)) for secret in secrets])


def _key_from(secret: str) -> bytes:
    """Return the key that belongs to a long random text; no other use of the same text gives the same key."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"luohu.sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
