"""PostgreSQL by URL, through SQLAlchemy and psycopg."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from caching.queries.databases import postgresql_catalog as catalog
from caching.queries.databases.base import Connection, Cursor
from caching.queries.databases.catalogued import CataloguedDatabase
from caching.queries.databases.pooled import PooledDatabase
from caching.queries.errors import NoDatabase

if TYPE_CHECKING:
    from sqlalchemy.pool import Pool


class PostgresqlDatabase(CataloguedDatabase, PooledDatabase):
    """Each statement is its own transaction. A connection that the server has closed meanwhile is replaced."""

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
        from sqlalchemy import create_engine

        engine = create_engine(
            "postgresql+psycopg://",
            creator=self._connector(),
            pool_size=self.pool_size,
            max_overflow=0,
            pool_timeout=self.wait_seconds,
            pool_pre_ping=True,
        )
        return engine.pool

    def _connector(self) -> Callable[[], Any]:
        """libpq reads the URL itself: it also knows several hosts, and sockets, whose slashes are quoted."""
        try:
            import psycopg
        except ImportError as error:
            raise NoDatabase("PostgreSQL needs a package: pip install 'psycopg[binary]'.") from error
        connect = partial(psycopg.connect, self._url, autocommit=True)
        return partial(connect, options="-c default_transaction_read_only=on") if self.read_only else connect

    def interrupt(self, connection: Connection) -> None:
        connection.cancel_safe(timeout=5)

    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str:
        """In a transaction that cannot write: planning calls functions that are said to be immutable."""
        cursor.execute("BEGIN READ ONLY")
        try:
            return super().explain(cursor, sql, parameters)
        finally:
            cursor.execute("ROLLBACK")

    def version(self, connection: Connection) -> str | None:
        return catalog.version(self, connection)


def _without_password(url: str) -> str:
    """Options, such as a search path, make another database of it: a digest stands for them, without passwords."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    options = [(name, value) for name, value in parse_qsl(parts.query) if "password" not in name]
    digest = blake2b(repr(sorted(options)).encode(), digest_size=4).hexdigest()
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}{f'?{digest}' if options else ''}"
