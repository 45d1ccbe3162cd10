"""A Redis cache that answers "nothing cached" while Redis is away, so that pages go on working."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.core.cache.backends.redis import RedisCache

log = structlog.get_logger(__name__)


class JsonSerializer:
    """What is cached is JSON: who can write to Redis shall not be able to make the portal run what they wrote."""

    def dumps(self, value: Any) -> Any:
        # A plain integer as it is, so that Redis itself can count.
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class ForgivingRedisCache(RedisCache):
    """Losing Redis costs speed and the login rate limit for a while, never a page.

    Rows in PostgreSQL hold every fact; what is cached here can be read again.
    """

    def _or_default(self, default: Any, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (redis.RedisError, json.JSONDecodeError, UnicodeDecodeError) as error:
            log.warning("cache_unreachable", error=type(error).__name__)
            return default

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._or_default(default, lambda: super(ForgivingRedisCache, self).get(key, default, version))

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._or_default({}, lambda: super(ForgivingRedisCache, self).get_many(keys, version))

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._or_default(None, lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version))

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(self._or_default(True, lambda: super(ForgivingRedisCache, self).add(key, value, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._or_default(False, lambda: super(ForgivingRedisCache, self).delete(key, version)))
