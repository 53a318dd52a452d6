"""A SQLite database made by a script, and what pages show."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from caching import PaginatedQuery, QueryOptimizer
from tests.caching.queries.databases import ALL


def asked(tmp_path: Path, cache: Any, script: str) -> QueryOptimizer:
    path = tmp_path / "named.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return QueryOptimizer(path, cache)


def pages(optimizer: QueryOptimizer, sql: str, order_by: Any = ()) -> list[Any]:
    return [value for page in PaginatedQuery(optimizer, sql, 4, order_by) for value in page.iloc[:, 0].tolist()]


def ids(pages: Any) -> list[int]:
    return [int(number) for page in pages for number in page["id"]]


def same_order(optimizer: QueryOptimizer, order_by: Any) -> None:
    """With texts, gaps and ties, one way or both: the pages together are the query's rows in that order."""
    paginated = PaginatedQuery(optimizer, ALL, page_size=2, order_by=order_by)
    names = [order_by] if isinstance(order_by, str) else order_by
    expected = optimizer.execute_query(f"{ALL} ORDER BY {', '.join([*names, 'id'])}")
    assert ids(paginated.iter_pages()) == expected["id"].tolist()
    assert [paginated.get_page(n)["id"].tolist() for n in (5, 0, 3)] == [
        expected["id"].tolist()[2 * n : 2 * n + 2] for n in (5, 0, 3)
    ]
