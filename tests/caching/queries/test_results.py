"""Results that are kept: until something is written, by whomever, and for everyone who asks the same."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from caching import QueryOptimizer
from caching.queries.errors import QueryCancelled
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


def test_what_was_kept_is_found_by_the_next_program(sqlite_path: Path, cache: Any) -> None:
    cached = []
    for _ in range(3):
        with QueryOptimizer(sqlite_path, cache, cache_ttl=3600) as optimizer:  # the last to close takes the log away
            optimizer.execute_query(made.ALL)
            cached.append(sum(one.cached for one in optimizer.get_statistics()))
    assert cached[-1] == 1


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
