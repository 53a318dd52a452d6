"""How commands are asked of a server; what the tier does with them is in the contract of all tiers."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis._parsers import Encoder
from redis.connection import PythonRespSerializer

from caching.tiers.asking import _LONG_BYTES, Asking, packed
from tests.servers import Address


@pytest.mark.parametrize(
    "command",
    [
        ("GET", b"key"),
        ("GETRANGE", b"key", 0, 511),
        ("SET", "na\N{SNOWMAN}me".encode(), b"x" * 300, "PX", 3_600_000),
        ("SET", b"key", b"", "PX", 1),
        ("SET", b"key", b"x" * (_LONG_BYTES + 1), "PX", 1),
    ],
)
def test_a_command_is_written_as_redis_py_writes_it(command: tuple[Any, ...]) -> None:
    theirs = PythonRespSerializer(6000, Encoder("utf-8", "strict", False).encode).pack(*command)
    assert b"".join(packed(command)) == b"".join(theirs)


def test_what_is_long_is_sent_without_being_copied() -> None:
    entry = b"x" * (_LONG_BYTES + 1)
    assert any(part is entry for part in packed(("SET", b"key", entry)))


@pytest.fixture
def pool(valkey_address: Address) -> Iterator[redis.ConnectionPool]:
    made = redis.ConnectionPool(
        host=valkey_address.host, port=valkey_address.port, password=valkey_address.password, max_connections=40
    )
    yield made
    made.disconnect()


def test_one_connection_serves_command_after_command(pool: redis.ConnectionPool) -> None:
    asking = Asking(redis.Redis(connection_pool=pool))
    assert len({asking.ask("CLIENT", "ID") for _ in range(3)}) == 1


def test_a_command_goes_on_when_the_server_has_closed_the_connection(pool: redis.ConnectionPool) -> None:
    asking = Asking(redis.Redis(connection_pool=pool))
    kept = asking.ask("CLIENT", "ID")
    redis.Redis(connection_pool=pool).client_kill_filter(_id=kept)
    assert asking.ask("SET", "asking:lost", "x") == b"OK"
    assert asking.ask("CLIENT", "ID") != kept


def test_an_error_of_the_server_leaves_the_connection_for_the_next(pool: redis.ConnectionPool) -> None:
    asking = Asking(redis.Redis(connection_pool=pool))
    kept = asking.ask("CLIENT", "ID")
    with pytest.raises(redis.ResponseError, match="unknown command"):
        asking.ask("SING")
    assert asking.ask("CLIENT", "ID") == kept


def test_threads_do_not_read_each_others_answers(pool: redis.ConnectionPool) -> None:
    asking = Asking(redis.Redis(connection_pool=pool))
    with ThreadPoolExecutor(16) as threads:
        texts = [f"text {number}".encode() for number in range(2000)]
        assert list(threads.map(lambda text: asking.ask("ECHO", text), texts)) == texts


def test_at_most_a_fourth_of_a_small_pool_is_kept(valkey_address: Address) -> None:
    host, port, password = valkey_address.host, valkey_address.port, valkey_address.password
    small = redis.ConnectionPool(host=host, port=port, password=password, max_connections=1)
    client = redis.Redis(connection_pool=small)
    assert Asking(client).ask("PING") == b"PONG"
    assert client.ping()
    small.disconnect()


def test_a_forked_child_asks_by_its_own_connection(pool: redis.ConnectionPool) -> None:
    asking = Asking(redis.Redis(connection_pool=pool))
    kept = asking.ask("CLIENT", "ID")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asking.after_fork()
            os.write(writing, str(asking.ask("CLIENT", "ID")).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) != kept
    assert asking.ask("CLIENT", "ID") == kept


def test_what_was_kept_can_be_given_back(pool: redis.ConnectionPool) -> None:
    client = redis.Redis(connection_pool=pool)
    asking = Asking(client)
    kept = asking.ask("CLIENT", "ID")
    assert client.client_id() != kept
    asking.give_back_all()
    assert kept in {client.client_id() for _ in range(2)}
