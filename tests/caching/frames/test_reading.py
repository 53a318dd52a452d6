"""Frames are those of ``pandas.read_sql_query``, whatever a column holds."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching import PaginatedQuery, QueryOptimizer
from caching.frames.reading import ROWS_AT_A_TIME, frame_of, natural, read_frame
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once
value = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=5), st.binary(max_size=3)
)
one_kind = st.one_of(
    st.lists(st.integers(-9, 9)),
    st.lists(st.one_of(st.none(), st.integers(-9, 9))),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))),
    st.lists(st.one_of(st.none(), st.text(max_size=5))),
    st.lists(value),
)


def read_both(columns: list[list[Any]]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """By pandas, by ours from a cursor, and by ours from rows that were fetched."""
    rows = list(zip(*columns, strict=True))
    names = [f"c{n}" for n in range(len(columns))]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(names)})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608
        theirs = pd.read_sql_query("SELECT * FROM t", connection)
        ours = read_frame(connection.execute("SELECT * FROM t"))
        fetched = natural(frame_of(names, connection.execute("SELECT * FROM t").fetchall()))
    return theirs, ours, fetched


@settings(max_examples=60, deadline=None)
@given(one_kind)
def test_any_column_is_read_as_pandas_reads_it(values: list[Any]) -> None:
    theirs, ours, fetched = read_both([values])
    pd.testing.assert_frame_equal(ours, theirs)
    pd.testing.assert_frame_equal(fetched, theirs)


@pytest.mark.parametrize("last", [None, 1, 1.5, "text", b"bytes", 2**63 - 1])
def test_what_comes_late_decides_as_if_it_came_first(last: Any) -> None:
    many = ROWS_AT_A_TIME + 5
    theirs, ours, _ = read_both([[1] * many + [last], [None] * many + [last], ["a"] * many + [last]])
    pd.testing.assert_frame_equal(ours, theirs)


def test_columns_of_one_name_are_both_there() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        found = read_frame(connection.execute("SELECT 1 AS a, 'x' AS a"))
    assert (found.columns.tolist(), found.iloc[0].tolist()) == (["a", "a"], [1, "x"])


@pytest.mark.parametrize("rows", [1, ROWS_AT_A_TIME, ROWS_AT_A_TIME + 1])
def test_frames_can_be_written_into_whichever_way_they_come(cache: Any, tmp_path: Any, rows: int) -> None:
    path = made.make_sqlite(tmp_path / "health.sqlite3", made.rows(1, rows))
    with QueryOptimizer(path, cache) as optimizer:
        sql = "SELECT id, state, rate FROM health_data"
        paginated = PaginatedQuery(optimizer, sql, page_size=rows)
        lazy = paginated.to_lazy_dataframe()
        doors = {
            "query": lambda: optimizer.execute_query(sql),
            "first": lambda: optimizer.execute_query(sql, cache_ttl=60),
            "cached": lambda: optimizer.execute_query(sql, cache_ttl=60),
            "page": lambda: paginated.get_page(0),
            "pages": lambda: next(iter(paginated)),
            "uncached": lambda: PaginatedQuery(optimizer, sql, page_size=rows, cache_pages=False).get_page(0),
            "head": lambda: lazy.head(rows),
            "tail": lambda: lazy.tail(rows),
            "slice": lambda: lazy[0:rows],
            "condition": lambda: lazy[lazy["id"] > 0],
            "pandas": lazy.to_pandas,
        }
        for door, read in doors.items():
            frame = read()
            frame.loc[frame["id"] == 1, ["id", "rate"]] = [7, 9.5]
            frame.loc[frame["id"] == 7, "state"] = "ACT"
            assert frame.iloc[0].tolist() == [7, "ACT", 9.5], door
            assert read().iloc[0].tolist() == [1, "VIC", 0.25], door  # and nobody else's copy was


def test_times_with_a_zone_are_those_of_duckdb(tmp_path: Path) -> None:
    """DuckDB makes pandas warn of something that nobody here can mend; a warning is an error in these tests."""
    import duckdb

    path = tmp_path / "zones.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, since TIMESTAMPTZ, n INTEGER)")
        connection.execute(
            "INSERT INTO seen SELECT n, '2026-01-01 00:00:00+11'::TIMESTAMPTZ + INTERVAL (n) HOUR, n FROM range(8) r(n)"
        )
        connection.execute("INSERT INTO seen VALUES (8, NULL, NULL)")
    with QueryOptimizer(path, read_only=True) as optimizer:
        found = optimizer.execute_query("SELECT * FROM seen ORDER BY id")
        lazy = PaginatedQuery(optimizer, "SELECT * FROM seen", 4, "since").to_lazy_dataframe()
        after = lazy[lazy["since"] > pd.Timestamp("2025-12-31 18:00", tz="UTC")]
        pd.testing.assert_frame_equal(lazy.to_pandas(), found)
    assert found["since"][1] == pd.Timestamp("2025-12-31 14:00", tz="UTC")
    assert found["since"].isna().tolist() == [False] * 8 + [True]
    assert after["id"].tolist() == [6, 7]
