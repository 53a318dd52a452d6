"""How long SQLite waits for a lock: it sleeps meanwhile, and no interruption wakes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import ceil, inf


@contextmanager
def waiting_at_most(connection: sqlite3.Connection, seconds: float | None) -> Iterator[None]:
    """In here not longer than ``seconds``, nor than was allowed before."""
    if seconds is None or seconds == inf:
        yield
        return
    (before_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    if ceil(seconds * 1000) >= before_ms:
        yield
        return
    connection.execute(f"PRAGMA busy_timeout={ceil(seconds * 1000)}")
    try:
        yield
    finally:
        with suppress(sqlite3.Error):  # it was interrupted, so nobody is given this connection again
            connection.execute(f"PRAGMA busy_timeout={before_ms}")
