"""Connections: shared by threads, limited, left to the parent after a fork, and counted."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caching import PoolExhausted, QueryOptimizer, connection_pools

pytestmark = pytest.mark.once


def test_threads_share_the_pool(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, pool_size=2) as optimizer, ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(optimizer.execute_query, "SELECT count(*) AS n FROM health_data") for _ in range(40)]
        assert {one.result()["n"][0] for one in asked} == {12}
        state = optimizer.pool_state()
    assert (state.limit, state.in_use, state.waiting) == (2, 0, 0)
    assert state.open <= 2


def test_one_who_finds_no_free_connection_is_told_what_to_do(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, pool_size=1, wait_seconds=0.01) as optimizer, optimizer.database.borrowed():
        assert optimizer.pool_state().in_use == 1
        with pytest.raises(PoolExhausted, match="Make pool_size larger"):
            optimizer.execute_query("SELECT 1")


def test_those_who_wait_are_counted(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, pool_size=1, wait_seconds=60) as optimizer:
        waiting = threading.Thread(target=optimizer.execute_query, args=["SELECT 1"])
        with optimizer.database.borrowed():
            waiting.start()
            while not optimizer.pool_state().waiting:
                os.sched_yield()
        waiting.join(60)
        assert optimizer.pool_state().waiting == 0


def test_an_error_inside_gives_nobody_a_broken_connection(sqlite_path: Path) -> None:
    with QueryOptimizer(sqlite_path, pool_size=1) as optimizer:
        with pytest.raises(KeyboardInterrupt), optimizer.database.borrowed() as connection:
            connection.execute("BEGIN")
            raise KeyboardInterrupt
        with optimizer.database.borrowed() as connection:
            assert not connection.in_transaction


def test_a_forked_child_opens_connections_of_its_own(sqlite_path: Path) -> None:
    import multiprocessing

    with QueryOptimizer(sqlite_path) as optimizer:
        optimizer.execute_query("SELECT 1")
        results = multiprocessing.get_context("fork").SimpleQueue()

        def child() -> None:
            before = optimizer.pool_state().open
            results.put((before, int(optimizer.execute_query("SELECT count(*) AS n FROM health_data")["n"][0])))

        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        assert results.get() == (0, 12)
        process.join(60)
        assert process.exitcode == 0


def test_pools_of_all_optimizers_are_known(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query("SELECT 1")
    (state,) = [one for one in connection_pools() if one.database == sqlite.database.name]
    assert (state.vendor, state.open, state.in_use) == ("sqlite", 1, 0)


def test_what_is_heavy_is_loaded_when_a_query_needs_it() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from caching import PaginatedQuery, QueryOptimizer, connection_pools\n"
        "QueryOptimizer('postgresql://localhost/name'); QueryOptimizer('some.duckdb'); connection_pools()\n"
        "print(sorted({'pandas', 'pyarrow', 'sqlglot', 'sqlalchemy', 'duckdb', 'psycopg', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
