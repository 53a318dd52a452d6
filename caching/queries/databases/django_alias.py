"""A database of Django's settings, by its alias: its connections, with what they are set to, and their transactions."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from caching.queries.databases import postgresql_catalog, sqlite_catalog
from caching.queries.databases.base import Connection, PoolState
from caching.queries.databases.catalogued import Catalogue, CataloguedDatabase
from caching.queries.databases.postgresql_link import CANCEL_SECONDS, shut
from caching.queries.databases.sqlite_file import file_version
from caching.queries.databases.sqlite_waiting import waiting_at_most
from caching.queries.errors import NoDatabase

_CATALOGS: dict[str, Catalogue] = {"sqlite": sqlite_catalog, "postgresql": postgresql_catalog}


class DjangoDatabase(CataloguedDatabase):
    """Each thread has its own connection, as everywhere in Django; inside ``atomic`` a statement is part of it.

    Statements are seen by what Django's connections tell, so ``query_executed`` is not told of them.
    """

    placeholder = "%s"

    def __init__(self, alias: str, *, read_only: bool) -> None:
        super().__init__(alias, read_only=read_only)
        self.vendor = self._wrapper().vendor
        if self.vendor not in _CATALOGS:
            raise NoDatabase(f"{alias} is {self.vendor}; sqlite and postgresql are supported.")
        self.dialect = "postgres" if self.vendor == "postgresql" else self.vendor
        self.catalogue = _CATALOGS[self.vendor]

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:  # type: ignore[override]  # Django is optional
        from django.db import Error

        return (Error,)

    def _wrapper(self) -> Any:
        from django.db import connections

        return connections[self.name]

    @contextmanager
    def borrowed(self) -> Iterator[Connection]:
        wrapper = self._wrapper()
        was_read_only = self._set_read_only(wrapper)
        try:
            yield wrapper
        finally:
            if was_read_only and wrapper.connection is not None:
                wrapper.cursor().execute("PRAGMA query_only=OFF")

    def _set_read_only(self, wrapper: Any) -> bool:
        """SQLite's own lock against writing, for this query; PostgreSQL's is per transaction, so words decide there."""
        if not self.read_only or self.vendor != "sqlite":
            return False
        wrapper.cursor().execute("PRAGMA query_only=ON")
        return True

    def interrupt(self, connection: Connection) -> None:
        raw = connection.connection
        if self.vendor == "sqlite":
            raw.interrupt()
        else:
            raw.cancel_safe(timeout=CANCEL_SECONDS)

    def hang_up(self, connection: Connection) -> None:
        if self.vendor == "postgresql":
            shut(connection.connection)

    def statement(self, connection: Connection, timeout_seconds: float | None) -> AbstractContextManager[None]:
        if self.vendor != "sqlite":
            return nullcontext()
        connection.ensure_connection()
        return waiting_at_most(connection.connection, timeout_seconds)

    def discard(self, connection: Connection) -> None:
        """Not inside a transaction: that is its owner's to end, and Django closes the connection afterwards."""
        if connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        else:
            connection.close()

    def is_private(self) -> bool:
        return bool(self._wrapper().in_atomic_block)

    def written(self, forget: Callable[[], None]) -> None:
        """Until a transaction ends others still read, and keep, what was there before it."""
        from django.db import transaction

        forget()
        if self.is_private():
            transaction.on_commit(forget, using=self.name)

    def leave_thread(self) -> None:
        self._wrapper().close()

    def version(self, connection: Connection) -> str | None:
        if self.is_private():
            return None
        if self.vendor == "postgresql":
            return postgresql_catalog.version(self, connection)
        return self.stored_version() or None

    def stored_version(self) -> str:
        name = str(self._wrapper().settings_dict["NAME"])
        if self.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
            return ""
        return file_version(Path(name)) or ""

    def pool_state(self) -> PoolState:
        from django.db import connections

        is_open = any(one.alias == self.name for one in connections.all(initialized_only=True) if one.connection)
        return PoolState(self.name, self.vendor, None, int(is_open), 0, 0)

    def close(self) -> None:
        wrapper = self._wrapper()
        if not wrapper.in_atomic_block:
            wrapper.close()
