"""``PaginatedQuery``: every row once, in order, whatever is written meanwhile, and without reading those before."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from caching import PaginatedQuery, QueryOptimizer
from tests.caching.queries import databases as made
from tests.caching.queries.paging.reading import ids

pytestmark = pytest.mark.once  # these bring their databases along
ALL = made.ALL


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


def test_pages_are_read_ahead_of_the_one_that_is_worked_on(sqlite: QueryOptimizer) -> None:
    def calls() -> int:
        return sum(one.calls for one in sqlite.get_statistics())

    pages = PaginatedQuery(sqlite, ALL, page_size=2, prefetch_pages=2).iter_pages()
    assert next(pages)["id"].tolist() == [1, 2]
    while calls() < 3:  # that page and the two after it
        os.sched_yield()
    assert calls() == 3
    assert ids(pages) == list(range(3, made.ROWS + 1))


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
