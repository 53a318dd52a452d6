"""What a page far into a table, a cached result and a large read cost beside what one would do without these tools.

Peers: paging by OFFSET, and ``pandas.read_sql_query`` over ``sqlite3``. Both sides run in turn, in this process, on one
SQLite file with the health records of ``benchmarks/data/health_records.py``.
"""

import gc
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pandas as pd

from benchmarks.data.health_records import SEED, health_records
from benchmarks.report import Report
from caching import CacheConfig, CacheManager, PaginatedQuery, QueryOptimizer

ROWS = int(os.environ.get("AHGD_BENCH_ROWS", "2000000"))
READ_ROWS, CACHED_ROWS, PAGE_ROWS = ROWS // 2, ROWS // 20, 1_000
FAR_PAGE = (ROWS - ROWS // 200) // PAGE_ROWS  # row 1.99 million of 2 million
PAGE_ROUNDS, ROUNDS = 200, 5
ALL = "SELECT * FROM health"
CACHED = f"{ALL} WHERE id <= {CACHED_ROWS}"


def make(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        first = health_records(1_000).astype({"recorded_on": "str"})
        columns = ", ".join(f'"{name}" {_type(dtype)}' for name, dtype in first.dtypes.items())
        connection.execute(f"CREATE TABLE health (id INTEGER PRIMARY KEY, {columns})")
        df = health_records(ROWS).astype({"recorded_on": "str", "is_estimated": "int64"})
        marks = ", ".join("?" * len(df.columns))
        for start in range(0, ROWS, 100_000):
            part = df.iloc[start : start + 100_000].astype(object)
            rows = part.where(part.notna(), None).itertuples(name=None)
            connection.executemany(f"INSERT INTO health VALUES (? + 1, {marks})", rows)  # noqa: S608  (question marks)
        connection.commit()


def _type(dtype: Any) -> str:
    return {"i": "INTEGER", "b": "INTEGER", "f": "REAL"}.get(dtype.kind, "TEXT")


def seconds(function: Callable[[], object]) -> float:
    gc.collect()
    began = perf_counter()
    function()
    return perf_counter() - began


def in_turn(rounds: int, *functions: Callable[[], object]) -> list[list[float]]:
    """The times of each, taken in turn, so that whatever else the machine does strikes all of them."""
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for times, function in zip(found, functions, strict=True):
            times.append(seconds(function))
    return found


def pages(report: Report, optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=PAGE_ROWS, cache_pages=False)
    found = seconds(lambda: paginated.get_page(FAR_PAGE))
    assert paginated.get_page(FAR_PAGE)["id"].tolist()[0] == FAR_PAGE * PAGE_ROWS + 1
    first, far = in_turn(PAGE_ROUNDS, lambda: paginated.get_page(0), lambda: paginated.get_page(FAR_PAGE))
    offset = f"{ALL} ORDER BY id LIMIT {PAGE_ROWS} OFFSET {{}}"
    peer_first, peer_far = in_turn(
        ROUNDS * 4,
        lambda: optimizer.execute_query(offset.format(0)),
        lambda: optimizer.execute_query(offset.format(FAR_PAGE * PAGE_ROWS)),
    )
    report.row("OFFSET, first page", "peer", median(peer_first) * 1e3, "ms a page of 1 000 rows")
    report.row(
        f"OFFSET, page at row {FAR_PAGE * PAGE_ROWS:,}", "peer", median(peer_far) * 1e3, "ms a page of 1 000 rows"
    )
    report.row("PaginatedQuery, first page", "ours", median(first) * 1e3, "ms a page of 1 000 rows")
    label = f"PaginatedQuery, page at row {FAR_PAGE * PAGE_ROWS:,}"
    report.row(label, "ours", median(far) * 1e3, "ms a page of 1 000 rows")
    report.row("the pass that finds where pages begin, once a version of the data", "ours", found * 1e3, "ms once")
    report.limit("far page: at most 1.3 of the first page's time", median(far) / median(first), 1.3)


def cached(report: Report, optimizer: QueryOptimizer) -> None:
    optimizer.execute_query(CACHED, cache_ttl=3600)
    plain, kept = in_turn(
        ROUNDS * 2,
        lambda: optimizer.execute_query(CACHED),
        lambda: optimizer.execute_query(CACHED, cache_ttl=3600),
    )
    report.row(f"execute_query of {CACHED_ROWS:,} rows, not cached", "ours", median(plain) * 1e3, "ms a query")
    report.row(f"execute_query of {CACHED_ROWS:,} rows, cached", "ours", median(kept) * 1e3, "ms a query")
    report.limit("cached: at least 20 times faster", median(plain) / median(kept), 20, at_least=True)


def reading(report: Report, optimizer: QueryOptimizer, path: Path) -> None:
    sql = f"{ALL} WHERE id <= {READ_ROWS}"
    with closing(sqlite3.connect(path)) as connection:
        theirs = pd.read_sql_query(sql, connection)
        pd.testing.assert_frame_equal(optimizer.execute_query(sql), theirs)
        del theirs
        peer, ours = in_turn(ROUNDS, lambda: pd.read_sql_query(sql, connection), lambda: optimizer.execute_query(sql))
    report.row(f"pandas.read_sql_query of {READ_ROWS:,} rows", "peer", min(peer), "s")
    report.row(f"execute_query of {READ_ROWS:,} rows", "ours", min(ours), "s")
    report.limit("reading into a frame: no slower than pandas.read_sql_query", min(ours) / min(peer), 1.0)


def main() -> None:
    report = Report("queries", f"What do pages, cached results and large reads cost ({ROWS:,} rows, seed {SEED})?")
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        path = Path(name) / "health.sqlite3"
        make(path)
        manager = CacheManager(CacheConfig(file_cache_enabled=False))
        with QueryOptimizer(path, manager) as optimizer:
            pages(report, optimizer)
            cached(report, optimizer)
            reading(report, optimizer, path)
        manager.close()
    report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.3g} {row.unit}")
    for limit in report.limits:
        print("met" if limit.met else "MISSED", limit.text, round(limit.value, 3))


if __name__ == "__main__":
    main()
