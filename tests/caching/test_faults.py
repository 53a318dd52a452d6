"""Redis stopped, frozen, emptied, full: callers never wait for long, never fail, and are never told what is not so."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from caching import CacheManager, TierStats, breaker
from tests.caching.conftest import Clock, Make
from tests.caching.faults import Server, until

OUTER = ("redis", "memory+redis", "file+redis", "memory+file+redis")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(breaker, "FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(breaker, "LONGEST_WAIT_SECONDS", 0.2)
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def on(server: Server, **more: Any) -> dict[str, Any]:
    """Options of a manager that uses it, and sees what others did at once."""
    address = server.address
    return {
        "redis_host": address.host,
        "redis_port": address.port,
        "redis_password": address.password,
        "max_staleness": 0,
    } | more


def redis_stats(cache: CacheManager) -> TierStats:
    return next(stats for stats in cache.get_stats() if stats.tier == "redis")


@pytest.mark.parametrize("tiers", OUTER)
def test_a_stopped_redis_costs_nobody_an_error(make: Make, server: Server, tiers: str) -> None:
    cache = make(tiers, **on(server))
    cache.set("before", 1)
    server.stop()
    assert cache.get("before") in (1, None)
    cache.set("during", [2])
    assert cache.get("during") in ([2], None)
    assert cache.get_or_set("computed", lambda: [3]) == [3]
    assert cache.get_many(["before", "during"]) is not None
    assert cache.invalidate_pattern("nothing*") == 0
    cache.delete("before")
    assert cache.get("before") is None
    assert redis_stats(cache).reason


def test_the_next_tier_answers_for_a_stopped_redis(make: Make, server: Server) -> None:
    cache, neighbour = make("memory+file+redis", **on(server)), make("file+redis", **on(server))
    cache.set("before", 1)
    server.stop()
    cache.set("during", 2, tags=["t"])
    assert neighbour.get_many(["before", "during"]) == {"before": 1, "during": 2}
    cache.invalidate_tag("t")
    assert neighbour.get_many(["before", "during"]) == {"before": 1}


@pytest.mark.parametrize("tiers", OUTER)
def test_redis_is_used_again_when_it_is_back(make: Make, server: Server, tiers: str) -> None:
    cache = make(tiers, **on(server))
    server.stop()
    cache.set("during", 1)
    server.start()
    until(lambda: not redis_stats(cache).reason)
    assert cache.set("after", 2)
    assert make("redis", **on(server)).get("after") == 2


@pytest.mark.parametrize("tiers", OUTER)
def test_what_changed_while_redis_was_frozen_is_never_answered_from_it(make: Make, server: Server, tiers: str) -> None:
    make("redis", **on(server)).set_many({"changed": "old", "deleted": "old", "kept": "old"})
    make("redis", **on(server)).set("tagged", "old", tags=["t"])
    cache = make(tiers, **on(server, redis_timeout=0.3))
    with server.frozen():
        cache.set("changed", "new")
        cache.delete("deleted")
        cache.invalidate_tag("t")
    until(lambda: not redis_stats(cache).reason)
    for other in (cache, make("redis", **on(server))):
        assert other.get("deleted") is None
        assert other.get("changed", "new") == "new"
        assert other.get("tagged") is None
    until(lambda: make("redis", **on(server)).get("kept") == "old")


def test_a_frozen_redis_is_waited_for_once(make: Make, server: Server) -> None:
    make("redis", **on(server)).set("key", "value")
    cache = make("memory+redis", **on(server, redis_timeout=0.3))
    with server.frozen():
        for _ in range(200):
            assert cache.get("key", "fallback") == "fallback"
        assert redis_stats(cache).errors == 1
    until(lambda: cache.get("key") == "value")


@pytest.mark.parametrize("tiers", OUTER)
def test_an_emptied_redis_makes_misses(make: Make, server: Server, tiers: str) -> None:
    cache = make(tiers, **on(server))
    cache.set("plain", 1)
    cache.set("tagged", 2, tags=["t"])
    server.empty()
    assert cache.get_many(["plain", "tagged"]) == {}
    assert cache.get("tagged") is None
    cache.set("tagged", 3, tags=["t"])
    assert cache.get("tagged") == 3


@pytest.mark.parametrize("tiers", OUTER)
def test_a_full_redis_still_answers_and_holds_nothing_that_is_over(make: Make, server: Server, tiers: str) -> None:
    cache, reader = make(tiers, **on(server)), make("redis", **on(server))
    cache.set_many({"kept": 1, "changed": "old"})
    with server.full():
        cache.set("changed", "new")
        assert cache.get("kept") == 1
        assert reader.get("kept") == 1
        assert reader.get("changed") is None
        assert cache.get("changed") == (None if tiers == "redis" else "new")
        assert not redis_stats(cache).reason
    assert cache.set("changed", "newer")
    assert reader.get("changed") == "newer"


def test_a_connection_that_the_server_closed_is_opened_again(make: Make, server: Server) -> None:
    cache = make("redis", **on(server))
    cache.set("key", 1)
    with server.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert cache.get("key") == 1


def test_a_wrong_password_is_a_reason_and_no_error(make: Make, server: Server) -> None:
    cache = make("memory+redis", **on(server, redis_password="wrong"))
    assert cache.set("key", 1)
    assert cache.get("key") == 1
    assert "AuthenticationError" in redis_stats(cache).reason


@pytest.mark.parametrize("tiers", OUTER)
def test_who_computes_or_adds_waits_for_no_lock_that_a_full_redis_cannot_give(
    make: Make, server: Server, clock: Clock, tiers: str
) -> None:
    cache = make(tiers, **on(server))
    with server.full(), clock.counting_pauses() as pauses:
        assert cache.get_or_set("computed", lambda: [3]) == [3]
        cache.add("added", 1)
    assert pauses == []


def forget_all(cache: CacheManager) -> None:
    cache.clear()


def forget_pattern(cache: CacheManager) -> None:
    cache.invalidate_pattern("area*")


def forget_version(cache: CacheManager) -> None:
    cache.invalidate_version(2)


@pytest.mark.parametrize("forget", [forget_all, forget_pattern, forget_version])
@pytest.mark.parametrize("tiers", ["redis", "memory+file+redis"])
def test_what_was_forgotten_while_redis_was_away_does_not_return_with_it(
    make: Make, server: Server, tiers: str, forget: Callable[[CacheManager], None]
) -> None:
    make("redis", **on(server)).set("area", "old", version=2)
    cache = make(tiers, **on(server, redis_timeout=0.3))
    with server.frozen():
        forget(cache)
        assert cache.left_out() == ("redis",)
    until(lambda: cache.left_out() == ())
    assert cache.get("area", version=2) is None
    assert make("redis", **on(server)).get("area", version=2) is None


def test_a_process_that_idles_pays_its_debts(make: Make, server: Server) -> None:
    make("redis", **on(server)).set("key", "old")
    cache, other = make("redis", **on(server, redis_timeout=0.3)), make("redis", **on(server))
    with server.frozen():
        cache.delete("key")
    until(lambda: other.get("key") is None)


def test_what_was_seen_deleted_does_not_return_when_redis_goes(make: Make, server: Server) -> None:
    one, other = make("memory+file+redis", **on(server)), make("redis", **on(server))
    names = ["got", "got with others", "tagged"]
    for name in names:
        one.set(name, "old", tags=["t"] if name == "tagged" else [])
        assert one.get(name) == "old"
    other.delete_many(names[:2])
    other.invalidate_tag("t")
    assert one.get("got") is None
    assert one.get("tagged") is None
    assert one.get_many(["got with others"]) == {}
    server.stop()
    assert one.get_many(names) == {}
    assert make("memory+file+redis", **on(server)).get_many(names) == {}


def test_a_value_that_nothing_keeps_is_said(make: Make, server: Server) -> None:
    cache = make("redis", **on(server))
    server.stop()
    assert not cache.set("key", 1)
    assert not cache.add("key", 1)


@pytest.mark.parametrize("tiers", OUTER)
def test_what_is_no_text_under_one_name_is_a_miss_of_that_name_only(make: Make, server: Server, tiers: str) -> None:
    cache = make(tiers, **on(server))
    with server.client() as client:
        client.lpush(f"{cache.config.prefix}foreign", "a list of another program")
    cache.set("other", 1)
    assert cache.get("foreign") is None
    assert cache.get_many(["foreign", "other"]) == {"other": 1}
    assert redis_stats(cache).errors == 0
    assert cache.set("foreign", 2)
    assert make("redis", **on(server)).get("foreign") == 2


def test_an_answer_that_came_too_late_is_nobodys(make: Make, server: Server) -> None:
    cache = make("redis", **on(server, redis_timeout=0.3))
    cache.set_many({"one": 1, "two": 2})
    with server.frozen():
        assert cache.get("one") is None
    until(lambda: not redis_stats(cache).reason)
    assert cache.get_many(["two"]) == {"two": 2}
    assert cache.get("two") == 2


def test_a_clear_leaves_no_name_of_the_prefix(make: Make, server: Server) -> None:
    cache = make("redis", **on(server))
    cache.set("key", 1)
    with server.client() as client:
        client.set(cache.config.prefix.encode() + b"\xff", "no text")
        client.set("of another program", "kept")
        assert cache.clear() == 1
        assert client.keys() == [b"of another program"]
