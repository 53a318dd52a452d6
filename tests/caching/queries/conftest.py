"""Databases to ask, each with the table ``health_data`` of ``tests/caching/queries/databases.py``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from caching import CacheConfig, CacheManager, QueryOptimizer
from tests.caching.queries import databases as made
from tests.servers import postgresql


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for tests of either engine; the directory's parents are passable for its user."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ahgd-ops-queries-") as name:
        Path(name).chmod(0o711)
        with postgresql(Path(name) / "pg") as url:
            yield url


@pytest.fixture(scope="session")
def duckdb_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, since that takes as long as some tests; each test has a copy."""
    return made.make_duckdb(tmp_path_factory.mktemp("duckdb") / "health.duckdb")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[CacheManager]:
    """In memory, so that no other test's results are found."""
    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    yield manager
    manager.close()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return made.make_sqlite(tmp_path / "health.sqlite3")


@pytest.fixture
def sqlite(sqlite_path: Path, cache: CacheManager) -> Iterator[QueryOptimizer]:
    with QueryOptimizer(sqlite_path, cache) as optimizer:
        yield optimizer


@pytest.fixture(params=made.KINDS)
def optimizer(request: pytest.FixtureRequest, tmp_path: Path, cache: CacheManager) -> Iterator[QueryOptimizer]:
    """Of each kind of database in turn."""
    target: Any = made.TARGETS[request.param](request, tmp_path)
    with QueryOptimizer(target, cache) as one:
        if request.param == "postgresql":
            made.fill(one)
        yield one
