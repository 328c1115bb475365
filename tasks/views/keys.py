"""Keys of rows that a form names by ticks."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import QueryDict


def keys_of(data: QueryDict, name: str) -> list[int]:
    """Return the keys ticked under ``name``; anything that is no key is a bad request."""
    keys = data.getlist(name)
    if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
        raise BadRequest("no key")
    return [int(key) for key in keys]
