"""Conditions and masks select the rows that they select from a frame of all rows."""

import numpy as np
import pandas as pd
import pytest

from caching import LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.frames.comparing import ALL, CONDITIONS, eager_of, same, same_selected

pytestmark = pytest.mark.once  # these bring their databases along


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_a_condition_selects_the_rows_of_the_frame(small: LazyDataFrame, number: int) -> None:
    same_selected(small, eager_of(small), CONDITIONS[number])


def test_a_truth_column_selects_its_rows(optimizer: QueryOptimizer) -> None:
    sql = "SELECT id, rate > 1 AS is_high FROM health_data"
    lazy = PaginatedQuery(optimizer, sql, page_size=5).to_lazy_dataframe()
    assert lazy[lazy["is_high"]]["id"].tolist() == list(range(5, 13))
    assert lazy[~lazy["is_high"].is_true()]["id"].tolist() == [1, 2, 3, 4]


def test_a_time_of_numpy_is_compared_as_the_time_it_is(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE seen (id INTEGER PRIMARY KEY, at TEXT)")
    sqlite.execute_query("INSERT INTO seen VALUES (1, '2020-01-01 00:00:00'), (2, '2024-06-01 00:00:00')")
    sql, when = "SELECT id FROM seen WHERE at < ?", np.datetime64("2024-01-01T00:00:00", "ns")
    lazy = PaginatedQuery(sqlite, "SELECT * FROM seen").to_lazy_dataframe()
    assert sqlite.execute_query(sql, [when])["id"].tolist() == lazy[lazy["at"] < when]["id"].tolist() == [1]
    assert sqlite.execute_query(sql, [pd.NaT])["id"].tolist() == []
    assert sqlite.execute_query(sql, np.array([when]))["id"].tolist() == [1]


def test_a_day_of_numpy_is_compared_as_the_day_it_is(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE)")
    sqlite.execute_query("INSERT INTO days VALUES (1, '2021-01-01'), (2, '2021-01-02')")
    sql, day = "SELECT id FROM days WHERE day = ?", np.datetime64("2021-01-02")
    lazy = PaginatedQuery(sqlite, "SELECT * FROM days").to_lazy_dataframe()
    assert sqlite.execute_query(sql, [day])["id"].tolist() == lazy[lazy["day"] == day]["id"].tolist() == [2]


def test_a_mask_selects_by_row(small: LazyDataFrame) -> None:
    eager = eager_of(small)
    mask = (eager["rate"] > 2).to_numpy()
    same(small[mask], eager[mask])
    same(small[np.zeros(12, dtype=bool)], eager[:0])
    with pytest.raises(ValueError, match="5 values for 12 rows"):
        small[[True] * 5]


def test_mistakes_are_explained(sqlite: QueryOptimizer) -> None:
    lazy, other = (PaginatedQuery(sqlite, ALL).to_lazy_dataframe() for _ in range(2))
    with pytest.raises(KeyError, match="There are: id, state, year, rate"):
        lazy["stat"]
    with pytest.raises(TypeError, match="another lazy frame"):
        lazy[other["id"] == 1]
    with pytest.raises(TypeError, match="one lazy frame"):
        (lazy["id"] == 1) & (other["id"] == 1)
    with pytest.raises(TypeError, match="with & and"):
        bool(lazy["id"] == 1)
    with pytest.raises(TypeError, match="isna"):
        lazy["id"] == None  # noqa: B015, E711  (what people write)


def test_a_time_that_is_missing_equals_no_time(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE)")
    sqlite.execute_query("INSERT INTO days VALUES (1, '2021-01-01'), (2, NULL)")
    lazy = PaginatedQuery(sqlite, "SELECT * FROM days").to_lazy_dataframe()
    for missing in (pd.NaT, np.datetime64("NaT")):
        assert lazy[lazy["day"] == missing]["id"].tolist() == []
        assert lazy[lazy["day"] != missing]["id"].tolist() == [1, 2]
        assert lazy[lazy["day"] > missing]["id"].tolist() == []
