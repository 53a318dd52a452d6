"""Statements end when their time is over or somebody cancels them, whatever the server does; and what is done stays."""

import os
import resource
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil
import pytest

from caching import Cancellation, PaginatedQuery, QueryOptimizer
from caching.queries import running
from caching.queries.databases import postgresql as postgresql_database
from caching.queries.databases import sqlite as sqlite_database
from caching.queries.databases.postgresql_link import is_closed, shut
from caching.queries.errors import NoDatabase, QueryCancelled, QueryTimedOut
from caching.queries.executing import Limits
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along

ONE = "SELECT 1 AS one"
SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n WHERE x < 0",
    "postgresql": "SELECT pg_sleep(600)",
    "duckdb": "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b",
}
WAIT_SECONDS = 60


def test_no_time_at_all_is_a_limit(sqlite: QueryOptimizer) -> None:
    with pytest.raises(QueryTimedOut):
        sqlite.execute_query(SLOW["sqlite"], timeout_seconds=0)


@pytest.mark.parametrize("seconds", [inf, 1e12])
def test_more_time_than_there_is_is_no_limit(sqlite: QueryOptimizer, seconds: float) -> None:
    assert sqlite.execute_query(ONE, timeout_seconds=seconds)["one"].tolist() == [1]


@pytest.mark.parametrize("kind", SLOW)
def test_a_time_out_leaves_a_pool_that_works(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path), pool_size=1) as optimizer:
        for _ in range(3):
            with pytest.raises(QueryTimedOut, match=r"0\.05 s"):
                optimizer.execute_query(SLOW[kind], timeout_seconds=0.05)
            assert optimizer.execute_query(ONE)["one"].tolist() == [1]
        assert optimizer.pool_state().in_use == 0


@pytest.mark.parametrize("kind", SLOW)
def test_a_query_is_cancelled_from_another_thread(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    cancellation = Cancellation()
    failures: list[BaseException] = []
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path), pool_size=1) as optimizer:

        def ask() -> None:
            try:
                optimizer.execute_query(SLOW[kind], cancellation=cancellation)
            except QueryCancelled as error:
                failures.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        cancellation.cancel()  # before, while or after it begins: each time it ends
        thread.join(WAIT_SECONDS)
        assert [str(one) for one in failures] == ["The query was cancelled."]
        assert optimizer.execute_query(ONE)["one"].tolist() == [1]


def test_a_query_within_its_time_is_left_alone(optimizer: QueryOptimizer) -> None:
    assert len(optimizer.execute_query(made.ALL, timeout_seconds=WAIT_SECONDS)) == made.ROWS


def test_an_interruption_just_before_a_statement_begins_is_told_again(sqlite: QueryOptimizer) -> None:
    cancellation = Cancellation()
    cursor = sqlite.database.cursor

    def cursor_too_early(connection: Any) -> Any:
        cancellation.cancel()
        return cursor(connection)

    sqlite.database.cursor = cursor_too_early  # type: ignore[method-assign]  # the moment cannot be had otherwise
    with pytest.raises(QueryCancelled):
        sqlite.execute_query(SLOW["sqlite"], cancellation=cancellation)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_write_that_is_done_before_it_is_cancelled_says_so(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path)) as optimizer:
        if kind == "postgresql":
            made.fill(optimizer)
        cancellation = Cancellation()
        changed_rows = optimizer.database.changed_rows

        def changed_and_cancelled(cursor: Any) -> int | None:
            found = changed_rows(cursor)
            cancellation.cancel()
            return found

        optimizer.database.changed_rows = changed_and_cancelled  # type: ignore[method-assign]  # as above
        assert optimizer.execute_query("DELETE FROM health_data WHERE id = 3", cancellation=cancellation) == 1
        assert len(optimizer.execute_query(made.ALL)) == made.ROWS - 1
        with pytest.raises(QueryCancelled):
            optimizer.execute_query(made.ALL, cancellation=cancellation)


def test_sqlite_waits_for_a_lock_no_longer_than_the_statement_may(sqlite: QueryOptimizer) -> None:
    wait = "PRAGMA busy_timeout"
    with sqlite.database.borrowed() as connection:
        with sqlite.database.statement(connection, 0.05):
            assert connection.execute(wait).fetchone() == (50,)
        with sqlite.database.statement(connection, 3600):
            assert connection.execute(wait).fetchone() == (sqlite_database.BUSY_MS,)
        assert connection.execute(wait).fetchone() == (sqlite_database.BUSY_MS,)


def test_a_lock_that_lasts_longer_is_a_time_out(sqlite: QueryOptimizer, sqlite_path: Path) -> None:
    sqlite.execute_query(ONE)
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(QueryTimedOut):
            sqlite.execute_query("DELETE FROM health_data", timeout_seconds=0.05)
        other.execute("ROLLBACK")
    assert sqlite.execute_query("DELETE FROM health_data") == made.ROWS


def test_a_file_that_is_locked_is_switched_to_wal_later(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(sqlite_database, "sleep", lambda seconds: other.execute("ROLLBACK"))
        with QueryOptimizer(sqlite_path) as optimizer:
            assert len(optimizer.execute_query("SELECT id FROM health_data")) == made.ROWS
            mode = optimizer.execute_query("PRAGMA journal_mode", return_dataframe=False)
    assert mode == [("wal",)]


def test_a_file_that_stays_locked_is_read_without_wal(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_database, "BUSY_MS", 1)
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with QueryOptimizer(sqlite_path) as optimizer:
            assert len(optimizer.execute_query("SELECT id FROM health_data")) == made.ROWS


@contextmanager
def frozen(processes: Iterable[psutil.Process]) -> Iterator[None]:
    """They stay, and the kernel takes what is sent to them; but they do nothing."""
    stopped = list(processes)
    for process in stopped:
        process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            process.resume()


def server(url: str) -> list[psutil.Process]:
    """The PostgreSQL server with all its processes."""
    directory = Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))
    first = psutil.Process(int((directory / "data" / "postmaster.pid").read_text().split()[0]))
    return [first, *first.children(recursive=True)]


def test_a_server_that_hangs_keeps_nobody_waiting(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_database, "CANCEL_SECONDS", 0.2)
    with QueryOptimizer(postgresql_url, pool_size=1) as optimizer:
        made.fill(optimizer)
        paginated = PaginatedQuery(optimizer, made.ALL)
        paginated.get_page(0)
        with frozen(server(postgresql_url)), pytest.raises(QueryTimedOut):
            optimizer.execute_query(ONE, timeout_seconds=0.05)
        assert optimizer.execute_query(ONE)["one"].tolist() == [1]
        optimizer.limits = Limits(0.05)
        with frozen(server(postgresql_url)), pytest.raises(QueryTimedOut):
            paginated.get_page(0)  # asks whether the data is the same
        assert optimizer.pool_state().in_use == 0


def test_a_cancellation_that_is_not_heard_is_followed_by_hanging_up(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HEARD_SECONDS", 0.2)
    with QueryOptimizer(postgresql_url, pool_size=1) as optimizer:
        ((pid,),) = optimizer.execute_query("SELECT pg_backend_pid()", return_dataframe=False)
        with frozen([psutil.Process(pid)]), pytest.raises(QueryTimedOut):
            optimizer.execute_query(ONE, timeout_seconds=0.05)
        assert optimizer.execute_query(ONE)["one"].tolist() == [1]


def test_a_write_whose_server_went_silent_is_said_to_be_unknown(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HEARD_SECONDS", 0.2)
    with QueryOptimizer(postgresql_url, pool_size=1) as optimizer:
        made.fill(optimizer)
        ((pid,),) = optimizer.execute_query("SELECT pg_backend_pid()", return_dataframe=False)
        with frozen([psutil.Process(pid)]), pytest.raises(QueryTimedOut, match="unknown whether the write was done"):
            optimizer.execute_query("UPDATE health_data SET year = 1", timeout_seconds=0.05)


def test_a_server_that_answers_nobody_cannot_be_opened(postgresql_url: str) -> None:
    url = f"{postgresql_url}?connect_timeout=2"  # the least that libpq waits
    with QueryOptimizer(url) as optimizer, frozen(server(postgresql_url)), pytest.raises(NoDatabase, match="timeout"):
        optimizer.execute_query(ONE)


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(postgresql_url: str) -> None:
    with QueryOptimizer(postgresql_url, pool_size=1) as optimizer, QueryOptimizer(postgresql_url) as other:
        ((pid,),) = optimizer.execute_query("SELECT pg_backend_pid()", return_dataframe=False)
        other.execute_query("SELECT pg_terminate_backend(?, 30000)", [pid])  # waits until it is gone
        assert optimizer.execute_query(ONE)["one"].tolist() == [1]


@dataclass
class Link:
    """As much of a connection of psycopg's as the way to its server."""

    descriptor: int
    closed: bool = False

    def fileno(self) -> int:
        return self.descriptor


def test_a_process_with_many_files_open_sees_whether_a_server_hung_up() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), before[1]))
    try:
        ours, theirs = socket.socketpair()
        with ours, theirs, socket.socket(fileno=os.dup2(ours.fileno(), 2000)) as same:
            assert not is_closed(Link(same.fileno()))
            theirs.close()
            assert is_closed(Link(same.fileno()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_connection_that_is_closed_already_is_hung_up_without_an_error(postgresql_url: str) -> None:
    import psycopg

    connection = psycopg.connect(postgresql_url)
    connection.close()
    shut(connection)
    assert is_closed(connection)
