"""What the query tools need of a database, whichever it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Cursor(Protocol):
    """The part of DB-API's cursor (PEP 249) that is used."""

    @property
    def description(self) -> Any: ...
    @property
    def rowcount(self) -> int: ...
    def execute(self, sql: Any, parameters: Any = ..., /) -> Any: ...
    def fetchmany(self, size: int = ..., /) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


Connection = Any  # each driver has a class of its own
Key = tuple[Any, ...]  # of a row, in the order of the columns that tell rows apart


@dataclass(frozen=True, slots=True)
class PoolState:
    """Connections of one database in this process, now. ``limit`` is None where the pool is not ours."""

    database: str
    vendor: str
    limit: int | None
    open: int
    in_use: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its declared type in capitals, and whether it can be NULL."""

    name: str
    type: str
    is_nullable: bool


class Database(ABC):
    """One database. ``name`` is for people and for keys of the cache: no password is in it."""

    vendor: str
    dialect: str  # sqlglot's name of it
    placeholder = "?"
    keys_are_texts = False  # of rows, for paging: where what the driver gives is not always what was stored
    driver_errors: tuple[type[Exception], ...]

    def __init__(self, name: str, *, read_only: bool) -> None:
        self.name = name
        self.read_only = read_only

    @abstractmethod
    def borrowed(self) -> AbstractContextManager[Connection]:
        """A connection, for as long as the context lasts. Raises PoolExhausted."""

    def cursor(self, connection: Connection) -> Cursor:
        cursor: Cursor = connection.cursor()
        return cursor

    @abstractmethod
    def interrupt(self, connection: Connection) -> None:
        """Ends what ``connection`` is executing; called from another thread."""

    def hang_up(self, connection: Connection) -> None:  # noqa: B027  (only a server can leave one waiting)
        """Ends what ``connection`` is executing without its server, which does not answer."""

    def statement(self, connection: Connection, timeout_seconds: float | None) -> AbstractContextManager[None]:
        """What each statement that is asked for is executed in."""
        return nullcontext()

    def discard(self, connection: Connection) -> None:  # noqa: B027  (an error ends a pooled connection anyway)
        """Closes a connection that was interrupted, so that nobody is given it again."""

    def frame(self, cursor: Cursor) -> "pd.DataFrame":
        """All rows of ``cursor``, with the types that ``pandas.read_sql_query`` gives."""
        from caching.frames.reading import read_frame

        return read_frame(cursor)

    def page(self, cursor: Cursor, hidden: int) -> "tuple[pd.DataFrame, Key | None]":
        """The rows as a frame without their last ``hidden`` columns, and those columns of the last row."""
        from caching.frames.reading import frame_of

        names = [str(column[0]) for column in cursor.description]
        found = cursor.fetchall()
        key = tuple(found[-1][-hidden:]) if found else None
        return frame_of(names[:-hidden], found), key

    def types(self, cursor: Cursor) -> tuple[str, ...]:
        """What the database calls the types of the columns, where ``keys_are_texts``."""
        raise NotImplementedError(f"{self.vendor} gives keys as they are.")

    def changed_rows(self, cursor: Cursor) -> int | None:
        """Of a statement that writes; None when it has rows to show instead (RETURNING, PRAGMA)."""
        return max(0, cursor.rowcount) if cursor.description is None else None

    def version(self, connection: Connection) -> str | None:
        """Two equal versions mean equal data, whoever writes. None when this cannot be told."""
        return None

    def is_private(self) -> bool:
        """Whether what is read now may be seen by nobody else: the inside of a transaction. Then nothing is kept."""
        return False

    def written(self, forget: Callable[[], None]) -> None:
        """Something was written: what was read before is forgotten, when others can see what is there now."""
        forget()

    def leave_thread(self) -> None:  # noqa: B027  (a pool belongs to all threads)
        """A thread that asked is about to end."""

    def stored_version(self) -> str:
        """Part of the key of a cached result: as much of ``version`` as can be told without asking anybody."""
        return ""

    @abstractmethod
    def tables(self, connection: Connection) -> tuple[str, ...]:
        """Names of tables and views."""

    @abstractmethod
    def columns(self, connection: Connection, table: str, schema: str = "") -> tuple[Column, ...]:
        """In their order; none when there is no such table in ``schema``, or where the database looks for it."""

    @abstractmethod
    def keys(self, connection: Connection, table: str, schema: str = "") -> tuple[tuple[str, ...], ...]:
        """Sets of columns, none of them nullable, that are unique; the primary key first."""

    @abstractmethod
    def indexes(self, connection: Connection, table: str) -> dict[str, tuple[str, ...]]:
        """The columns of each index, by its name."""

    @abstractmethod
    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str:
        """The plan, one step a line; the statement is not executed."""

    @abstractmethod
    def pool_state(self) -> PoolState: ...

    @abstractmethod
    def close(self) -> None:
        """Closes all connections that nobody uses; a later query opens new ones."""


def quoted(name: str) -> str:
    """As every supported database takes it."""
    return '"' + name.replace('"', '""') + '"'


def rows(database: Database, connection: Connection, sql: str, *parameters: Any) -> list[Any]:
    """All rows of a question about the database itself; ``?`` stands for each parameter, whichever the driver."""
    cursor = database.cursor(connection)
    if parameters:
        cursor.execute(sql.replace("?", database.placeholder), parameters)
    else:
        cursor.execute(sql)  # without any, percent signs are nothing special
    return cursor.fetchall()
