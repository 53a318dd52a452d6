"""A SQLite database made by a script, and all that its pages show."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from caching import PaginatedQuery, QueryOptimizer


def asked(tmp_path: Path, cache: Any, script: str) -> QueryOptimizer:
    path = tmp_path / "named.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return QueryOptimizer(path, cache)


def pages(optimizer: QueryOptimizer, sql: str, order_by: Any = ()) -> list[Any]:
    return [value for page in PaginatedQuery(optimizer, sql, 4, order_by) for value in page.iloc[:, 0].tolist()]
