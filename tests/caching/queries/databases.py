"""The same small table in each kind of database that the query tools know, and a cache of a test's own."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from caching import QueryOptimizer

TABLE = "health_data"
MAKE = (
    "CREATE TABLE health_data (id INTEGER PRIMARY KEY, state VARCHAR(3) NOT NULL, year INTEGER, rate DOUBLE PRECISION)"
)
ROWS = 12
ALL = "SELECT * FROM health_data"
INTO = "INSERT INTO health_data VALUES"
INSERT = f"{INTO} (?, ?, ?, ?)"
MARKS = ", ".join(["(?, ?, ?, ?)"] * ROWS)  # all rows at once, which takes a server as long as one


def rows(first: int = 1, last: int = ROWS) -> list[tuple[Any, ...]]:
    return [(n, ("NSW", "VIC", "QLD")[n % 3], None if n % 5 == 0 else 2010 + n, n / 4) for n in range(first, last + 1)]


VALUES = [value for row in rows() for value in row]


def make_sqlite(path: Path, content: Iterable[tuple[Any, ...]] = ()) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(MAKE)
        connection.executemany(INSERT, content or rows())
        connection.commit()
    return path


def make_duckdb(path: Path) -> Path:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute(MAKE)
        connection.execute(f"{INTO} {MARKS}", VALUES)
    return path


def fill(optimizer: QueryOptimizer) -> None:
    """Where a test before this one may have left a table."""
    optimizer.execute_query(f"DROP TABLE IF EXISTS {TABLE}")
    optimizer.execute_query(MAKE)
    optimizer.execute_query(f"{INTO} {MARKS}", VALUES)


TARGETS: dict[str, Callable[[pytest.FixtureRequest, Path], Any]] = {
    "sqlite": lambda request, directory: make_sqlite(directory / "asked.sqlite3"),
    "duckdb": lambda request, directory: copyfile(request.getfixturevalue("duckdb_path"), directory / "health.duckdb"),
    "postgresql": lambda request, directory: request.getfixturevalue("postgresql_url"),
}
KINDS = tuple(TARGETS)
