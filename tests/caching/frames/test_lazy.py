"""``LazyDataFrame`` shows what a frame of all rows would show, and never reads them all."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caching import CacheConfig, CacheManager, LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along

ALL = "SELECT * FROM health_data"


@pytest.fixture
def lazy(optimizer: QueryOptimizer) -> LazyDataFrame:
    """Of each kind of database: for what the database decides."""
    return PaginatedQuery(optimizer, ALL, page_size=5).to_lazy_dataframe()


@pytest.fixture
def small(sqlite: QueryOptimizer) -> LazyDataFrame:
    """Of SQLite: for what is decided here."""
    return PaginatedQuery(sqlite, ALL, page_size=5).to_lazy_dataframe()


def eager_of(lazy: LazyDataFrame) -> pd.DataFrame:
    found: pd.DataFrame = lazy.paginated.optimizer.execute_query(f"{ALL} ORDER BY id")
    return found


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    else:
        pd.testing.assert_frame_equal(found, expected, check_index_type=False)


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


SLICES = [
    slice(3, 9), slice(None), slice(4, None), slice(None, 4), slice(-3, None), slice(2, -2), slice(1, 12, 3),
    slice(None, None, -1), slice(9, 2, -2), slice(100, 200), slice(5, 5), slice(8, 3),
]  # fmt: skip


@pytest.mark.parametrize("rows", SLICES, ids=str)
def test_a_slice_is_that_of_the_frame(small: LazyDataFrame, rows: slice) -> None:
    same(small[rows], eager_of(small)[rows])


def test_a_step_is_at_least_one(small: LazyDataFrame) -> None:
    with pytest.raises(ValueError, match="must not be zero"):
        small[0:2:0]


PLACES: list[Any] = [
    0, -1, slice(2, 7), [7, 0, 7], [-1, 2], (3, 1), (slice(2, 4), [0, 2]), (slice(0, 3), [True, False, True, False]),
     ([1, 2], slice(1, 3)), [True] * 6 + [False] * 6,
]  # fmt: skip


def same_places(lazy: LazyDataFrame, eager: pd.DataFrame, wanted: Any) -> None:
    found, expected = lazy.iloc[wanted], eager.iloc[wanted]
    if np.ndim(expected) == 0:
        assert found == expected
    else:
        same(found, expected)


@pytest.mark.parametrize("wanted", PLACES, ids=str)
def test_rows_and_columns_by_number_are_those_of_the_frame(small: LazyDataFrame, wanted: Any) -> None:
    same_places(small, eager_of(small), wanted)


def test_a_row_that_is_not_there_is_an_error(small: LazyDataFrame) -> None:
    for number in (12, -13):
        with pytest.raises(IndexError, match="there are 12"):
            small.iloc[number]


CONDITIONS: list[Any] = [
    lambda df: df["state"] == "NSW",
    lambda df: df["state"] != "NSW",
    lambda df: df["year"] > 2015,
    lambda df: df["year"] != 2012,
    lambda df: ~(df["year"] <= 2015),
    lambda df: df["year"].isna(),
    lambda df: df["year"].notna() & (df["rate"] >= 1.5),
    lambda df: (df["state"] == "QLD") | (df["rate"] < 0.6),
    lambda df: df["state"].isin(["NSW", "QLD"]) & ~df["id"].between(4, 8),
    lambda df: df["state"].isin([]),
    lambda df: df["state"] == "it's; DROP TABLE health_data --",
    lambda df: df["id"] == np.int64(3),
    lambda df: df["rate"] < float("inf"),
    lambda df: df["rate"] > -np.float64("inf"),
    lambda df: df["rate"] == float("nan"),
    lambda df: df["rate"] != float("nan"),
]


def same_selected(lazy: LazyDataFrame, eager: pd.DataFrame, condition: Any) -> None:
    """Missing values are compared as pandas does, and the numbers of the rows are kept."""
    plain = eager.astype({"year": "float64"})  # DuckDB gives a nullable integer, which compares otherwise
    same(lazy[condition(lazy)], eager[condition(plain)])


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_a_condition_selects_the_rows_of_the_frame(small: LazyDataFrame, number: int) -> None:
    same_selected(small, eager_of(small), CONDITIONS[number])


def test_every_kind_of_database_agrees_with_its_frame(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    for n in (0, 5, 100):
        same(lazy.head(n), eager.head(n))
        same(lazy.tail(n), eager.tail(n))
    for rows in SLICES:
        same(lazy[rows], eager[rows])
    for wanted in PLACES:
        same_places(lazy, eager, wanted)
    for condition in CONDITIONS:
        same_selected(lazy, eager, condition)


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


def test_chunks_are_all_of_one_type(lazy: LazyDataFrame) -> None:
    chunks = list(lazy)
    assert [len(chunk) for chunk in chunks] == [5, 5, 2]
    assert len({tuple(map(str, chunk.dtypes)) for chunk in chunks}) == 1
    same(pd.concat(chunks), eager_of(lazy))
    same(lazy.to_pandas(), eager_of(lazy))


def test_a_bar_is_drawn_when_it_is_wanted_or_on_a_terminal(
    sqlite: QueryOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        is_terminal = False

        def isatty(self) -> bool:
            return self.is_terminal

    lazy = PaginatedQuery(sqlite, ALL, page_size=5).to_lazy_dataframe()
    for is_terminal, progress, is_drawn in [
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ]:
        screen = Terminal()
        screen.is_terminal = is_terminal
        monkeypatch.setattr("sys.stderr", screen)
        assert sum(len(chunk) for chunk in lazy.chunks(progress)) == made.ROWS
        assert ("12.0/12.0" in screen.getvalue()) is is_drawn


def test_all_rows_go_to_arrow_and_polars(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    arrow, frame = lazy.to_arrow(), lazy.to_polars()
    assert arrow.num_rows == frame.height == 12
    assert arrow.column("state").to_pylist() == frame["state"].to_list() == eager["state"].tolist()
    assert arrow.column("year").null_count == frame["year"].null_count() == 2


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


def test_the_guides_sample_runs(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("CREATE TABLE large_table (id INTEGER PRIMARY KEY, word TEXT)")
    sqlite.execute_query(
        "INSERT INTO large_table WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 6999)"
        " SELECT i, 'word ' || i FROM n"
    )
    paginated = PaginatedQuery(sqlite, "SELECT * FROM large_table", page_size=1000)
    lazy_df = paginated.to_lazy_dataframe()
    first_page = lazy_df.head(1000)
    specific_rows = lazy_df[5000:6000]
    assert first_page["id"].tolist() == list(range(1000))
    assert specific_rows["id"].tolist() == list(range(5000, 6000))


bounds = st.one_of(st.none(), st.integers(-60, 60))
steps = st.sampled_from([None, 1, 2, -1, -3])
years = st.one_of(st.none(), st.integers(1990, 2030), st.just(1.5), st.just("unknown"))
writes = st.one_of(
    st.tuples(st.just("insert"), st.integers(-50, 100), years),
    st.tuples(st.just("delete"), st.integers(-50, 100), st.none()),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(writes, bounds, bounds, steps), min_size=1, max_size=8),
    st.integers(1, 7),
    st.sampled_from(["id", "year", "year DESC", "state"]),
)
def test_lazy_and_eager_frames_agree_on_any_slice_while_rows_come_and_go(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Any], page_size: int, order_by: str
) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "property.sqlite3"
    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    if not path.exists():
        made.make_sqlite(path)
    with QueryOptimizer(path, manager) as reader, QueryOptimizer(path, manager) as writer:
        writer.execute_query("DELETE FROM health_data")
        writer.execute_query(f"{made.INTO} {made.MARKS}", made.VALUES)
        lazy = PaginatedQuery(reader, ALL, page_size=page_size, order_by=order_by).to_lazy_dataframe()
        for (what, number, year), start, stop, step in changes:
            if what == "insert":
                writer.execute_query("INSERT OR REPLACE INTO health_data VALUES (?, 'ACT', ?, 0.5)", [number, year])
            else:
                writer.execute_query("DELETE FROM health_data WHERE id = ?", [number])
            eager = reader.execute_query(f"{ALL} ORDER BY {order_by}, id")
            same(lazy[start:stop:step], eager[start:stop:step])
            assert len(lazy) == len(eager)
            same(lazy.tail(3), eager.tail(3))
    manager.close()
