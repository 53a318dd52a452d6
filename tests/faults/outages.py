"""A database that goes away and comes back, as its clients see a restart: connections end, what was open is undone."""

import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tests.journeys.wire import Wire


class Outage(Protocol):
    def begin(self) -> None: ...

    def end(self) -> None: ...


class HasDatabase(Protocol):
    """What of the stage an outage changes."""

    database_url: str
    variables: MutableMapping[str, str]


class _Cut:
    def __init__(self, wire: Wire) -> None:
        self.begin, self.end = wire.cut, wire.mend


@contextmanager
def cut_off(stage: HasDatabase) -> Iterator[Outage]:
    """PostgreSQL behind a wire that can be cut."""
    parts = urlsplit(stage.database_url)
    wire = Wire(Path(unquote(parts.netloc.rpartition("@")[2])) / ".s.PGSQL.5432")
    user = parts.netloc.rpartition("@")[0]
    stage.variables["DATABASE_URL"] = f"postgresql://{user}@127.0.0.1:{wire.port}{parts.path}"
    yield _Cut(wire)


class _Lock:
    """Nobody else reads or writes meanwhile; SQLite has no server that could be stopped."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def begin(self) -> None:
        self._database.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        self._database.rollback()


@contextmanager
def locked(stage: HasDatabase) -> Iterator[Outage]:
    path = stage.database_url.removeprefix("sqlite:///")
    database = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
    with closing(database):
        yield _Lock(database)
