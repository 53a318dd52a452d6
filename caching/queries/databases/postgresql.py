"""PostgreSQL by URL, through SQLAlchemy and psycopg."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from caching.queries.databases import postgresql_catalog as catalog
from caching.queries.databases.base import Connection, Cursor
from caching.queries.databases.catalogued import CataloguedDatabase
from caching.queries.databases.pooled import PooledDatabase
from caching.queries.databases.postgresql_link import CANCEL_SECONDS, is_closed, shut, with_patience
from caching.queries.errors import NoDatabase

if TYPE_CHECKING:
    from sqlalchemy.pool import Pool


class PostgresqlDatabase(CataloguedDatabase, PooledDatabase):
    """Each statement is its own transaction. A connection that the server has closed meanwhile is replaced.

    One that only reads does so in transactions that no statement can make write.
    """

    vendor = "postgresql"
    dialect = "postgres"
    placeholder = "%s"
    catalogue = catalog

    def __init__(self, url: str, *, read_only: bool, pool_size: int, wait_seconds: float) -> None:
        super().__init__(_without_password(url), read_only=read_only, pool_size=pool_size, wait_seconds=wait_seconds)
        self._url = url

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:  # type: ignore[override]  # known once it is imported
        import psycopg

        return (psycopg.Error,)

    def make_pool(self) -> "Pool":
        """Without SQLAlchemy's ping, which would wait for a server that hangs."""
        from sqlalchemy import event
        from sqlalchemy.pool import QueuePool

        pool = QueuePool(self._connector(), pool_size=self.pool_size, max_overflow=0, timeout=self.wait_seconds)
        event.listen(pool, "checkout", _refuse_closed)
        return pool

    def _connector(self) -> Callable[[], Any]:
        try:
            import psycopg
        except ImportError as error:
            raise NoDatabase("PostgreSQL needs a package: pip install 'psycopg[binary]'.") from error
        return partial(psycopg.connect, with_patience(self._url), autocommit=True)

    def interrupt(self, connection: Connection) -> None:
        connection.cancel_safe(timeout=CANCEL_SECONDS)

    def hang_up(self, connection: Connection) -> None:
        shut(connection)

    def statement(self, connection: Connection, timeout_seconds: float | None) -> AbstractContextManager[None]:
        return _reading(connection) if self.read_only else nullcontext()

    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str:
        """Planning calls functions that are said to be immutable, and may write."""
        with _reading(cursor.connection):  # type: ignore[attr-defined]  # psycopg's, as all drivers', says it
            return super().explain(cursor, sql, parameters)

    def version(self, connection: Connection) -> str | None:
        return catalog.version(self, connection)


@contextmanager
def _reading(connection: Connection) -> Iterator[None]:
    """A transaction that cannot write; what was set in it is forgotten with it. Inside one, that one."""
    if connection.info.transaction_status:
        yield
        return
    connection.execute("BEGIN READ ONLY")
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("ROLLBACK")


def _refuse_closed(connection: Any, record: Any, checked_out: Any) -> None:
    from sqlalchemy.exc import DisconnectionError

    if is_closed(connection):
        raise DisconnectionError


def _without_password(url: str) -> str:
    """Options, such as a search path, make another database of it: a digest stands for them, without passwords."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    options = [(name, value) for name, value in parse_qsl(parts.query) if "password" not in name]
    digest = blake2b(repr(sorted(options)).encode(), digest_size=4).hexdigest()
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}{f'?{digest}' if options else ''}"
