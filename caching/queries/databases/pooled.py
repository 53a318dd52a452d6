"""Databases whose connections this library pools; SQLAlchemy's pool does the work."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from caching.queries.databases.base import Connection, Database, PoolState
from caching.queries.errors import NoDatabase, PoolExhausted

if TYPE_CHECKING:
    from sqlalchemy.pool import Pool

POOL_SIZE = 10  # as db_connection_pool_size of the guide
WAIT_SECONDS = 30.0


class PooledDatabase(Database):
    """At most ``pool_size`` connections, opened when they are needed; one who comes later waits ``wait_seconds``."""

    def __init__(self, name: str, *, read_only: bool, pool_size: int, wait_seconds: float) -> None:
        super().__init__(name, read_only=read_only)
        self.pool_size = pool_size
        self.wait_seconds = wait_seconds
        self._pool: Pool | None = None
        self._owner = 0
        self._waiting = 0
        self._lock = Lock()

    @abstractmethod
    def make_pool(self) -> "Pool":
        """A pool with no connection in it yet."""

    @property
    def pool(self) -> "Pool":
        """The pool of this process: after a fork the parent's connections are left to the parent."""
        if find_spec("sqlalchemy") is None or find_spec("sqlglot") is None:
            raise NoDatabase("Asking databases needs packages: pip install 'ahgd-ops[data]'.")
        with self._lock:
            if self._pool is None or self._owner != os.getpid():
                self._pool, self._owner = self.make_pool(), os.getpid()
            return self._pool

    @contextmanager
    def borrowed(self) -> Iterator[Connection]:
        from sqlalchemy.exc import TimeoutError as NoneFree

        self._count_waiting(1)
        try:
            fairy = self.pool.connect()
        except NoneFree as error:
            raise PoolExhausted(
                f"All {self.pool_size} connections to {self.name} were in use for {self.wait_seconds:g} s. "
                "Make pool_size larger, or the queries shorter."
            ) from error
        except self.driver_errors as error:
            raise NoDatabase(f"{self.name} cannot be opened: {error}") from error
        finally:
            self._count_waiting(-1)
        try:
            yield fairy.dbapi_connection
        except BaseException:  # whatever state an error, a time-out or Ctrl+C left it in, nobody is given it again
            fairy.invalidate()
            raise
        finally:
            fairy.close()

    def _count_waiting(self, change: int) -> None:
        with self._lock:
            self._waiting += change

    def pool_state(self) -> PoolState:
        pool = self._pool if self._owner == os.getpid() else None
        if pool is None:
            return PoolState(self.name, self.vendor, self.pool_size, 0, 0, self._waiting)
        in_use, idle = pool.checkedout(), pool.checkedin()  # type: ignore[attr-defined]  # of QueuePool, as all are
        return PoolState(self.name, self.vendor, self.pool_size, in_use + idle, in_use, self._waiting)

    def close(self) -> None:
        with self._lock:
            if self._pool is not None and self._owner == os.getpid():
                self._pool.dispose()
            self._pool = None
