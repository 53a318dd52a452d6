"""``QueryOptimizer`` on each kind of database: rows, writes, caching, indexes, and what it says when it refuses."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from caching import QueryOptimizer
from caching.queries.errors import NoDatabase, QueryCancelled, QueryFailed, ReadOnly, UnknownName
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along

SELECT = "SELECT * FROM health_data WHERE state = ? ORDER BY id"


def calls(optimizer: QueryOptimizer) -> int:
    return sum(one.calls for one in optimizer.get_statistics())


class OfOneWhoCancelled:
    """A cache in which another caller computes the same, and gives up."""

    def get_or_set(self, *args: Any, **kwargs: Any) -> Any:
        raise QueryCancelled("The query was cancelled.")

    def invalidate_tag(self, tag: str) -> bool:
        return True


def test_a_query_that_another_caller_cancelled_is_run_for_the_others(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, OfOneWhoCancelled()) as optimizer:
        assert len(optimizer.execute_query("SELECT id FROM health_data", cache_ttl=60)) == made.ROWS


def test_named_parameters_of_any_mapping_are_different_results(sqlite: QueryOptimizer) -> None:
    sql = "SELECT count(*) FROM health_data WHERE state = :state"
    found = [
        sqlite.execute_query(sql, MappingProxyType({"state": state}), cache_ttl=60, return_dataframe=False)
        for state in ("NSW", "none")
    ]
    assert found == [[(4,)], [(0,)]]


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


def test_a_cached_result_does_not_reach_the_database(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600)
    before = calls(optimizer)
    again = optimizer.execute_query(
        "select * from health_data  WHERE state = ? -- why\n ORDER BY id", ["NSW"], cache_ttl=3600
    )
    assert again["id"].tolist() == [3, 6, 9, 12]
    assert calls(optimizer) == before
    assert sum(one.cached for one in optimizer.get_statistics()) == 1


@pytest.mark.parametrize("other", [("VIC",), (1,), ("1",)])
def test_other_parameters_are_another_result(optimizer: QueryOptimizer, other: tuple[Any, ...]) -> None:
    sql = "SELECT id FROM health_data WHERE CAST(id AS VARCHAR) = CAST(? AS VARCHAR) OR state = CAST(? AS VARCHAR)"
    first = optimizer.execute_query(sql, ["NSW", "NSW"], cache_ttl=60)
    second = optimizer.execute_query(sql, [other[0], other[0]], cache_ttl=60)
    assert sorted(first["id"]) != sorted(second["id"])


def test_a_write_through_the_optimizer_is_seen_at_once(optimizer: QueryOptimizer) -> None:
    count = "SELECT count(*) AS n FROM health_data"
    assert optimizer.execute_query(count, cache_ttl=3600)["n"][0] == made.ROWS
    optimizer.execute_query(made.INSERT, [91, "NSW", 2020, 1.0])
    assert optimizer.execute_query(count, cache_ttl=3600)["n"][0] == made.ROWS + 1


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_what_another_program_writes_to_a_sqlite_file_is_seen(sqlite_path: Path, cache: Any, journal: str) -> None:
    count = "SELECT count(*) AS n FROM health_data"
    with (
        closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other,
        QueryOptimizer(sqlite_path, cache, wal=journal == "wal", cache_ttl=3600) as optimizer,
    ):
        other.execute(f"PRAGMA journal_mode={journal}")
        for number in range(100, 130):
            other.execute(made.INSERT, (number, "NSW", 2020, 1.0))
            assert optimizer.execute_query(count)["n"][0] == made.ROWS + number - 99
            if number % 10 == 0:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)" if number % 20 else "PRAGMA wal_checkpoint(RESTART)")
        before = calls(optimizer)
        optimizer.execute_query(count)
        assert calls(optimizer) == before


def test_a_file_put_in_the_place_of_another_is_seen(sqlite: QueryOptimizer, sqlite_path: Path, tmp_path: Path) -> None:
    count = "SELECT count(*) AS n FROM health_data"
    assert sqlite.execute_query(count, cache_ttl=3600)["n"][0] == made.ROWS
    sqlite.close()
    made.make_sqlite(tmp_path / "other.sqlite3", made.rows(1, 3)).replace(sqlite_path)
    assert sqlite.execute_query(count, cache_ttl=3600)["n"][0] == 3


def test_a_table_whose_results_are_invalidated_is_read_anew(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600)
    before = calls(optimizer)
    optimizer.invalidate("Health_Data")
    optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600)
    assert calls(optimizer) == before + 1


def test_a_tag_of_the_callers_own_invalidates(optimizer: QueryOptimizer, cache: Any) -> None:
    optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600, tags=["nightly import"])
    before = calls(optimizer)
    cache.invalidate_tag("nightly import")
    optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600, tags=["nightly import"])
    assert calls(optimizer) == before + 1


def test_without_a_time_to_live_nothing_is_cached(optimizer: QueryOptimizer) -> None:
    for _ in range(2):
        optimizer.execute_query(SELECT, ["NSW"])
        optimizer.execute_query(SELECT, ["NSW"], cache_ttl=0)
    assert sum(one.cached for one in optimizer.get_statistics()) == 0


def test_changing_a_cached_frame_changes_nobody_elses(optimizer: QueryOptimizer) -> None:
    first = optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600)
    first["rate"] = 0.0
    assert optimizer.execute_query(SELECT, ["NSW"], cache_ttl=3600)["rate"].sum() == 7.5


def test_an_index_is_made_once_and_used(optimizer: QueryOptimizer) -> None:
    name = optimizer.create_index("health_data", ["state", "year"])
    assert optimizer.create_index("HEALTH_DATA", ["State", "year"]) == name == "idx_health_data_state_year"
    with optimizer.database.borrowed() as connection:
        assert optimizer.database.indexes(connection, "health_data")[name] == ("state", "year")


@pytest.mark.parametrize(
    ("table", "columns", "says"),
    [
        ("health_dat", ["state"], "Did you mean 'health_data'?"),
        ('health_data" (state); DROP TABLE health_data; --', ["state"], "is no table"),
        ("health_data", ["stat"], "There are: id, state, year, rate."),
        ("health_data", ["state); DROP TABLE health_data; --"], "is no column of health_data"),
        ("health_data", ['"state"'], "is no column of health_data"),
        ("sqlite_master", ["name"], "is no table"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_and_told(
    sqlite: QueryOptimizer, table: str, columns: list[str], says: str
) -> None:
    with pytest.raises(UnknownName, match="There are") as refused:
        sqlite.create_index(table, columns)
    assert says in str(refused.value)
    assert len(sqlite.execute_query(made.ALL)) == made.ROWS


def test_no_kind_of_database_is_given_sql_in_a_name(optimizer: QueryOptimizer) -> None:
    with pytest.raises(UnknownName, match="is no table"):
        optimizer.create_index('health_data" (state); DROP TABLE health_data; --', ["state"])
    with pytest.raises(UnknownName, match="is no column of health_data"):
        optimizer.create_index("health_data", ["state); DROP TABLE health_data; --"])
    assert len(optimizer.execute_query(made.ALL)) == made.ROWS


def test_statistics_are_renewed_for_a_table_that_exists(optimizer: QueryOptimizer) -> None:
    optimizer.optimize_table("health_data")
    with pytest.raises(UnknownName):
        optimizer.optimize_table("health_data; DROP TABLE health_data")


def test_odd_names_are_quoted(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query('CREATE TABLE "a ""b"";--" ("sel ect" INTEGER, "é" TEXT)')
    name = sqlite.create_index('a "b";--', ["sel ect", "é"])
    with sqlite.database.borrowed() as connection:
        assert sqlite.database.indexes(connection, 'a "b";--')[name] == ("sel ect", "é")


def test_tables_whose_indexes_are_called_the_same_have_one_each(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query("DROP TABLE IF EXISTS health")
    optimizer.execute_query("CREATE TABLE health (data_state VARCHAR(3))")
    first = optimizer.create_index("health", "data_state")
    second = optimizer.create_index("health_data", "state")
    assert first == "idx_health_data_state" != second
    assert second == optimizer.create_index("health_data", "state")
    unique = optimizer.create_index("health_data", ["id", "state"], unique=True)
    assert unique == "idx_health_data_id_state_unique" != optimizer.create_index("health_data", ["id", "state"])
    with optimizer.database.borrowed() as connection:
        assert optimizer.database.indexes(connection, "health") == {first: ("data_state",)}
        assert optimizer.database.indexes(connection, "health_data")[second] == ("state",)
    with pytest.raises(QueryFailed, match="Give another name"):
        optimizer.create_index("health_data", "year", name=first)
    optimizer.execute_query("DROP TABLE health")


def test_a_long_name_of_an_index_stays_apart_from_its_neighbours(sqlite: QueryOptimizer) -> None:
    long = "c" * 70
    sqlite.execute_query(f"CREATE TABLE t ({long}1 INTEGER, {long}2 INTEGER)")
    names = {sqlite.create_index("t", f"{long}{n}") for n in (1, 2)}
    assert len(names) == 2
    assert max(map(len, names)) <= 63


@pytest.mark.parametrize("kind", made.KINDS)
def test_nothing_can_be_written_when_it_only_reads(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path), read_only=True) as optimizer:
        assert optimizer.execute_query("SELECT 1 AS one")["one"].tolist() == [1]
        for statement in ("DELETE FROM health_data", "WITH a AS (SELECT 1) INSERT INTO t SELECT 1", "nonsense"):
            with pytest.raises(ReadOnly, match="read only"):
                optimizer.execute_query(statement)
        with pytest.raises(ReadOnly):
            optimizer.execute_query("SELECT 1; DROP TABLE health_data")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_the_connection_itself_refuses_to_write(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with (
        QueryOptimizer(made.TARGETS[kind](request, tmp_path), read_only=True) as optimizer,
        optimizer.database.borrowed() as connection,
        optimizer.database.statement(connection, None),
        pytest.raises(optimizer.database.driver_errors, match=r"(?i)read-?\s?only|readonly"),
    ):
        optimizer.database.cursor(connection).execute("CREATE TABLE t (a INTEGER)")


def test_a_reader_of_postgresql_cannot_be_made_a_writer(postgresql_url: str) -> None:
    with QueryOptimizer(postgresql_url) as optimizer:
        made.fill(optimizer)
        optimizer.execute_query(
            "CREATE OR REPLACE FUNCTION emptied() RETURNS int LANGUAGE plpgsql AS "
            "$$ BEGIN DELETE FROM health_data; RETURN 1; END $$"
        )
    with QueryOptimizer(postgresql_url, read_only=True, pool_size=1) as reader:
        reader.execute_query("SELECT set_config('default_transaction_read_only', 'off', false)")
        with pytest.raises(QueryFailed, match="read-only transaction"):
            reader.execute_query("SELECT emptied()")
        with pytest.raises(QueryFailed, match="read-write mode"):
            reader.execute_query("SELECT set_config('transaction_read_only', 'off', true), emptied()")
        assert len(reader.execute_query("SELECT id FROM health_data")) == made.ROWS


def test_a_transaction_that_is_left_open_ends_with_its_statement(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for kind in made.KINDS:
        with QueryOptimizer(made.TARGETS[kind](request, tmp_path), pool_size=1) as optimizer:
            for _ in range(2):  # the second one would be refused inside the first
                optimizer.execute_query("BEGIN TRANSACTION", return_dataframe=False)


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


def test_a_sqlite_file_gets_a_write_ahead_log_unless_it_is_only_read(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, read_only=True) as optimizer:
        assert optimizer.execute_query("SELECT * FROM pragma_journal_mode").iloc[0, 0] == "delete"
    with QueryOptimizer(sqlite_path) as optimizer:
        assert optimizer.execute_query("SELECT * FROM pragma_journal_mode").iloc[0, 0] == "wal"


def test_the_guides_sample_runs(sqlite_path: Path, cache: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring import get_performance_monitor

    monkeypatch.chdir(sqlite_path.parent)
    sqlite_path.rename("database.db")
    optimizer = QueryOptimizer("database.db", cache, get_performance_monitor())
    result = optimizer.execute_query("SELECT * FROM health_data WHERE state = ?", parameters=["NSW"], cache_ttl=3600)
    optimizer.create_index("health_data", ["state", "year"])
    optimizer.optimize_table("health_data")
    assert len(result) == 4
    optimizer.close()
