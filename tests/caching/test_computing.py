"""One caller computes; others wait, or take what there is."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from caching import CacheManager
from tests.caching.conftest import Clock, Make
from tests.caching.faults import until


@pytest.fixture
def cache(make: Make) -> CacheManager:
    return make("memory+file")


def meanwhile(ask: Callable[[Callable[[], str]], str], other: Callable[[], str]) -> tuple[str, str]:
    """What ``ask`` gives whoever computes, and what ``other`` gives while that goes on."""
    computes, may_end = threading.Event(), threading.Event()

    def compute() -> str:
        computes.set()
        assert may_end.wait(60)
        return "new"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, compute)
        assert computes.wait(60)
        try:
            seen = other()
        finally:
            may_end.set()
        return first.result(60), seen


def test_near_the_end_one_renews_while_others_get_what_there_is(cache: CacheManager, clock: Clock) -> None:
    def ask(compute: Callable[[], str]) -> str:
        return str(cache.get_or_set("key", compute, 100, early=20))

    assert ask(lambda: "old") == "old"
    clock.seconds += 70
    assert ask(lambda: "too soon") == "old"
    clock.seconds += 20
    assert meanwhile(ask, lambda: ask(lambda: "never")) == ("new", "old")
    assert cache.get("key") == "new"


def test_a_renewal_that_fails_leaves_what_there_is(cache: CacheManager, clock: Clock) -> None:
    cache.get_or_set("key", lambda: "old", 100)
    clock.seconds += 90

    def fail() -> str:
        raise LookupError

    assert cache.get_or_set("key", fail, 100, early=20) == "old"


def test_after_the_end_others_take_the_stale_value_while_one_computes(cache: CacheManager, clock: Clock) -> None:
    def ask(compute: Callable[[], str]) -> str:
        return str(cache.get_or_set("key", compute, 100, stale=50))

    assert ask(lambda: "old") == "old"
    clock.seconds += 110
    assert cache.get("key", "over") == "over"
    assert meanwhile(ask, lambda: ask(lambda: "never")) == ("new", "old")


def test_what_is_too_stale_is_waited_for(cache: CacheManager, clock: Clock) -> None:
    cache.get_or_set("key", lambda: "old", 100, stale=50)
    clock.seconds += 160
    assert cache.get_or_set("key", lambda: "new", 100, stale=50) == "new"


def test_another_process_takes_the_stale_value_while_one_computes(make: Make, clock: Clock) -> None:
    one, other = make("file"), make("file")
    one.get_or_set("key", lambda: "old", 100, stale=50)
    clock.seconds += 110
    given = meanwhile(
        lambda compute: str(one.get_or_set("key", compute, 100, stale=50)),
        lambda: str(other.get_or_set("key", lambda: "never", 100, stale=50)),
    )
    assert given == ("new", "old")


def test_another_process_waits_for_the_one_that_computes(make: Make) -> None:
    one, other = make("file"), make("file")
    with ThreadPoolExecutor(1) as pool:
        waits: list[object] = []

        def compute() -> str:
            waits.append(pool.submit(other.get_or_set, "key", lambda: "never"))
            return "new"

        assert one.get_or_set("key", compute) == "new"
        assert waits[0].result(60) == "new"  # type: ignore[attr-defined]  # a future


def test_a_value_that_was_deleted_or_invalidated_while_it_was_computed_is_not_kept(cache: CacheManager) -> None:
    def deleted() -> str:
        cache.delete("deleted")
        return "old"

    def invalidated() -> str:
        cache.invalidate_tag("t")
        return "old"

    assert cache.get_or_set("deleted", deleted) == "old"
    assert cache.get_or_set("tagged", invalidated, tags=["t"]) == "old"
    assert cache.get_many(["deleted", "tagged"]) == {}


def test_those_who_wait_get_their_own_copies(make: Make) -> None:
    cache = make("file")
    computes, may_end = threading.Event(), threading.Event()

    def compute() -> list[int]:
        computes.set()
        assert may_end.wait(60)
        return [1]

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(cache.get_or_set, "key", compute) for _ in range(4)]
        assert computes.wait(60)
        until(lambda: cache.computing.flights.waiters("key") == 3)
        may_end.set()
        given = [one.result(60) for one in asked]
    assert given == [[1]] * 4
    assert len({id(one) for one in given}) == 4


def test_what_computing_raises_reaches_those_who_wait(cache: CacheManager) -> None:
    computes, may_end = threading.Event(), threading.Event()

    def fail() -> None:
        computes.set()
        assert may_end.wait(60)
        raise LookupError("no such area")

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(cache.get_or_set, "key", fail) for _ in range(2)]
        assert computes.wait(60)
        until(lambda: cache.computing.flights.waiters("key") == 1)
        may_end.set()
        for one in asked:
            with pytest.raises(LookupError, match="no such area"):
                one.result(60)
