"""Lazy frames of the databases of the query tools' tests."""

import pytest

from caching import LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.frames.comparing import ALL
from tests.caching.queries.conftest import cache, duckdb_path, optimizer, postgresql_url, sqlite, sqlite_path

__all__ = ["cache", "duckdb_path", "optimizer", "postgresql_url", "sqlite", "sqlite_path"]


@pytest.fixture
def lazy(optimizer: QueryOptimizer) -> LazyDataFrame:
    """Of each kind of database: for what the database decides."""
    return PaginatedQuery(optimizer, ALL, page_size=5).to_lazy_dataframe()


@pytest.fixture
def small(sqlite: QueryOptimizer) -> LazyDataFrame:
    """Of SQLite: for what is decided here."""
    return PaginatedQuery(sqlite, ALL, page_size=5).to_lazy_dataframe()
