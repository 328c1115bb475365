"""The shared cache, which nobody may depend on: while Redis is away the system does without it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

LEFT_ALONE = 10.0
"""Seconds for which a Redis that did not answer is not asked again: a page must not wait at every question."""


class ForgivingRedisCache(RedisCache):
    """Redis as a cache; what cannot be asked is not there, what cannot be kept is not kept.

    Sessions are then read from the database alone. Failed sign-ins are not counted meanwhile: an office that
    cannot sign in while a cache is away would be worse, and passwords are slow to try in any case.
    """

    away_until = 0.0

    def _try(self, act: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < type(self).away_until:
            return otherwise
        try:
            return act()
        except (RedisError, OSError) as error:
            type(self).away_until = time.monotonic() + LEFT_ALONE
            logger.warning("The cache is away, and the system does without it: %s", error)
            return otherwise

    def add(self, *args: Any, **named: Any) -> Any:
        """Say that it was added: whoever waits for a lock would otherwise wait for ever."""
        return self._try(lambda: super(ForgivingRedisCache, self).add(*args, **named), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is there, or ``default``."""
        return self._try(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **named: Any) -> Any:
        """Keep it, or not."""
        return self._try(lambda: super(ForgivingRedisCache, self).set(*args, **named), None)

    def touch(self, *args: Any, **named: Any) -> Any:
        """Say whether it is there."""
        return self._try(lambda: super(ForgivingRedisCache, self).touch(*args, **named), False)

    def delete(self, *args: Any, **named: Any) -> Any:
        """Say whether it was there."""
        return self._try(lambda: super(ForgivingRedisCache, self).delete(*args, **named), False)

    def has_key(self, *args: Any, **named: Any) -> Any:
        """Say whether it is there."""
        return self._try(lambda: super(ForgivingRedisCache, self).has_key(*args, **named), False)

    def get_many(self, *args: Any, **named: Any) -> Any:
        """Return what is there."""
        return self._try(lambda: super(ForgivingRedisCache, self).get_many(*args, **named), {})

    def set_many(self, data: Any, *args: Any, **named: Any) -> Any:
        """Return the keys that were not kept."""
        return self._try(lambda: super(ForgivingRedisCache, self).set_many(data, *args, **named), list(data))

    def delete_many(self, *args: Any, **named: Any) -> Any:
        """Forget what is there."""
        return self._try(lambda: super(ForgivingRedisCache, self).delete_many(*args, **named), None)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Count; from nought where it is not there to be counted."""
        return self._try(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), delta)
