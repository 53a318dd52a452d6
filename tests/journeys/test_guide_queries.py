"""The guide's samples of queries, lazy loading, frames and indexes run, with their imports changed to our names."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from caching import CacheConfig, CacheManager, QueryOptimizer
from monitoring import get_performance_monitor

pytestmark = pytest.mark.once

QUERY_OPTIMIZATION = """
from src.performance.optimization import QueryOptimizer

optimizer = QueryOptimizer("database.db", cache_manager, monitor)

# Execute optimized query with caching
result = optimizer.execute_query(
    "SELECT * FROM health_data WHERE state = ?",
    parameters=["NSW"],
    cache_ttl=3600
)

# Create database indexes for better performance
optimizer.create_index("health_data", ["state", "year"])
"""
LAZY_LOADING = """
from src.performance.optimization import PaginatedQuery

paginated = PaginatedQuery(optimizer, "SELECT * FROM large_table", page_size=1000)
lazy_df = paginated.to_lazy_dataframe()

# Access data on-demand
first_page = lazy_df.head(1000)
specific_rows = lazy_df[5000:6000]
"""
MEMORY_OPTIMIZATION = """
# Optimize DataFrame memory usage
from src.performance.optimization import optimize_dataframe_memory

df = optimize_dataframe_memory(df)
"""
DATABASE_OPTIMIZATION = """
# Create indexes for frequently queried columns
optimizer.create_index("health_metrics", ["sa2_code", "year"])
optimizer.create_index("sa2_boundaries", ["state_code"])

# Optimize table statistics
optimizer.optimize_table("health_metrics")
"""
TABLES = """
CREATE TABLE health_data (id INTEGER PRIMARY KEY, state TEXT, year INTEGER);
INSERT INTO health_data VALUES (1, 'NSW', 2020), (2, 'VIC', 2020), (3, 'NSW', 2021);
CREATE TABLE health_metrics (sa2_code TEXT, year INTEGER, value REAL);
INSERT INTO health_metrics
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
SELECT 101021000 + i / 5, 2020 + i % 5, i FROM n;
CREATE TABLE sa2_boundaries (sa2_code TEXT, state_code TEXT);
CREATE TABLE large_table (id INTEGER PRIMARY KEY, word TEXT);
INSERT INTO large_table
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 6999) SELECT i, 'word ' || i FROM n;
"""


@pytest.fixture
def cache_manager() -> Iterator[CacheManager]:
    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    yield manager
    manager.close()


@pytest.fixture
def optimizer(tmp_path: Path, cache_manager: CacheManager) -> Iterator[QueryOptimizer]:
    """Of the database of the samples, in the directory that they run in."""
    with closing(sqlite3.connect(tmp_path / "database.db")) as connection:
        connection.executescript(TABLES)
    with QueryOptimizer(tmp_path / "database.db", cache_manager) as found:
        yield found


def run(sample: str, **names: Any) -> dict[str, Any]:
    exec(compile(sample.replace("src.performance.optimization", "caching"), "<the guide>", "exec"), names)  # noqa: S102  (above)
    return names


def plan_of(optimizer: QueryOptimizer, sql: str) -> str:
    return optimizer.explain(sql).text


def test_query_optimization(
    optimizer: QueryOptimizer, tmp_path: Path, cache_manager: CacheManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(3):  # the index that the first one makes changes the file
        names = run(QUERY_OPTIMIZATION, cache_manager=cache_manager, monitor=get_performance_monitor())
        assert names["result"]["id"].tolist() == [1, 3]
        names["optimizer"].close()
    (asked, *_) = [one for one in names["optimizer"].get_statistics() if one.query.startswith("SELECT")]
    assert (asked.calls, asked.cached) == (0, 1)
    sql = "SELECT id FROM health_data WHERE state = 'NSW' AND year = 2021"
    assert "idx_health_data_state_year" in plan_of(optimizer, sql)


def test_lazy_loading(optimizer: QueryOptimizer) -> None:
    names = run(LAZY_LOADING, optimizer=optimizer)
    assert names["first_page"]["id"].tolist() == list(range(1000))
    assert names["specific_rows"]["id"].tolist() == list(range(5000, 6000))
    assert names["specific_rows"]["word"].iloc[0] == "word 5000"


def test_memory_optimization() -> None:
    before = pd.DataFrame({"state": ["NSW", "VIC"] * 500, "year": range(1000)})
    after = run(MEMORY_OPTIMIZATION, df=before)["df"]
    assert after.to_dict("list") == before.to_dict("list")
    assert after.memory_usage(deep=True).sum() < 0.3 * before.memory_usage(deep=True).sum()


def test_database_optimization(optimizer: QueryOptimizer) -> None:
    run(DATABASE_OPTIMIZATION, optimizer=optimizer)
    sql = "SELECT value FROM health_metrics WHERE sa2_code = '101021007' AND year = 2021"
    assert "idx_health_metrics_sa2_code_year" in plan_of(optimizer, sql)
    assert "idx_sa2_boundaries_state_code" in plan_of(
        optimizer, "SELECT sa2_code FROM sa2_boundaries WHERE state_code = '1'"
    )
    statistics = optimizer.execute_query("SELECT tbl, idx FROM sqlite_stat1", return_dataframe=False)
    assert statistics == [("health_metrics", "idx_health_metrics_sa2_code_year")]
