"""``QueryOptimizer``: one database, asked through a pool, a cache and a watch."""

from collections.abc import Iterable, Sequence
from os import PathLike
from threading import Lock
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from caching.queries.databases.base import Cursor, Database, PoolState, quoted
from caching.queries.databases.opening import Options, open_database
from caching.queries.databases.pooled import POOL_SIZE, WAIT_SECONDS
from caching.queries.errors import QueryCancelled, QueryFailed
from caching.queries.executing import SLOW_SECONDS, Executor, Limits, Monitor
from caching.queries.names import existing_columns, existing_table, index_names
from caching.queries.parameters import Parameters, bound
from caching.queries.plans import Plan
from caching.queries.results import Cache, Results
from caching.queries.running import Cancellation
from caching.queries.slow import SlowQuery
from caching.queries.statements import Statement
from caching.queries.statistics import QueryStatistics

optimizers: "WeakSet[QueryOptimizer]" = WeakSet()
"""Those of this process; each enters itself."""
_entering = Lock()


class QueryOptimizer:
    """Asks ``database``: the path of a SQLite or DuckDB file, an alias of Django's, or a URL of PostgreSQL.

    Threads may share one. It opens connections when they are needed, at most ``pool_size``; a query waits
    ``wait_seconds`` for one. Results are kept in ``cache_manager``, or the one of the process, when a ``cache_ttl`` is
    given, here or with the query. ``monitor`` measures each query by the name of its shape.
    """

    def __init__(
        self,
        database: "str | PathLike[str] | Database",
        cache_manager: Cache | None = None,
        monitor: Monitor | None = None,
        *,
        read_only: bool = False,
        pool_size: int = POOL_SIZE,
        wait_seconds: float = WAIT_SECONDS,
        wal: bool = True,
        cache_ttl: float | None = None,
        timeout_seconds: float | None = None,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self.database = open_database(database, Options(read_only, pool_size, wait_seconds, wal))
        self.executor = Executor(self.database, monitor, slow_seconds)
        self.results = Results(self.database, cache_manager)
        self.cache_ttl = cache_ttl
        self.limits = Limits(timeout_seconds)
        with _entering:
            optimizers.add(self)

    def execute_query(
        self,
        sql: str,
        parameters: Parameters = None,
        cache_ttl: float | None = None,
        return_dataframe: bool = True,
        *,
        tags: Iterable[str] = (),
        timeout_seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Any:
        """The rows: a frame, or with ``return_dataframe=False`` a list of tuples; of a write, how many it changed.

        Values go into ``parameters``, for ``?`` in the SQL, whichever the database (or as its driver has it). With a
        ``cache_ttl``, in seconds, rows that were read before are given as long as nothing was written through this
        optimizer, a SQLite or DuckDB file was not changed by anybody, and no tag of theirs was invalidated.
        Raises QueryError.
        """
        asked = self.executor.statement(sql)
        allowed_seconds = self.limits.timeout_seconds if timeout_seconds is None else timeout_seconds
        limits = Limits(allowed_seconds, cancellation)
        if not asked.is_read:
            return self._write(asked, parameters, return_dataframe, limits)
        ttl = self.cache_ttl if cache_ttl is None else cache_ttl
        if ttl is None or ttl <= 0 or self.database.is_private():
            return self._read(asked, parameters, return_dataframe, limits)
        return self._cached(asked, parameters, return_dataframe, limits, ttl, tags)

    def _cached(
        self,
        asked: Statement,
        parameters: Parameters,
        as_frame: bool,
        limits: Limits,
        ttl: float,
        tags: Iterable[str],
    ) -> Any:
        asked_database = False

        def compute() -> Any:
            nonlocal asked_database
            asked_database = True
            return self._read(asked, parameters, as_frame, limits)

        kind = "frame" if as_frame else "rows"
        try:
            result = self.results.get(asked, parameters, kind, ttl, tags, compute)
        except QueryCancelled:
            if asked_database:
                raise
            result = compute()  # another's query was waited for, and ended by that one's limits
        if not asked_database:
            self.executor.statistics.cached(asked.shape)
        return result

    def _read(self, asked: Statement, parameters: Parameters, as_frame: bool, limits: Limits) -> Any:
        return self.executor.run(asked, parameters, self.database.frame if as_frame else _tuples, limits)

    def _write(self, asked: Statement, parameters: Parameters, as_frame: bool, limits: Limits) -> Any:
        def read(cursor: Cursor) -> Any:
            changed = self.database.changed_rows(cursor)
            if changed is not None:
                return changed
            return self.database.frame(cursor) if as_frame else _tuples(cursor)

        try:
            return self.executor.run(asked, parameters, read, limits)
        finally:
            self.database.written(self.results.forget_all)

    def explain(self, sql: str, parameters: Parameters = None) -> Plan:
        """How the database would find the rows, and which index would help; nothing is executed. Raises QueryFailed."""
        asked = self.executor.statement(sql)
        run = bound(sql, parameters, self.database.placeholder, self.database.vendor)
        with self.executor.borrowed(self.limits) as connection:
            try:
                return self.executor.plan_on(connection, asked, *run)
            except self.database.driver_errors as error:
                raise QueryFailed(f"{self.database.name} gives no plan: {error}") from error

    def advise(self, sql: str, plan: str) -> Plan:
        """What a plan says that the database gave for ``sql`` earlier, with the indexes that it misses now."""
        asked = self.executor.statement(sql)
        with self.executor.borrowed(self.limits) as connection:
            try:
                return self.executor.advised(connection, asked, plan)
            except self.database.driver_errors as error:
                raise QueryFailed(f"{self.database.name} does not tell its indexes: {error}") from error

    def create_index(self, table: str, columns: str | Sequence[str], *, unique: bool = False, name: str = "") -> str:
        """Makes the index unless it is there, and gives its name. Raises UnknownName, QueryFailed.

        A name is one for all tables: where another index has it, a digest is added to the one that was not given.
        """
        with self.executor.borrowed(self.limits) as connection:
            table = existing_table(self.database, connection, table)
            wanted = [columns] if isinstance(columns, str) else columns
            names = existing_columns(self.database, connection, table, wanted)
        for one in (name,) if name else index_names(table, names, unique=unique):
            if self._has_index(table, names, one, unique=unique):
                return one
        raise QueryFailed(f"{self.database.name} has another index called {one!r}. Give another name.")

    def _has_index(self, table: str, columns: Sequence[str], name: str, *, unique: bool) -> bool:
        """After making it where no index of any table is called so. Two who do this at once both have it."""
        kind = "UNIQUE INDEX" if unique else "INDEX"
        inside = ", ".join(map(quoted, columns))
        self.execute_query(f"CREATE {kind} IF NOT EXISTS {quoted(name)} ON {quoted(table)} ({inside})")
        with self.executor.borrowed(self.limits) as connection:
            return self.database.indexes(connection, table).get(name) == tuple(columns)

    def optimize_table(self, table: str) -> None:
        """Renews the statistics by which the database plans. Raises UnknownName, QueryFailed."""
        with self.executor.borrowed(self.limits) as connection:
            table = existing_table(self.database, connection, table)
        self.execute_query(f"ANALYZE {quoted(table)}", return_dataframe=False)

    def invalidate(self, *tables: str) -> None:
        """Cached results of these tables are read anew, or of all when none is named."""
        if not tables:
            self.results.forget_all()
        for table in tables:
            self.results.forget(table)

    def get_statistics(self) -> tuple[QueryStatistics, ...]:
        """Of this optimizer's queries, by shape; what took most time in all comes first."""
        return self.executor.statistics.all()

    def get_slow_queries(self) -> tuple[SlowQuery, ...]:
        """The slowest first, with plan and advice."""
        return self.executor.slow.all()

    def pool_state(self) -> PoolState:
        return self.database.pool_state()

    def close(self) -> None:
        """Closes its connections; a later query opens new ones."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def connection_pools() -> tuple[PoolState, ...]:
    """The pools of all optimizers of this process."""
    with _entering:
        known = list(optimizers)
    return tuple(sorted((one.pool_state() for one in known), key=lambda state: state.database))


def _tuples(cursor: Cursor) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in cursor.fetchall()]
