"""What a name in an order means: the database's table and column, and not another of the same name."""

from pathlib import Path
from typing import Any

import pytest

from caching import NoKey, PaginatedQuery, QueryOptimizer
from caching.queries.errors import UnknownName
from tests.caching.queries.paging.reading import asked, pages

pytestmark = pytest.mark.once


NUMBERS = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL);
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30)
INSERT INTO t SELECT x, x, (x * 7) % 30 FROM n;
"""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, -a AS Score FROM t ORDER BY score",
        "SELECT id, -a AS A FROM t ORDER BY a",
        "SELECT id, a AS b, b AS a FROM t ORDER BY a",
        "SELECT id, a AS b FROM t ORDER BY a + 0 DESC",
        "SELECT id, a + 1 AS Total FROM t ORDER BY total",
        "SELECT id, b FROM T ORDER BY 2",
    ],
)
def test_an_alias_in_an_order_means_what_the_database_means(tmp_path: Path, cache: Any, sql: str) -> None:
    with asked(tmp_path, cache, NUMBERS) as optimizer:
        assert pages(optimizer, sql) == optimizer.execute_query(sql)["id"].tolist()


@pytest.mark.parametrize("sql", ["SELECT * FROM t ORDER BY 2", "SELECT id FROM t ORDER BY 5"])
def test_a_number_in_an_order_that_names_no_column_says_so(tmp_path: Path, cache: Any, sql: str) -> None:
    with asked(tmp_path, cache, NUMBERS) as optimizer, pytest.raises(NoKey, match="Write the name"):
        pages(optimizer, sql)


def test_a_table_is_found_in_any_case_with_its_key(tmp_path: Path, cache: Any) -> None:
    script = "CREATE TABLE t (code TEXT PRIMARY KEY, v INT); INSERT INTO t VALUES (NULL, 1), (NULL, 2), (NULL, 3)"
    with asked(tmp_path, cache, script) as optimizer:
        found = [page["v"].tolist() for page in PaginatedQuery(optimizer, "SELECT * FROM T", 1)]
        assert found == [[1], [2], [3]]
        with pytest.raises(UnknownName, match="There is no table nowhere"):
            pages(optimizer, "SELECT * FROM nowhere")


def test_groups_are_told_apart_only_by_what_is_grouped_by(tmp_path: Path, cache: Any) -> None:
    script = "CREATE TABLE g (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO g (s) VALUES ('a'), ('A'), ('b')"
    with asked(tmp_path, cache, script) as optimizer:
        assert pages(optimizer, "SELECT s, count(*) AS n FROM g GROUP BY 1") == ["A", "a", "b"]
        with pytest.raises(NoKey):
            pages(optimizer, "SELECT upper(s) AS s, count(*) AS n FROM g GROUP BY g.s")


def test_a_table_of_another_schema_has_the_key_that_it_has(postgresql: QueryOptimizer) -> None:
    for sql in (
        "CREATE TABLE s1.events (id int PRIMARY KEY)",
        "INSERT INTO s1.events SELECT generate_series(1, 9)",
        "CREATE TABLE s2.events (id int)",
    ):
        postgresql.execute_query(sql)
    assert pages(postgresql, "SELECT * FROM S1.Events") == list(range(1, 10))
    with pytest.raises(NoKey, match="events has no primary key"):
        pages(postgresql, "SELECT * FROM s2.events")


def test_numbers_of_single_precision_are_continued_from(postgresql: QueryOptimizer) -> None:
    postgresql.execute_query("CREATE TABLE s1.f (id int PRIMARY KEY, r real NOT NULL)")
    postgresql.execute_query("INSERT INTO s1.f SELECT n, 0.1 FROM generate_series(1, 11) AS n")
    assert pages(postgresql, "SELECT id, r FROM s1.f", "r") == list(range(1, 12))


def test_urls_that_differ_in_options_are_different_databases(postgresql_url: str, postgresql: QueryOptimizer) -> None:
    names = []
    for schema, value in (("s1", 1), ("s2", 2)):
        postgresql.execute_query(f"CREATE TABLE {schema}.t AS SELECT {value} AS id")
        url = f"{postgresql_url}?options=-csearch_path%3D{schema}"
        with QueryOptimizer(url, postgresql.results.cache) as optimizer:
            found = optimizer.execute_query("SELECT id FROM t", cache_ttl=60, return_dataframe=False)
            names.append(optimizer.database.name)
        assert found == [(value,)]
    assert names[0] != names[1]
    assert "search_path" not in "".join(names)
