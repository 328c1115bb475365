"""The shared cache, which nobody may depend on: while Redis is away the system does without it."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

LEFT_ALONE = 10.0
"""Seconds for which a Redis that did not answer is not asked again: a page must not wait at every question."""
COUNTED = "allauth:rl:"
"""How the keys begin under which allauth counts attempts, failed sign-ins before all."""


class ForgivingRedisCache(RedisCache):
    """Redis as a cache; what cannot be asked is not there, what cannot be kept is not kept.

    Sessions are then read from the database alone, and attempts are counted there as well (``counts`` in the
    settings): an outage keeps nobody from signing in, and lets nobody try more passwords than otherwise. Each side
    counts for itself, so that whoever tries on both may try twice as often.
    """

    away_until = 0.0

    def _try(self, name: str, otherwise: Any, *args: Any, **named: Any) -> Any:
        """Ask Redis; while it is away the database about what is counted, and nobody about the rest."""
        if time.monotonic() >= type(self).away_until:
            try:
                return getattr(super(), name)(*args, **named)
            except (RedisError, OSError) as error:
                type(self).away_until = time.monotonic() + LEFT_ALONE
                logger.warning("The cache is away, and the system does without it: %s", error)
        if str(args[0]).startswith(COUNTED):
            return getattr(caches["counts"], name)(*args, **named)
        return otherwise

    def add(self, *args: Any, **named: Any) -> Any:
        """Say that it was added: whoever waits for a lock would otherwise wait for ever."""
        return self._try("add", True, *args, **named)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is there, or ``default``."""
        return self._try("get", default, key, default, version)

    def set(self, *args: Any, **named: Any) -> Any:
        """Keep it, or not."""
        return self._try("set", None, *args, **named)

    def touch(self, *args: Any, **named: Any) -> Any:
        """Say whether it is there."""
        return self._try("touch", False, *args, **named)

    def delete(self, *args: Any, **named: Any) -> Any:
        """Say whether it was there."""
        return self._try("delete", False, *args, **named)

    def has_key(self, *args: Any, **named: Any) -> Any:
        """Say whether it is there."""
        return self._try("has_key", False, *args, **named)

    def get_many(self, *args: Any, **named: Any) -> Any:
        """Return what is there."""
        return self._try("get_many", {}, *args, **named)

    def set_many(self, data: Any, *args: Any, **named: Any) -> Any:
        """Return the keys that were not kept."""
        return self._try("set_many", list(data), data, *args, **named)

    def delete_many(self, *args: Any, **named: Any) -> Any:
        """Forget what is there."""
        return self._try("delete_many", None, *args, **named)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Count; from nought where it is not there to be counted."""
        return self._try("incr", delta, key, delta, version)
