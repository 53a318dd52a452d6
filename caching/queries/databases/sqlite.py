"""SQLite, by the path of its file. WAL, so that readers do not wait for the writer."""

import logging
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from caching.queries.databases import sqlite_catalog as catalog
from caching.queries.databases.base import Connection
from caching.queries.databases.catalogued import CataloguedDatabase
from caching.queries.databases.pooled import PooledDatabase
from caching.queries.databases.sqlite_file import file_version
from caching.queries.databases.sqlite_waiting import waiting_at_most
from caching.queries.errors import NoDatabase

if TYPE_CHECKING:
    from sqlalchemy.pool import Pool

log = logging.getLogger(__name__)

BUSY_MS = 20_000
LOOK_AGAIN_SECONDS = 0.02
CACHE_KIB = 16_000
MAPPED_BYTES = 256 * 2**20


class SqliteDatabase(CataloguedDatabase, PooledDatabase):
    """``wal`` switches a file to write-ahead logging, which stays with the file; not when it is only read."""

    vendor = dialect = "sqlite"
    driver_errors = (sqlite3.Error,)
    catalogue = catalog

    def __init__(self, path: Path, *, read_only: bool, pool_size: int, wait_seconds: float, wal: bool = True) -> None:
        super().__init__(str(path), read_only=read_only, pool_size=pool_size, wait_seconds=wait_seconds)
        self.path = path
        self.wal = wal and not read_only
        self._opening = Lock()

    def make_pool(self) -> "Pool":
        from sqlalchemy.pool import QueuePool

        return QueuePool(self._connect, pool_size=self.pool_size, max_overflow=0, timeout=self.wait_seconds)

    def _connect(self) -> Any:
        if not self.path.is_file():
            raise NoDatabase(f"There is no SQLite file {self.path}. Give the path of one that is there.")
        mode = "ro" if self.read_only else "rw"
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        if self.wal:
            self._switch_to_wal(connection)
        if self.read_only:
            connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # makes the log's index, which says the version
        return connection

    def _switch_to_wal(self, connection: Any) -> None:
        """SQLite says at once that the file is locked, however long it may wait; without the log it is used as it is.

        One of this process switches; another process may have it locked while it does the same.
        """
        with self._opening:
            deadline = monotonic() + BUSY_MS / 1000
            while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                try:
                    connection.execute("PRAGMA journal_mode=WAL")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise
                    if monotonic() > deadline:
                        log.warning("%s stays without a write-ahead log: it is locked all the time.", self.name)
                        return
                    sleep(LOOK_AGAIN_SECONDS)
        connection.execute("PRAGMA synchronous=NORMAL")

    def interrupt(self, connection: Connection) -> None:
        connection.interrupt()

    def statement(self, connection: Connection, timeout_seconds: float | None) -> AbstractContextManager[None]:
        return waiting_at_most(connection, timeout_seconds)

    def version(self, connection: Connection) -> str | None:
        return file_version(self.path)

    def stored_version(self) -> str:
        """Looked at while a connection is open: opening the first one is what makes the log beside the file."""
        if self.pool_state().open == 0:
            with self.borrowed():
                pass
        return file_version(self.path) or ""
