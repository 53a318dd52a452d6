"""One statement on one connection: bound, timed, counted, told of, and explained when it was slow."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Protocol, TypeVar

from caching.queries.databases.base import Connection, Cursor, Database
from caching.queries.databases.django_alias import DjangoDatabase
from caching.queries.errors import NoPlan, QueryFailed, ReadOnly
from caching.queries.parameters import Parameters, bound
from caching.queries.plan_texts import without_values
from caching.queries.plans import Plan, advise, read_plan
from caching.queries.running import Cancellation
from caching.queries.slow import SlowQueries
from caching.queries.statements import Statement, statement
from caching.queries.statistics import Statistics
from caching.signals import query_executed

log = logging.getLogger(__name__)
T = TypeVar("T")

SLOW_SECONDS = 0.5


class Monitor(Protocol):
    """``monitoring.PerformanceMonitor``, as far as it is used."""

    def track_database_query(self, query: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """When a statement is ended, if at all, and by whom."""

    timeout_seconds: float | None = None
    cancellation: Cancellation | None = None


NO_LIMITS = Limits()


class Executor:
    """Runs statements on ``database``; keeps what they took."""

    def __init__(self, database: Database, monitor: Monitor | None, slow_seconds: float) -> None:
        self.database = database
        self.statistics = Statistics()
        self.slow = SlowQueries()
        self._monitor = monitor
        self._slow_seconds = slow_seconds

    def statement(self, sql: str) -> Statement:
        found = statement(sql, self.database.dialect)
        if self.database.read_only and not found.is_read:
            raise ReadOnly(f"{self.database.name} is opened to be read only; this statement writes: {found.shape.name}")
        return found

    @contextmanager
    def borrowed(self, limits: Limits) -> Iterator[Connection]:
        """A connection for questions about the database itself, which end as statements do."""
        running = limits.cancellation or Cancellation()
        with self.database.borrowed() as connection, running.running(self.database, connection, limits.timeout_seconds):
            yield connection

    def run(
        self, asked: Statement, parameters: Parameters, read: Callable[[Cursor], T], limits: Limits = NO_LIMITS
    ) -> T:
        """What ``read`` makes of the cursor. Raises QueryFailed, QueryCancelled, QueryTimedOut, PoolExhausted."""
        with self.database.borrowed() as connection:
            return self.run_on(connection, asked, parameters, read, limits)

    def run_on(
        self,
        connection: Connection,
        asked: Statement,
        parameters: Parameters,
        read: Callable[[Cursor], T],
        limits: Limits = NO_LIMITS,
    ) -> T:
        """As ``run``, on a connection that the caller has borrowed."""
        sql, values = bound(asked.sql, parameters, self.database.placeholder, self.database.vendor)
        result: Any = None
        failed, began = True, perf_counter()
        try:
            result = self._execute(connection, asked, sql, values, read, limits)
            failed = False
        finally:
            self._tell(connection, asked, (sql, values), perf_counter() - began, _rows_of(result), failed)
        return result  # type: ignore[no-any-return]  # what read gave

    def _execute(
        self,
        connection: Connection,
        asked: Statement,
        sql: str,
        values: Any,
        read: Callable[[Cursor], T],
        limits: Limits,
    ) -> T:
        running = limits.cancellation or Cancellation()
        tracked = nullcontext() if self._monitor is None else self._monitor.track_database_query(asked.shape.name)
        try:
            with tracked, running.running(self.database, connection, limits.timeout_seconds, writes=not asked.is_read):
                cursor = self.database.cursor(connection)
                if values:
                    cursor.execute(sql, values)
                else:
                    cursor.execute(sql)
                return read(cursor)
        except self.database.driver_errors as error:
            raise QueryFailed(f"{self.database.name} refused {asked.shape.name}: {error}") from error

    def _tell(
        self, connection: Connection, asked: Statement, run: tuple[str, Any], seconds: float, rows: int, failed: bool
    ) -> None:
        self.statistics.executed(asked.shape, seconds, rows, failed)
        slow = self._note_slow(connection, asked, run, seconds, failed) if seconds >= self._slow_seconds else None
        if isinstance(self.database, DjangoDatabase):
            return  # Django's connections tell of it themselves
        query_executed.send(
            sender=type(self),
            database=self.database.name,
            vendor=self.database.vendor,
            sql=asked.sql,
            parameters=run[1],
            seconds=seconds,
            rows=rows,
            failed=failed,
            is_measured=self._monitor is not None,
            plan=slow,
        )

    def _note_slow(
        self, connection: Connection, asked: Statement, run: tuple[str, Any], seconds: float, failed: bool
    ) -> Plan | None:
        """Explains a shape once; a connection whose statement failed is on its way out."""
        plan = None
        if not failed and not self.slow.knows(asked.shape):
            plan = self._plan_or_none(connection, asked, run)
        return self.slow.add(asked.shape, seconds, plan).plan

    def _plan_or_none(self, connection: Connection, asked: Statement, run: tuple[str, Any]) -> Plan | None:
        """Without values, since it is kept and shown. Of what cannot be explained there is none."""
        try:
            plan = self.plan_on(connection, asked, *run)
        except NoPlan:
            return None
        except self.database.driver_errors as error:
            log.info("%s gives no plan of %s: %s", self.database.name, asked.shape.name, error)
            return None
        return replace(plan, text=without_values(plan.text, self.database.vendor))

    def plan_on(self, connection: Connection, asked: Statement, sql: str, values: Any) -> Plan:
        """The plan with advice. Raises NoPlan, and what the driver raises."""
        if not asked.is_explainable:
            raise NoPlan("Only one SELECT, INSERT, UPDATE, DELETE or VALUES has a plan; this would be executed.")
        text = self.database.explain(self.database.cursor(connection), sql, values)
        return self.advised(connection, asked, text)

    def advised(self, connection: Connection, asked: Statement, text: str) -> Plan:
        """A plan that the database gave, with the indexes that it misses."""
        database = self.database
        plan = read_plan(text, database.vendor)
        if not plan.scanned:
            return plan
        tables = {table: tuple(c.name for c in database.columns(connection, table)) for table in asked.tables}
        indexes = {table: tuple(database.indexes(connection, table).values()) for table in asked.tables}
        return replace(plan, advice=advise(plan, asked.sql, database.dialect, tables, indexes))


def _rows_of(result: Any) -> int:
    """Rows of a frame or a list, or what a statement that writes has changed."""
    return result if isinstance(result, int) else 0 if result is None else len(result)
