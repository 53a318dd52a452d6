"""``QueryOptimizer`` on each kind of database: rows, writes, parameters, and what it says when it refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from caching import QueryOptimizer
from caching.queries.errors import NoDatabase, QueryFailed
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along
SELECT = "SELECT * FROM health_data WHERE state = ? ORDER BY id"


def test_rows_come_as_a_frame(optimizer: QueryOptimizer) -> None:
    found = optimizer.execute_query(SELECT, parameters=["NSW"])
    assert found.columns.tolist() == ["id", "state", "year", "rate"]
    assert found["id"].tolist() == [3, 6, 9, 12]
    assert found["state"].dtype == "str"
    assert found["rate"].tolist() == [0.75, 1.5, 2.25, 3.0]


def test_rows_come_as_tuples_when_no_frame_is_wanted(optimizer: QueryOptimizer) -> None:
    found = optimizer.execute_query("SELECT id, year FROM health_data WHERE id < ?", [3], return_dataframe=False)
    assert sorted(found) == [(1, 2011), (2, 2012)]


def test_a_query_without_rows_still_has_columns(optimizer: QueryOptimizer) -> None:
    found = optimizer.execute_query(SELECT, ["nowhere"])
    assert (len(found), found.columns.tolist()) == (0, ["id", "state", "year", "rate"])


def test_a_write_says_how_many_rows_it_changed(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query("UPDATE health_data SET year = ? WHERE state = ?", [2030, "NSW"], return_dataframe=False)
    found = optimizer.execute_query("SELECT id FROM health_data WHERE year = 2030")
    assert sorted(found["id"]) == [3, 6, 9, 12]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_count_of_changed_rows_is_the_result(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path)) as optimizer:
        if kind != "sqlite":
            optimizer.execute_query(f"DROP TABLE IF EXISTS {made.TABLE}")
            optimizer.execute_query(made.MAKE)
        assert optimizer.execute_query(made.INSERT, [90, "NSW", None, 1.0]) == 1
        assert optimizer.execute_query("DELETE FROM health_data WHERE id = 90") == 1
        assert optimizer.execute_query("DELETE FROM health_data WHERE id = 90") == 0


def test_a_statement_that_fails_says_what_the_database_said(optimizer: QueryOptimizer) -> None:
    with pytest.raises(QueryFailed, match="no_such_column"):
        optimizer.execute_query("SELECT no_such_column FROM health_data WHERE id = ?", [1])
    assert len(optimizer.execute_query("SELECT * FROM health_data")) == made.ROWS


def test_numbers_of_numpy_and_dates_are_found(sqlite: QueryOptimizer) -> None:
    stamp = pd.Timestamp("2026-01-02 03:04:05")
    found = sqlite.execute_query("SELECT ? AS n, ? AS at, ? AS rate", [np.int64(3), stamp, np.float32(0.5)])
    assert found.iloc[0].tolist() == [3, "2026-01-02 03:04:05", 0.5]


def test_one_text_is_not_a_list_of_parameters(sqlite: QueryOptimizer) -> None:
    with pytest.raises(TypeError, match="give a list"):
        sqlite.execute_query(SELECT, "NSW")


def test_named_parameters_are_the_drivers_own(sqlite: QueryOptimizer) -> None:
    assert len(sqlite.execute_query("SELECT id FROM health_data WHERE state = :state", {"state": "NSW"})) == 4


def test_a_question_mark_in_a_text_is_no_placeholder(optimizer: QueryOptimizer) -> None:
    sql = "SELECT id, '100 % ?' AS text FROM health_data -- really?\n WHERE id = ?"
    assert optimizer.execute_query(sql, [3])["text"].tolist() == ["100 % ?"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no/such/file.sqlite3", "There is no SQLite file"),
        ("no/such/file.duckdb", "There is no DuckDB file"),
        ("mysql://host/name", "mysql:// is not supported"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "cannot be opened"),
    ],
)
def test_a_database_that_is_not_there_is_told(target: str, says: str) -> None:
    with pytest.raises(NoDatabase, match=says):
        QueryOptimizer(target).execute_query("SELECT 1")


def test_a_password_is_in_no_name() -> None:
    assert "hunter2" not in QueryOptimizer("postgresql://me:hunter2@localhost/health").database.name


def test_a_sqlite_connection_is_set_to_read_fast_and_to_wait_for_writers(sqlite: QueryOptimizer) -> None:
    names = ("synchronous", "cache_size", "mmap_size", "temp_store", "busy_timeout")
    with sqlite.database.borrowed() as connection:
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert found == [1, -16_000, 256 * 2**20, 2, 20_000]


def test_a_sqlite_file_gets_a_write_ahead_log_unless_it_is_only_read(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, read_only=True) as optimizer:
        assert optimizer.execute_query("SELECT * FROM pragma_journal_mode").iloc[0, 0] == "delete"
    with QueryOptimizer(sqlite_path) as optimizer:
        assert optimizer.execute_query("SELECT * FROM pragma_journal_mode").iloc[0, 0] == "wal"
