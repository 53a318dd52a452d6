"""Pages show what the query shows, as it was written: its values, its names, its clauses, its operators."""

from pathlib import Path
from typing import Any

import pytest

from caching import PaginatedQuery, QueryOptimizer
from tests.caching.queries.paging.reading import asked, pages

pytestmark = pytest.mark.once


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


@pytest.mark.parametrize("page_size", [2, 1])
def test_rows_that_are_locked_are_read_in_pages(postgresql: QueryOptimizer, page_size: int) -> None:
    postgresql.execute_query("CREATE TABLE s1.r (id int PRIMARY KEY)")
    postgresql.execute_query("INSERT INTO s1.r SELECT generate_series(1, 20)")
    paginated = PaginatedQuery(postgresql, "select id from s1.r for update", page_size)
    assert [n for page in paginated for n in page["id"]] == list(range(1, 21))
    assert paginated.get_page(20 // page_size - 1)["id"].tolist()[-1] == paginated.total_rows == 20


def test_a_comma_after_the_last_column_is_duckdbs_own(duckdb_path: Path) -> None:
    with QueryOptimizer(duckdb_path, read_only=True) as optimizer:
        assert pages(optimizer, "select id, state, from health_data") == list(range(1, 13))


def test_all_is_no_column(tmp_path: Path, cache: Any) -> None:
    with asked(
        tmp_path, cache, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)"
    ) as optimizer:
        lazy = PaginatedQuery(optimizer, "select all id from t").to_lazy_dataframe()
        assert lazy[lazy["id"] > 1]["id"].tolist() == [2, 3]
