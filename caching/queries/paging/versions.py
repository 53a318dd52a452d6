"""What was found out about the data of a query, for as long as nothing is written."""

from collections.abc import Callable
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from caching.queries.paging.map import PageMap
from caching.queries.paging.settings import PageSettings

if TYPE_CHECKING:
    from caching.queries.optimizer import QueryOptimizer

T = TypeVar("T")
PAGE_TTL_SECONDS = 3600
_TRIES = 5  # to read pages while nothing is written


class DataVersions:
    """Of the data of ``sql``. Threads may share one."""

    def __init__(self, optimizer: "QueryOptimizer", sql: str, settings: PageSettings) -> None:
        self._optimizer = optimizer
        self._sql = sql
        self._settings = settings
        self._map: PageMap | None = None

    def current(self) -> PageMap:
        """The map of the data as it is now, or was a moment ago where that is allowed."""
        known, allowed = self._map, self._settings.max_staleness_seconds
        if known is not None and monotonic() - known.made_at < allowed:
            return known
        database = self._optimizer.database
        with self._optimizer.executor.borrowed(self._optimizer.limits) as connection:
            version = database.version(connection)
        if known is None or version is None or known.version != version:
            known = self._map = PageMap(version, monotonic())
        known.made_at = monotonic()
        return known

    def kept(self, what: str, read: Callable[[], T]) -> T:
        """What ``read`` finds out about the data as it is now, once for each version."""
        known = self.current()
        if what not in known.facts:
            known.facts[what] = self.cached(known, what, read)
        found: T = known.facts[what]
        return found

    def cached(self, known: PageMap, what: str, read: Callable[[], T]) -> T:
        """From the cache, where others with the same data find it, too."""
        settings, results = self._settings, self._optimizer.results
        if not settings.cache_pages or known.version is None:
            return read()
        content = repr((self._sql, settings, what, known.version)).encode("utf-8", "surrogatepass")
        key = f"pages:{results.database.name}:{blake2b(content, digest_size=20).hexdigest()}"
        tables = self._optimizer.executor.statement(self._sql).tables
        found: T = results.cache.get_or_set(key, read, PAGE_TTL_SECONDS, tags=results.tags(tables))
        return found

    def steadily(self, read: Callable[[], T], at_once: Callable[[], T]) -> T:
        """What ``read`` gives when nothing was written while it read; where that cannot be had, ``at_once``."""
        for _ in range(_TRIES):
            before = self.current()
            if before.version is None and self._settings.max_staleness_seconds == 0:
                break
            found = read()
            if self.current() is before:
                return found
        return at_once()
