"""Servers that hang, answer nobody or have hung up: nobody is kept waiting, and it is said what is unknown."""

import os
import resource
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import pytest

from caching import PaginatedQuery, QueryOptimizer
from caching.queries import running
from caching.queries.databases import postgresql as postgresql_database
from caching.queries.databases.postgresql_link import is_closed, shut
from caching.queries.errors import NoDatabase, QueryTimedOut
from caching.queries.executing import Limits
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along
ONE = "SELECT 1 AS one"
WAIT_SECONDS = 60


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
