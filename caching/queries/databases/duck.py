"""DuckDB, by the path of its file. Its connections of one process share one instance."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caching.queries.databases.base import Column, Connection, Cursor, Key, rows
from caching.queries.databases.pooled import PooledDatabase
from caching.queries.errors import NoDatabase
from caching.queries.plan_texts import duckdb_plan

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.pool import Pool


class DuckDatabase(PooledDatabase):
    """A file that another process writes to cannot be opened, and DuckDB says so."""

    vendor = dialect = "duckdb"
    keys_are_texts = True  # a frame has no ENUM, takes NaN for missing, and Python no nanoseconds

    def __init__(self, path: Path, *, read_only: bool, pool_size: int, wait_seconds: float) -> None:
        super().__init__(str(path), read_only=read_only, pool_size=pool_size, wait_seconds=wait_seconds)
        self.path = path

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:  # type: ignore[override]  # known once it is imported
        import duckdb

        return (duckdb.Error,)

    def make_pool(self) -> "Pool":
        from sqlalchemy import event
        from sqlalchemy.pool import QueuePool

        pool = QueuePool(
            self._connector(),
            pool_size=self.pool_size,
            max_overflow=0,
            timeout=self.wait_seconds,
            reset_on_return=None,  # DuckDB refuses to roll back where nothing was begun
        )
        event.listen(pool, "reset", self._roll_back)
        return pool

    def _roll_back(self, connection: Connection, record: Any, state: Any) -> None:
        with suppress(*self.driver_errors):  # each statement is its own transaction, unless one began another
            connection.rollback()

    def _connector(self) -> Callable[[], Any]:
        try:
            import duckdb
        except ImportError as error:
            raise NoDatabase("DuckDB needs a package: pip install 'ahgd-ops[data,duckdb]'.") from error
        if not self.path.is_file():
            raise NoDatabase(f"There is no DuckDB file {self.path}. Give the path of one that is there.")
        return lambda: duckdb.connect(str(self.path), read_only=self.read_only)

    def cursor(self, connection: Connection) -> Cursor:
        return connection  # type: ignore[no-any-return]  # is one itself; its cursor() would be another connection

    def interrupt(self, connection: Connection) -> None:
        connection.interrupt()

    def frame(self, cursor: Cursor) -> "pd.DataFrame":
        """With the types that DuckDB gives: integers with gaps are nullable integers."""
        frame: pd.DataFrame = cursor.df()  # type: ignore[attr-defined]  # without a tuple for each row
        return frame

    def page(self, cursor: Cursor, hidden: int) -> "tuple[pd.DataFrame, Key | None]":
        import pandas as pd

        found = self.frame(cursor)
        last = None if found.empty else found.iloc[-1, -hidden:]
        key = None if last is None else tuple(None if pd.isna(text) else text for text in last)
        return found.iloc[:, :-hidden], key

    def types(self, cursor: Cursor) -> tuple[str, ...]:
        return tuple(str(column[1]) for column in cursor.description)

    def changed_rows(self, cursor: Cursor) -> int | None:
        if [column[0] for column in cursor.description or ()] != ["Count"]:
            return super().changed_rows(cursor)
        return sum(int(changed) for (changed,) in cursor.fetchall())  # none for CREATE and the like

    def version(self, connection: Connection) -> str | None:
        return self.stored_version()

    def stored_version(self) -> str:
        """Each commit is appended to the log beside the file, or folded into the file."""
        return "/".join(_stamp(path) for path in (self.path, Path(f"{self.path}.wal")))

    def tables(self, connection: Connection) -> tuple[str, ...]:
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
        return tuple(name for (name,) in rows(self, connection, sql))

    def columns(self, connection: Connection, table: str, schema: str = "") -> tuple[Column, ...]:
        sql = (
            "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
            " WHERE table_catalog = current_database() AND lower(table_schema) = lower(coalesce(nullif(?, ''),"
            " current_schema())) AND lower(table_name) = lower(?) ORDER BY ordinal_position"
        )
        return tuple(
            Column(name, kind.upper(), nullable) for name, kind, nullable in rows(self, connection, sql, schema, table)
        )

    def keys(self, connection: Connection, table: str, schema: str = "") -> tuple[tuple[str, ...], ...]:
        sql = (
            "SELECT constraint_column_names FROM duckdb_constraints() WHERE database_name = current_database()"
            " AND lower(schema_name) = lower(coalesce(nullif(?, ''), current_schema()))"
            " AND lower(table_name) = lower(?)"
            " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') ORDER BY constraint_type"
        )
        never_null = {column.name for column in self.columns(connection, table, schema) if not column.is_nullable}
        found = [tuple(names) for (names,) in rows(self, connection, sql, schema, table)]
        return tuple(names for names in found if never_null.issuperset(names))

    def indexes(self, connection: Connection, table: str) -> dict[str, tuple[str, ...]]:
        sql = "SELECT index_name, expressions FROM duckdb_indexes() WHERE schema_name = current_schema()"
        found = rows(self, connection, f"{sql} AND table_name = ?", table)
        return {name: _names(text) for name, text in found}

    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        return duckdb_plan(cursor.fetchall()[0][1])


def _stamp(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return "-"
    return f"{stat.st_ino}.{stat.st_size}.{stat.st_mtime_ns}"


def _names(text: str) -> tuple[str, ...]:
    """``[state, "year"]`` as names."""
    return tuple(name.strip().strip("'\"") for name in text.strip("[]").split(","))
