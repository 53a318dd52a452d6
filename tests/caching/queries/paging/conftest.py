"""A PostgreSQL server with two empty schemas."""

from typing import Any

import pytest

from caching import QueryOptimizer


@pytest.fixture
def postgresql(postgresql_url: str, cache: Any) -> Any:
    with QueryOptimizer(postgresql_url, cache) as optimizer:
        for schema in ("s1", "s2"):
            optimizer.execute_query(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            optimizer.execute_query(f"CREATE SCHEMA {schema}")
        yield optimizer
