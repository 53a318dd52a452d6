"""The tiers as one of Django's caches."""

import glob
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache, InvalidCacheKey

from caching.codec import NEVER
from caching.config import CacheConfig
from caching.manager import CacheManager
from caching.names import INTERNAL
from caching.process import get_cache_manager, manager_of


class TieredCache(BaseCache):
    """For ``CACHES``. ``OPTIONS`` are fields of ``CacheConfig``; without any it is the manager of the process.

    ``LOCATION`` is the directory of the file tier. Threads, for each of which Django makes a cache, share one manager,
    as do caches that are configured alike. ``clear`` deletes what has this cache's ``KEY_PREFIX``.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {name: value for name, value in params.get("OPTIONS", {}).items() if name not in _CULLING}
        self._options = options | ({"file_cache_dir": location} if location else {})

    @cached_property
    def manager(self) -> CacheManager:
        return manager_of(_configuration(self._options)) if self._options else get_cache_manager()

    def validate_key(self, key: str) -> None:
        """Any text is a key here, whatever memcached would make of it, but for the cache's own mark."""
        if INTERNAL in key:
            raise InvalidCacheKey("a key has no \\x1f in it, which is the cache's own: leave it out of the key")

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self.manager.get(self.make_and_validate_key(key, version=version), default)

    def set(
        self, key: Any, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self.manager.set(self.make_and_validate_key(key, version=version), value, self._ttl(timeout))

    def add(
        self, key: Any, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self.manager.add(self.make_and_validate_key(key, version=version), value, self._ttl(timeout))

    def touch(self, key: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self.manager.touch(self.make_and_validate_key(key, version=version), self._ttl(timeout))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self.manager.delete(self.make_and_validate_key(key, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self.manager.exists(self.make_and_validate_key(key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """In one step, among those who use ``incr`` and ``add``. The time that the value has left stays."""
        found: int = self.manager.change(
            self.make_and_validate_key(key, version=version), lambda number: number + delta
        )
        return found

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        return {names[name]: value for name, value in self.manager.get_many(names).items()}

    def set_many(
        self,
        data: dict[Any, Any],
        timeout: float | object | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> list[Any]:
        names = {self.make_and_validate_key(key, version=version): key for key in data}
        values = {name: data[key] for name, key in names.items()}
        return [names[name] for name in self.manager.set_many(values, self._ttl(timeout))]

    def clear(self) -> None:
        self.manager.invalidate_pattern(f"{glob.escape(self.key_prefix)}:*")

    def _ttl(self, timeout: float | object | None) -> float:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return NEVER if seconds is None else float(str(seconds))


_CULLING = ("MAX_ENTRIES", "CULL_FREQUENCY")  # Django's own; here bytes count


def _configuration(options: Mapping[str, Any]) -> CacheConfig:
    """Equal options make equal configurations, also where they are lists."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    return CacheConfig(**values)
