"""How commands are asked of a server; what the tier does with them is in the contract of all tiers."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis._parsers import Encoder
from redis.connection import PythonRespSerializer

from caching.tiers.asking import LONG_BYTES, Asking, packed
from tests.caching.conftest import Make
from tests.servers import Address


@pytest.mark.parametrize(
    "command",
    [
        ("GET", b"key"),
        ("GETRANGE", b"key", 0, 511),
        ("SET", "na\N{SNOWMAN}me".encode(), b"x" * 300, "PX", 3_600_000),
        ("SET", b"key", b"", "PX", 1),
        ("SET", b"key", b"x" * (LONG_BYTES + 1), "PX", 1),
    ],
)
def test_a_command_is_written_as_redis_py_writes_it(command: tuple[Any, ...]) -> None:
    theirs = PythonRespSerializer(6000, Encoder("utf-8", "strict", False).encode).pack(*command)
    assert b"".join(packed(command)) == b"".join(theirs)


def test_what_is_long_is_sent_without_being_copied() -> None:
    entry = b"x" * (LONG_BYTES + 1)
    assert any(part is entry for part in packed(("SET", b"key", entry)))


@pytest.fixture
def client(valkey_address: Address) -> Iterator["redis.Redis"]:
    """With a pool of its own."""
    address = valkey_address
    with redis.Redis(address.host, address.port, password=address.password) as made:
        yield made


@pytest.fixture
def asking(client: "redis.Redis") -> Asking:
    return Asking(client)


def test_one_connection_serves_command_after_command(asking: Asking) -> None:
    assert len({asking.ask("CLIENT", "ID") for _ in range(3)}) == 1


def test_a_command_goes_on_when_the_server_has_closed_the_connection(asking: Asking, client: "redis.Redis") -> None:
    kept = asking.ask("CLIENT", "ID")
    client.client_kill_filter(_id=kept)
    assert asking.ask("SET", "asking:lost", "x") == b"OK"
    assert asking.ask("CLIENT", "ID") != kept


def test_a_command_goes_on_when_another_thread_closes_the_connection(asking: Asking, client: "redis.Redis") -> None:
    kept = asking.ask("CLIENT", "ID")
    client.connection_pool.disconnect()
    assert asking.ask("CLIENT", "ID") != kept


def test_an_answer_that_came_too_late_is_nobodys(valkey_address: Address) -> None:
    address = valkey_address
    with redis.Redis(address.host, address.port, password=address.password, socket_timeout=0.1) as client:
        asking = Asking(client)
        with pytest.raises(redis.TimeoutError):
            asking.ask("BLPOP", "asking:nothing", 1)
        assert asking.ask("ECHO", "mine") == b"mine"


def test_an_error_of_the_server_leaves_the_connection_for_the_next(asking: Asking) -> None:
    kept = asking.ask("CLIENT", "ID")
    with pytest.raises(redis.ResponseError, match="unknown command"):
        asking.ask("SING")
    assert asking.ask("CLIENT", "ID") == kept


def test_threads_do_not_read_each_others_answers(asking: Asking) -> None:
    texts = [f"text {number}".encode() for number in range(2000)]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda text: asking.ask("ECHO", text), texts)) == texts


def test_what_was_kept_goes_back_and_nothing_is_kept_after(asking: Asking, client: "redis.Redis") -> None:
    kept = asking.ask("CLIENT", "ID")
    assert client.client_id() != kept
    asking.give_back_all()
    assert client.client_id() == kept
    assert asking.ask("CLIENT", "ID") == client.client_id()


def test_no_connection_is_kept_of_a_pool_that_others_use_too(valkey_address: Address) -> None:
    address = valkey_address
    shared = redis.ConnectionPool(
        host=address.host, port=address.port, password=address.password, max_connections=1
    )
    client = redis.Redis(connection_pool=shared)
    assert Asking(client).ask("PING") == b"PONG"
    assert client.ping()
    shared.disconnect()


def test_a_forked_child_asks_by_its_own_connection(make: Make, client: "redis.Redis") -> None:
    cache = make("redis")
    cache.set("who", "parent")
    before = client.client_list()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, f"{cache.get('who')} {len(client.client_list())}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    said = os.read(reading, 30).decode()
    os.close(reading)
    os.close(writing)
    assert said == f"parent {len(before) + 2}"
    assert cache.get("who") == "parent"
