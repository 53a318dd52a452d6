"""``LazyDataFrame`` shows what a frame of all rows would show, and never reads them all."""

from typing import Any

import pandas as pd
import pytest

from caching import LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.frames.comparing import ALL, PLACES, SLICES, eager_of, same, same_places

pytestmark = pytest.mark.once  # these bring their databases along


def test_what_it_is_is_exact(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    assert (len(lazy), lazy.shape, lazy.empty) == (len(eager), eager.shape, False)
    assert lazy.columns.tolist() == eager.columns.tolist()
    pd.testing.assert_series_equal(lazy.dtypes, eager.dtypes)
    assert repr(lazy) == "LazyDataFrame(12 rows x 4 columns: id, state, year, rate)"


@pytest.mark.parametrize("n", [0, 1, 5, 7, 100, -4])
def test_head_and_tail_are_those_of_the_frame(small: LazyDataFrame, n: int) -> None:
    eager = eager_of(small)
    same(small.head(n), eager.head(n))
    same(small.tail(n), eager.tail(n))


@pytest.mark.parametrize("rows", SLICES, ids=str)
def test_a_slice_is_that_of_the_frame(small: LazyDataFrame, rows: slice) -> None:
    same(small[rows], eager_of(small)[rows])


def test_a_step_is_at_least_one(small: LazyDataFrame) -> None:
    with pytest.raises(ValueError, match="must not be zero"):
        small[0:2:0]


@pytest.mark.parametrize("wanted", PLACES, ids=str)
def test_rows_and_columns_by_number_are_those_of_the_frame(small: LazyDataFrame, wanted: Any) -> None:
    same_places(small, eager_of(small), wanted)


def test_a_row_that_is_not_there_is_an_error(small: LazyDataFrame) -> None:
    for number in (12, -13):
        with pytest.raises(IndexError, match="there are 12"):
            small.iloc[number]


def test_columns_by_name_stay_lazy(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    narrow = lazy[["rate", "id"]]
    assert isinstance(narrow, LazyDataFrame)
    same(narrow[3:8], eager[["rate", "id"]][3:8])
    assert narrow[["id"]].columns.tolist() == ["id"]
    assert narrow.shape == (12, 2)
    pd.testing.assert_series_equal(narrow.dtypes, eager[["rate", "id"]].dtypes)
    same(lazy["rate"][2:5], eager["rate"][2:5])
    same(lazy["rate"].head(2), eager["rate"].head(2))
    same(lazy["rate"].tail(2), eager["rate"].tail(2))
    assert (lazy["rate"].dtype, len(lazy["rate"])) == (eager["rate"].dtype, 12)


def test_an_empty_query_has_columns_and_no_rows(sqlite: QueryOptimizer) -> None:
    lazy = PaginatedQuery(sqlite, f"{ALL} WHERE id < 0").to_lazy_dataframe()
    assert (lazy.shape, lazy.empty, list(lazy.head().columns)) == ((0, 4), True, ["id", "state", "year", "rate"])
    assert lazy.to_arrow().num_rows == 0
    assert lazy[lazy["id"] > 3].empty


def test_types_are_those_of_all_rows_or_of_those_that_are_shown(sqlite: QueryOptimizer) -> None:
    """SQLite takes any value anywhere: one text far down makes the column one of objects."""
    sqlite.execute_query("INSERT INTO health_data VALUES (50, 'NSW', 'unknown', 1)")
    paginated = PaginatedQuery(sqlite, ALL, page_size=2)
    assert paginated.to_lazy_dataframe().head(1)["year"].dtype == object
    assert paginated.to_lazy_dataframe(exact_dtypes=False).head(1)["year"].dtype == "int64"


def test_columns_of_one_name_are_shown_both(sqlite: QueryOptimizer) -> None:
    lazy = PaginatedQuery(sqlite, "SELECT id, rate AS id FROM health_data", page_size=5).to_lazy_dataframe()
    assert lazy[1:3].to_numpy().tolist() == [[2.0, 0.5], [3.0, 0.75]]


def test_far_rows_are_reached_without_reading_those_before(sqlite: QueryOptimizer) -> None:
    lazy = PaginatedQuery(sqlite, ALL, page_size=2).to_lazy_dataframe(exact_dtypes=False)
    before = sum(one.rows for one in sqlite.get_statistics())
    assert lazy[10:11]["id"].tolist() == [11]
    assert sum(one.rows for one in sqlite.get_statistics()) - before == 2
