"""Values that are read and written as one step: added where nothing is, changed, given new time."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from caching.codec import TagToken
from caching.exclusive import Exclusive
from caching.held import Held
from caching.names import named_version
from caching.recall import Recall
from caching.shared import SharedTiers


class Store(Protocol):
    """Sets a value with all that is known of it; None when nothing keeps it."""

    def __call__(
        self, key: str, value: Any, ttl: float | None = None, *, stale: float = 0, tokens: tuple[TagToken, ...] = ()
    ) -> Held | None: ...


class Changing:
    """For one manager. Each step holds the key's lock, in this process and the others."""

    def __init__(self, shared: SharedTiers, recall: Recall, store: Store) -> None:
        self._exclusive = Exclusive(shared)
        self._recall = recall
        self._store = store

    def add(self, key: str, value: Any, ttl: float | None) -> bool:
        with self._exclusive.on(named_version(key, None)):
            return self._recall.find_latest(key) is None and self._store(key, value, ttl) is not None

    def change(self, key: str, changed: Callable[[Any], Any]) -> Any:
        with self._exclusive.on(named_version(key, None)):
            held = self._recall.find_latest(key)
            if held is None:
                raise ValueError(f"there is no {key!r} to change")
            value = changed(held.take())
            self._store(key, value, held.fresh_until - time.monotonic(), stale=held.stale_seconds, tokens=held.tags)
            return value

    def touch(self, key: str, ttl: float | None) -> bool:
        with self._exclusive.on(named_version(key, None)):
            held = self._recall.find_latest(key)
            if held is None:
                return False
            return self._store(key, held.take(), ttl, stale=held.stale_seconds, tokens=held.tags) is not None

    def after_fork(self) -> None:
        self._exclusive.after_fork()
