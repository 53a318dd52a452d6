"""Coroutines compute as functions do, and hold up neither the loop nor its threads."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from caching import CacheManager, cached, coroutines
from caching.computing import Look, Wanted
from caching.held import Held
from caching.names import INTERNAL
from tests.caching.conftest import Clock, Make

LOCK = f"{INTERNAL}lock{INTERNAL}key"


@pytest.fixture
def cache(make: Make) -> CacheManager:
    return make("memory+file")


def wanted(early: float = 0, stale: float = 0) -> Wanted:
    return Wanted("key", 100, (), early, stale, copy=True)


def ask(cache: CacheManager, compute: Callable[[], Awaitable[Any]], wanted: Wanted) -> Any:
    return asyncio.run(coroutines.get_or_set(cache, wanted, compute))


async def fail() -> None:
    raise LookupError("no such area")


def test_an_early_renewal_that_fails_leaves_what_there_is(cache: CacheManager, clock: Clock) -> None:
    cache.set("key", "old", 100)
    clock.seconds += 90
    assert ask(cache, fail, wanted(early=20)) == "old"
    clock.seconds += 20
    with pytest.raises(LookupError, match="no such area"):
        ask(cache, fail, wanted(early=20))


def test_others_get_the_stale_value_while_one_computes(cache: CacheManager, clock: Clock) -> None:
    cache.get_or_set("key", lambda: "old", 100, stale=50)
    clock.seconds += 110

    async def main() -> tuple[str, str]:
        computes, may_end = asyncio.Event(), asyncio.Event()

        async def compute() -> str:
            computes.set()
            await may_end.wait()
            return "new"

        first = asyncio.create_task(coroutines.get_or_set(cache, wanted(stale=50), compute))
        await computes.wait()
        seen = await coroutines.get_or_set(cache, wanted(stale=50), compute)
        may_end.set()
        return await first, seen

    assert asyncio.run(main()) == ("new", "old")


def test_a_coroutine_may_ask_for_itself(cache: CacheManager) -> None:
    @cached(key=lambda number: "always", manager=cache)
    async def recursive(number: int) -> int:
        return await recursive(number - 1) + 1 if number else 0

    assert asyncio.run(recursive(3)) == 3  # type: ignore[arg-type]  # it is a coroutine


def test_many_that_wait_for_another_process_take_up_no_thread(make: Make) -> None:
    """More wait than the loop has threads; what ends their waiting needs one."""
    cache, other = make("file", compute_lease=3600), make("file")
    count = 200

    async def main() -> list[Any]:
        for number in range(count):
            assert other.shared.lock(f"key {number}", b"12345678", 3600)
        asked = [
            asyncio.create_task(coroutines.get_or_set(cache, Wanted(f"key {number}", 100, (), 0, 0, copy=True), fail))
            for number in range(count)
        ]
        for number in range(count):
            await asyncio.to_thread(other.set, f"key {number}", number)
        return await asyncio.gather(*asked)

    assert asyncio.run(main()) == list(range(count))


def test_one_that_is_cancelled_while_it_takes_the_lock_leaves_it_free(cache: CacheManager) -> None:
    looks, may_end = threading.Event(), threading.Event()
    look = cache.computing.look

    def slow(wanted: Wanted, token: bytes, before: Held | None) -> Look:
        looks.set()
        assert may_end.wait(60)
        return look(wanted, token, before)

    cache.computing.look = slow  # type: ignore[method-assign]  # a tier that takes its time

    async def main() -> None:
        asked = asyncio.create_task(coroutines.get_or_set(cache, wanted(), fail))
        await asyncio.to_thread(looks.wait, 60)
        asked.cancel()
        await asyncio.sleep(0)
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(main())
    assert cache.shared.stamp_now(LOCK) is None
