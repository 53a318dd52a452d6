"""Results in the cache: by statement, parameters and version of the data."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, Protocol

from caching.queries.databases.base import Database
from caching.queries.parameters import Parameters
from caching.queries.statements import Statement


class Cache(Protocol):
    """``CacheManager``, as far as it is used."""

    def get_or_set(
        self, key: str, compute: Callable[[], Any], ttl: float | None = None, *, tags: Iterable[str] = ()
    ) -> Any: ...

    def invalidate_tag(self, tag: str) -> bool: ...


class Results:
    """Each result carries the tag of its database, and one for each table that it was read from."""

    def __init__(self, database: Database, cache: Cache | None) -> None:
        self.database = database
        self._given = cache

    @property
    def cache(self) -> Cache:
        """The one that was given, else that of the process."""
        if self._given is None:
            from caching.process import get_cache_manager

            self._given = get_cache_manager()
        return self._given

    def get(
        self,
        asked: Statement,
        parameters: Parameters,
        kind: str,
        ttl: float,
        tags: Iterable[str],
        compute: Callable[[], Any],
    ) -> Any:
        """The version is looked at before the statement runs: a result may be newer than its key says, never older."""
        key = self.key(asked.text, parameters, kind)
        return self.cache.get_or_set(key, compute, ttl, tags=[*tags, *self.tags(asked.tables)])

    def key(self, text: str, parameters: Parameters, kind: str) -> str:
        """Parameters of different types are different: 1 and '1' find different rows."""
        named = (
            sorted(parameters.items())
            if isinstance(parameters, Mapping)
            else list(() if parameters is None else parameters)
        )
        described = [(type(value).__qualname__, value) for value in named]
        content = repr((self.database.vendor, self.database.name, self.database.stored_version(), text, described))
        return f"query:{kind}:{blake2b(content.encode('utf-8', 'surrogatepass'), digest_size=20).hexdigest()}"

    def tags(self, tables: Iterable[str]) -> list[str]:
        whole = database_tag(self.database)
        return [whole, *(table_tag(self.database, table) for table in sorted(tables))]

    def forget_all(self) -> None:
        """After something was written: views and triggers carry a change to tables that no statement names."""
        self.cache.invalidate_tag(database_tag(self.database))

    def forget(self, table: str) -> None:
        self.cache.invalidate_tag(table_tag(self.database, table))


def database_tag(database: Database) -> str:
    return f"database:{database.name}"


def table_tag(database: Database, table: str) -> str:
    return f"{database_tag(database)}:{table.casefold()}"
