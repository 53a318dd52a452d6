"""Any order is made one that tells all rows apart, or it is said what is missing for that."""

from typing import Any

import pytest

from caching import NoKey, PaginatedQuery, QueryOptimizer
from caching.queries.errors import UnknownName
from caching.queries.paging import reader
from tests.caching.queries import databases as made
from tests.caching.queries.paging.reading import ids, same_order

pytestmark = pytest.mark.once  # these bring their databases along
ALL = made.ALL


ORDERS: list[Any] = [
    "state", "state DESC", ["state", "rate DESC"], ["year"], ["year DESC", "state"], "YEAR", '"rate"', ["rate", "id"]
]  # fmt: skip


@pytest.mark.parametrize("order_by", ORDERS, ids=str)
def test_any_order_is_made_total(sqlite: QueryOptimizer, order_by: Any) -> None:
    same_order(sqlite, order_by)


@pytest.mark.parametrize("order_by", [ORDERS[2], ORDERS[4], ORDERS[7]], ids=str)
def test_an_order_is_made_total_in_every_kind_of_database(optimizer: QueryOptimizer, order_by: Any) -> None:
    same_order(optimizer, order_by)


def test_the_order_of_the_query_is_kept(optimizer: QueryOptimizer) -> None:
    sql = "SELECT id, rate * 2 AS twice, year FROM health_data WHERE state <> ? ORDER BY twice DESC, 3"
    paginated = PaginatedQuery(optimizer, sql, page_size=3, parameters=["NSW"])
    assert ids(paginated.iter_pages()) == [11, 10, 8, 7, 5, 4, 2, 1]
    assert paginated.get_page(1).columns.tolist() == ["id", "twice", "year"]


RESULTS: list[tuple[str, Any, list[str]]] = [
    ("SELECT state, count(*) AS n FROM health_data GROUP BY state", (), ["NSW", "QLD", "VIC"]),
    ("SELECT state, count(*) AS n FROM health_data GROUP BY state", "state DESC", ["VIC", "QLD", "NSW"]),
    ("SELECT state FROM health_data WHERE id < 3 UNION ALL SELECT 'ACT'", "state", ["ACT", "QLD", "VIC"]),
    ("SELECT DISTINCT state FROM health_data", (), ["NSW", "QLD", "VIC"]),
    ("SELECT state FROM health_data UNION SELECT 'ACT'", (), ["ACT", "NSW", "QLD", "VIC"]),
    ("WITH a AS (SELECT DISTINCT state FROM health_data) SELECT state FROM a", "state", ["NSW", "QLD", "VIC"]),
    ("SELECT state FROM health_data ORDER BY id LIMIT 3", "state", ["NSW", "QLD", "VIC"]),
]


@pytest.mark.parametrize(("sql", "order_by", "expected"), RESULTS)
def test_results_that_are_no_rows_of_a_table_have_pages(
    sqlite: QueryOptimizer, sql: str, order_by: Any, expected: list[str]
) -> None:
    same_states(sqlite, sql, order_by, expected)


def same_states(optimizer: QueryOptimizer, sql: str, order_by: Any, expected: list[str]) -> None:
    paginated = PaginatedQuery(optimizer, sql, page_size=2, order_by=order_by)
    assert [state for page in paginated for state in page["state"]] == expected
    assert paginated.get_page(1)["state"].tolist() == expected[2:4]
    assert paginated.total_rows == len(expected)


def test_results_have_pages_in_every_kind_of_database(optimizer: QueryOptimizer) -> None:
    for sql, order_by, expected in RESULTS:
        same_states(optimizer, sql, order_by, expected)


def test_joined_tables_are_ordered_by_the_keys_of_both(optimizer: QueryOptimizer) -> None:
    sql = "SELECT a.id, b.id AS other FROM health_data a LEFT JOIN health_data b ON b.id = a.id + 6"
    paginated = PaginatedQuery(optimizer, sql, page_size=5, order_by="a.state")
    expected = optimizer.execute_query(f"{sql} ORDER BY a.state, a.id, b.id")
    assert ids(paginated.iter_pages()) == expected["id"].tolist()


@pytest.mark.parametrize(
    ("sql", "order_by", "says"),
    [
        ("SELECT a.id FROM health_data a, health_data b", (), "more than one table and has no order"),
        ("SELECT state FROM (SELECT * FROM health_data) AS inside", (), "Give order_by"),
        ("SELECT count(*) AS n FROM health_data", (), "Give order_by"),
        ("DELETE FROM health_data", (), "Only one SELECT"),
        ("SELECT 1; SELECT 2", (), "Only one SELECT"),
        ("SELECT state FROM (SELECT * FROM health_data) AS inside", "state", "Rows repeat"),
        ("SELECT id FROM health_data ORDER BY id + ?", (), "has a parameter in it"),
        ("SELECT id, hex(randomblob(4)) AS code FROM health_data", "code", "depends on chance"),
    ],
)
def test_what_has_no_key_says_what_is_missing(sqlite: QueryOptimizer, sql: str, order_by: Any, says: str) -> None:
    parameters = [1] if "?" in sql else None
    with pytest.raises(NoKey, match=says):
        PaginatedQuery(sqlite, sql, order_by=order_by, parameters=parameters).get_page(0)


def test_rows_that_come_to_repeat_are_told(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE areas (code TEXT)")
    sqlite.execute_query("INSERT INTO areas VALUES ('a'), ('b'), ('c')")
    sql = "WITH known AS (SELECT code FROM areas) SELECT code FROM known"
    paginated = PaginatedQuery(sqlite, sql, page_size=2, order_by="code")
    lazy = paginated.to_lazy_dataframe()
    assert [len(page) for page in paginated] == [2, 1]
    sqlite.execute_query("INSERT INTO areas VALUES ('a'), ('a'), ('a')")
    for read in (lambda: paginated.get_page(1), lambda: list(paginated), lambda: lazy[1:3], lambda: lazy.tail(2)):
        with pytest.raises(NoKey, match="Rows repeat"):
            read()


def test_whether_rows_repeat_is_not_asked_again_with_each_write_to_a_server(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked_again() -> int:
        optimizer.execute_query("UPDATE health_data SET rate = 1 WHERE id = 1")
        assert paginated.get_page(1)["id"].tolist() == [6, 7, 8, 9, 10]
        return sum(one.calls for one in optimizer.get_statistics() if "HAVING" in one.text)

    with QueryOptimizer(postgresql_url) as optimizer:
        made.fill(optimizer)
        sql = "WITH known AS (SELECT id FROM health_data) SELECT id FROM known"
        paginated = PaginatedQuery(optimizer, sql, 5, "id", cache_pages=False)
        assert [asked_again() for _ in range(3)] == [1, 1, 1]
        monkeypatch.setattr(reader, "TOLD_APART_SECONDS", 0)
        assert [asked_again() for _ in range(2)] == [2, 3]


def test_a_table_without_a_key_says_so(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE VIEW seen AS SELECT * FROM health_data")
    with pytest.raises(NoKey, match="seen has no primary key"):
        PaginatedQuery(sqlite, "SELECT * FROM seen").get_page(0)


def test_a_sqlite_table_without_a_key_has_the_number_of_its_rows(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE plain (word TEXT)")
    sqlite.execute_query("INSERT INTO plain VALUES ('b'), ('a'), ('b')")
    pages = list(PaginatedQuery(sqlite, "SELECT word FROM plain", page_size=2))
    assert [page["word"].tolist() for page in pages] == [["b", "a"], ["b"]]
    assert pages[0].columns.tolist() == ["word"]


def refused(optimizer: QueryOptimizer, order_by: str) -> None:
    with pytest.raises(UnknownName, match="There are: id, state, year, rate"):
        PaginatedQuery(optimizer, ALL, order_by=order_by).get_page(0)
    assert len(optimizer.execute_query(ALL)) == made.ROWS


@pytest.mark.parametrize("order_by", ["stat", "state; DROP TABLE health_data", "lower(state)", "1", "state, id", '"'])
def test_an_order_is_of_columns_that_exist(sqlite: QueryOptimizer, order_by: str) -> None:
    refused(sqlite, order_by)


def test_no_kind_of_database_is_given_sql_in_an_order(optimizer: QueryOptimizer) -> None:
    refused(optimizer, "state; DROP TABLE health_data")
