"""``PaginatedQuery``: every row once, in order, whatever is written meanwhile, and without reading those before."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from caching import NoKey, PaginatedQuery, QueryOptimizer
from caching.queries.errors import UnknownName
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along

ALL = made.ALL


def ids(pages: Any) -> list[int]:
    return [int(number) for page in pages for number in page["id"]]


def test_pages_give_each_row_once_in_order(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=5)
    pages = list(paginated.iter_pages())
    assert [len(page) for page in pages] == [5, 5, 2]
    assert ids(pages) == list(range(1, made.ROWS + 1))
    assert pages[1].index.tolist() == [5, 6, 7, 8, 9]
    assert pages[0].columns.tolist() == ["id", "state", "year", "rate"]


def test_a_page_is_had_by_its_number(optimizer: QueryOptimizer) -> None:
    for number in (2, 0, 1):
        page = PaginatedQuery(optimizer, ALL, page_size=5).get_page(number)
        assert page["id"].tolist() == list(range(1, made.ROWS + 1))[number * 5 : number * 5 + 5]
        assert page.index[0] == number * 5


def test_beyond_the_last_page_is_an_error_that_says_how_many_there_are(sqlite: QueryOptimizer) -> None:
    with pytest.raises(IndexError, match="There is no page 3: there are 3, numbered from 0"):
        PaginatedQuery(sqlite, ALL, page_size=5).get_page(3)
    with pytest.raises(IndexError, match="numbered from 0"):
        PaginatedQuery(sqlite, ALL).get_page(-1)


def test_rows_and_pages_are_counted(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=5)
    assert (paginated.total_rows, paginated.total_pages) == (made.ROWS, 3)
    optimizer.execute_query(made.INSERT, [99, "NSW", 2020, 1.0])
    assert paginated.total_rows == made.ROWS + 1


ORDERS: list[Any] = [
    "state", "state DESC", ["state", "rate DESC"], ["year"], ["year DESC", "state"], "YEAR", '"rate"', ["rate", "id"]
]  # fmt: skip


def same_order(optimizer: QueryOptimizer, order_by: Any) -> None:
    """With texts, gaps and ties, one way or both: the pages together are the query's rows in that order."""
    paginated = PaginatedQuery(optimizer, ALL, page_size=2, order_by=order_by)
    names = [order_by] if isinstance(order_by, str) else order_by
    expected = optimizer.execute_query(f"{ALL} ORDER BY {', '.join([*names, 'id'])}")
    assert ids(paginated.iter_pages()) == expected["id"].tolist()
    assert [paginated.get_page(n)["id"].tolist() for n in (5, 0, 3)] == [
        expected["id"].tolist()[2 * n : 2 * n + 2] for n in (5, 0, 3)
    ]


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
        ("SELECT id FROM health_data ORDER BY random()", (), "depends on chance"),
        ("SELECT id, hex(randomblob(4)) AS code FROM health_data", "code", "depends on chance"),
        ("SELECT code FROM (SELECT random() AS code FROM health_data) AS inside", "code", "depends on chance"),
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


def test_conditions_with_or_stay_together(optimizer: QueryOptimizer) -> None:
    sql = "SELECT id FROM health_data WHERE state = ? OR state = ?"
    assert ids(PaginatedQuery(optimizer, sql, page_size=2, parameters=["NSW", "VIC"])) == [1, 3, 4, 6, 7, 9, 10, 12]


@pytest.mark.parametrize("prefetch_pages", [0, 1, 5])
def test_rows_that_come_and_go_between_pages_neither_repeat_nor_hide_others(
    optimizer: QueryOptimizer, prefetch_pages: int
) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=3, prefetch_pages=prefetch_pages)
    seen: list[int] = []
    for number, page in enumerate(paginated.iter_pages()):
        seen += page["id"].tolist()
        optimizer.execute_query(made.INSERT, [-number - 1, "NSW", 2020, 1.0])  # before all others
        optimizer.execute_query("DELETE FROM health_data WHERE id = ?", [number + 1])  # of the first page
    assert seen == list(range(1, made.ROWS + 1))


def test_a_page_by_number_is_that_of_the_data_as_it_is_now(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=3)
    assert paginated.get_page(2)["id"].tolist() == [7, 8, 9]
    optimizer.execute_query("DELETE FROM health_data WHERE id < 3")
    assert paginated.get_page(2)["id"].tolist() == [9, 10, 11]


def test_a_far_page_is_found_by_one_pass_and_then_by_its_key(sqlite_path: Path, cache: Any) -> None:
    made_more(sqlite_path, 200)
    with QueryOptimizer(sqlite_path, cache) as optimizer:
        paginated = PaginatedQuery(optimizer, ALL, page_size=2)
        assert paginated.get_page(90)["id"].tolist() == [181, 182]
        passes = [one for one in optimizer.get_statistics() if "ROW_NUMBER" in one.text]
        paginated.get_page(60)
        paginated.get_page(30)
        again = [one for one in optimizer.get_statistics() if "ROW_NUMBER" in one.text]
        assert [one.calls for one in passes] == [one.calls for one in again] == [1]
        assert not [one for one in optimizer.get_statistics() if "OFFSET" in one.text]


def test_pages_are_read_from_the_cache_while_the_data_stays_the_same(optimizer: QueryOptimizer) -> None:
    PaginatedQuery(optimizer, ALL, page_size=3).get_page(1)
    before = reads(optimizer)
    again = PaginatedQuery(optimizer, ALL, page_size=3)
    assert again.get_page(1)["id"].tolist() == [4, 5, 6]
    assert reads(optimizer) == before
    PaginatedQuery(optimizer, ALL, page_size=3, cache_pages=False).get_page(1)
    assert reads(optimizer) > before


def test_there_are_no_more_pages_than_are_wanted(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=3, max_pages=2)
    assert ids(paginated.iter_pages()) == [1, 2, 3, 4, 5, 6]
    assert (paginated.total_rows, paginated.total_pages) == (6, 2)
    assert paginated.reader.rows(4, 20)["id"].tolist() == [5, 6]
    assert paginated.reader.last(2)["id"].tolist() == [5, 6]
    with pytest.raises(IndexError):
        paginated.get_page(2)


def test_an_empty_table_has_one_empty_page_with_columns(sqlite: QueryOptimizer) -> None:
    paginated = PaginatedQuery(sqlite, f"{ALL} WHERE id < 0")
    (page,) = paginated.iter_pages()
    assert (len(page), page.columns.tolist(), paginated.total_pages) == (0, ["id", "state", "year", "rate"], 0)


def test_an_iteration_that_is_left_early_ends_its_thread(sqlite: QueryOptimizer) -> None:
    import threading

    pages = PaginatedQuery(sqlite, ALL, page_size=1, prefetch_pages=3).iter_pages()
    assert next(pages)["id"].tolist() == [1]
    pages.close()  # type: ignore[attr-defined]  # a generator
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahgd-pages")]
    assert sqlite.pool_state().in_use == 0


@pytest.mark.parametrize("page_size", [0, -5])
def test_a_page_has_rows(sqlite: QueryOptimizer, page_size: int) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        PaginatedQuery(sqlite, ALL, page_size=page_size)
    with pytest.raises(ValueError, match="give a number above 0"):
        PaginatedQuery(sqlite, ALL, max_pages=page_size)


def made_more(path: Path, last: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(made.INSERT, made.rows(made.ROWS + 1, last))
        connection.commit()


def reads(optimizer: QueryOptimizer) -> int:
    return sum(one.calls for one in optimizer.get_statistics() if one.query.startswith("SELECT health_data"))
