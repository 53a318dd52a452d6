"""What a name in an order means: the database's table and column, and not another of the same name."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from caching import NoKey, PaginatedQuery, QueryOptimizer
from caching.queries.errors import UnknownName

pytestmark = pytest.mark.once


def asked(tmp_path: Path, cache: Any, script: str) -> QueryOptimizer:
    path = tmp_path / "named.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return QueryOptimizer(path, cache)


def pages(optimizer: QueryOptimizer, sql: str, order_by: Any = ()) -> list[Any]:
    return [value for page in PaginatedQuery(optimizer, sql, 4, order_by) for value in page.iloc[:, 0].tolist()]


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


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, upper(s), id+1, ifnull(s,'é') FROM w ORDER BY id",
        "select id, cast(d as date), cast('1a' as numeric), typeof(mod(id, 2)) from w -- why\n where id>0 -- and\n;",
        "SELECT id, s IS DISTINCT FROM 'Abc' FROM w WHERE id = 1 OR s LIKE 'x%'",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 9) -- until 9\n"
        "SELECT id, 'FROM (', d||'' FROM w WHERE id IN (SELECT x FROM n)",
        "SELECT w.id, v.id+0, v.s FROM w JOIN w AS v ON v.id >= w.id -- each\nORDER BY w.id",
        "SELECT id, id+1, cast(d as date) FROM w UNION ALL SELECT 20, 1, 'é' ORDER BY id -- all",
        "SELECT id, max(s), cast(d as date) FROM w GROUP BY id ORDER BY id LIMIT 5",
    ],
)
def test_values_and_names_are_those_of_the_query_as_it_was_written(tmp_path: Path, cache: Any, sql: str) -> None:
    script = (
        "CREATE TABLE w (id INTEGER PRIMARY KEY, s TEXT, d TEXT);"
        "INSERT INTO w VALUES (1, 'Abc', '2024-02-03 04:05:06'), (7, 'x''y', '2023-12-31'), (9, 'q', 'é')"
    )
    with asked(tmp_path, cache, script) as optimizer:
        expected = optimizer.execute_query(sql)
        order = "id" if "UNION ALL SELECT 20" in sql else ()
        paginated = PaginatedQuery(optimizer, sql, 2, order)
        found = [paginated.get_page(number) for number in range(paginated.total_pages)]
        assert {tuple(page.columns) for page in [*found, *paginated]} == {tuple(expected.columns)}
        assert [row for page in found for row in page.to_numpy().tolist()] == expected.to_numpy().tolist()


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


@pytest.fixture
def postgresql(postgresql_url: str, cache: Any) -> Any:
    with QueryOptimizer(postgresql_url, cache) as optimizer:
        for schema in ("s1", "s2"):
            optimizer.execute_query(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            optimizer.execute_query(f"CREATE SCHEMA {schema}")
        yield optimizer


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


@pytest.mark.parametrize(
    ("condition", "parameters"),
    [
        ("data ? 'a' AND note LIKE '5%?'", []),
        ("data ?| array['a', 'z']", []),
        ("data ?& array['a', 'b']", []),
        ("data ? %s AND note LIKE '5%%%%?'", ["a"]),
        ("data ? 'b' AND data @> %s::jsonb", ['{"a": 1}']),
        ("note LIKE ? AND id > ?", ["5%?", 0]),
    ],
)
def test_operators_of_postgresql_that_look_like_parameters_stay_operators(
    postgresql: QueryOptimizer, condition: str, parameters: list[Any]
) -> None:
    postgresql.execute_query("CREATE TABLE s1.j (id int PRIMARY KEY, data jsonb, note text)")
    postgresql.execute_query(
        "INSERT INTO s1.j SELECT n, '{\"a\": 1, \"b\": 2}', '5%?' FROM generate_series(1, 11) AS n"
    )
    paginated = PaginatedQuery(postgresql, f"SELECT id FROM s1.j WHERE {condition}", 4, parameters=parameters)  # noqa: S608
    found = [value for page in paginated for value in page["id"]]
    assert found == list(range(1, 12))
    assert paginated.get_page(2)["id"].tolist() == [9, 10, 11]
    assert paginated.total_rows == 11


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


TYPED, TYPED_ROWS = "SELECT id FROM t", "INSERT INTO t{} SELECT n, {} FROM range(23) r(n)"
DUCKDB_TYPES = {  # each with values for the numbers n; every second one is read from the last on
    "ENUM('low', 'mid', 'high')": "(['low', 'mid', 'high'])[1 + (n % 3)::INT]",
    "DOUBLE": "CASE WHEN n % 2 = 0 THEN 'nan' WHEN n % 3 = 0 THEN NULL ELSE n::VARCHAR END",
    "FLOAT": "(n % 5) / 10.0",
    "TIMESTAMP_NS": "make_timestamp_ns(1700000000000000000 + n)",
    "TIMESTAMPTZ": "TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (n) HOUR",
    "DATE": "DATE '1500-01-01' + (n % 5)::INT",
    "HUGEINT": "100000000000000000000 + n",
    "DECIMAL(38, 6)": "100000000000000000.000001::DECIMAL(38, 6) + n % 5",
    "BIGINT": "CASE WHEN n % 7 > 0 THEN 9007199254740993 + n END",
    "BLOB": "('k' || n)::BLOB",
    "BOOLEAN": "CASE n % 3 WHEN 1 THEN true WHEN 2 THEN false END",
    "INTEGER[]": "[n % 2, n]",
    "UUID": "gen_random_uuid()",
    "VARCHAR": "CASE WHEN n % 3 > 0 THEN 'it''s ' || n END",
}


def test_keys_of_every_type_of_duckdb_are_continued_from(tmp_path: Path, cache: Any) -> None:
    import duckdb

    path = tmp_path / "typed.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("BEGIN")
        for number, (kind, value) in enumerate(DUCKDB_TYPES.items()):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, v {kind})")
            connection.execute(TYPED_ROWS.format(number, value))
        connection.execute("COMMIT")
    with QueryOptimizer(path, cache) as optimizer:
        for number, kind in enumerate(DUCKDB_TYPES):
            order = "v DESC" if number % 2 else "v"
            expected = optimizer.execute_query(f"{TYPED}{number} ORDER BY {order}, id")["id"].tolist()
            paginated = PaginatedQuery(optimizer, f"{TYPED}{number}", 4, order, prefetch_pages=0)
            assert [n for page in paginated for n in page["id"]] == expected, kind
            assert paginated.get_page(4)["id"].tolist() == expected[16:20], kind
