"""The memory tier: bounded by bytes, with the S3-FIFO policy.

S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): new values pass through a small
queue of a tenth of the bytes; those that are asked for again go to the main queue, the others leave, remembered as
ghosts, so a scan pushes nothing out. A hit only counts: it takes no lock and moves nothing, which is why this is here
and not a library (docs/decisions/0035-memory-admission.md).
"""

import threading
import time
from collections import OrderedDict

from caching.held import Held
from caching.names import Meant
from caching.stats import Tally, TierStats

_SMALL_SHARE = 0.1
_MOST_HITS = 3
_MOST_GHOSTS = 100_000


class MemoryTier:
    """Values of this process, in at most ``limit_bytes``."""

    name = "memory"

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.tally = Tally()
        self.entries: dict[str, Held] = {}
        self.changes = 0
        """Grows with each change: what was read from another tier before one does not come in after it."""
        self._small: OrderedDict[str, Held] = OrderedDict()
        self._main: OrderedDict[str, Held] = OrderedDict()
        self._ghosts: OrderedDict[str, None] = OrderedDict()
        self._small_bytes = self._main_bytes = 0
        self._lock = threading.Lock()
        self._grows = self._grow  # bound once, not for each value

    @property
    def size_bytes(self) -> int:
        return self._small_bytes + self._main_bytes

    def put(self, held: Held) -> bool:
        """False when there is no room for it; then what was there before is gone all the same."""
        with self._lock:
            self.changes += 1
            return self._put(held)

    def put_read(self, held: Held, changes: int) -> bool:
        """As ``put``, for a value that was read when there had been so many ``changes``: unless there are more now."""
        with self._lock:
            return changes == self.changes and self._put(held)

    def drop(self, key: str) -> bool:
        with self._lock:
            self.changes += 1
            return self._drop(key)

    def drop_where(self, is_meant: Meant) -> list[str]:
        """The keys that there were."""
        with self._lock:
            self.changes += 1
            return [key for key in list(self.entries) if is_meant(key) and self._drop(key)]

    def discard(self, held: Held) -> None:
        """Drops it, if it is still what its key has."""
        with self._lock:
            if self.entries.get(held.key) is held:
                self._drop(held.key)

    def after_fork(self) -> None:
        """Another thread may have held the lock when the process was forked."""
        self._lock = threading.Lock()

    def stats(self) -> TierStats:
        return self.tally.stats(self.name, len(self.entries), self.size_bytes, self.limit_bytes)

    def _put(self, held: Held) -> bool:
        before = self.entries.get(held.key)
        self._drop(held.key)
        if held.size_bytes > self.limit_bytes:
            return False
        if before is not None:
            held.hits = before.hits
        self._queue(held, into_main=held.key in self._ghosts or (before is not None and before.in_main))
        self.entries[held.key] = held
        held.grow = self._grows
        while self.size_bytes > self.limit_bytes:
            self._evict_one()
        self.tally.writes += 1
        return self.entries.get(held.key) is held

    def _grow(self, held: Held, by_bytes: int) -> None:
        """Counts what is now kept beside the value, once; what has no room with it leaves."""
        with self._lock:
            if self.entries.get(held.key) is not held or held.grow is None:
                return
            held.grow = None
            self._drop(held.key)
            held.size_bytes += by_bytes
            if held.size_bytes > self.limit_bytes:
                self.tally.evictions += 1
                return
            self._queue(held, into_main=held.in_main)
            self.entries[held.key] = held
            while self.size_bytes > self.limit_bytes:
                self._evict_one()

    def _queue(self, held: Held, into_main: bool) -> None:
        self._ghosts.pop(held.key, None)
        held.in_main = into_main
        if into_main:
            self._main[held.key] = held
            self._main_bytes += held.size_bytes
        else:
            self._small[held.key] = held
            self._small_bytes += held.size_bytes

    def _drop(self, key: str) -> bool:
        held = self.entries.pop(key, None)
        if held is None:
            return False
        if held.in_main:
            del self._main[key]
            self._main_bytes -= held.size_bytes
        else:
            del self._small[key]
            self._small_bytes -= held.size_bytes
        return True

    def _evict_one(self) -> None:
        """One step: an entry leaves, or moves to where it has another chance."""
        now = time.monotonic()
        if self._small and (self._small_bytes > _SMALL_SHARE * self.limit_bytes or not self._main):
            key, held = self._small.popitem(last=False)
            self._small_bytes -= held.size_bytes
            if held.hits and held.kept_until > now:
                held.hits = 0
                self._queue(held, into_main=True)
            else:
                self._forget(key)
                self._remember_ghost(key)
            return
        key, held = self._main.popitem(last=False)
        self._main_bytes -= held.size_bytes
        if held.hits and held.kept_until > now:
            held.hits = min(held.hits, _MOST_HITS) - 1
            self._queue(held, into_main=True)
        else:
            self._forget(key)

    def _forget(self, key: str) -> None:
        del self.entries[key]
        self.tally.evictions += 1

    def _remember_ghost(self, key: str) -> None:
        """As many as there are entries."""
        self._ghosts[key] = None
        while len(self._ghosts) > min(len(self.entries) + 1, _MOST_GHOSTS):
            self._ghosts.popitem(last=False)
