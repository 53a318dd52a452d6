"""Changes of one key, one after the other; and changes within changes, which wait for nobody."""

import threading
from collections.abc import Callable

import pytest

from caching import CacheManager, exclusive
from tests.caching.conftest import Make

LONGEST_SECONDS = 60


@pytest.fixture
def cache(make: Make) -> CacheManager:
    return make("memory+file")


def ends(work: Callable[[], object]) -> bool:
    """Whether it does; a thread that hangs does not hold up the tests."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LONGEST_SECONDS)
    return not thread.is_alive()


def test_a_change_may_change_other_keys(cache: CacheManager) -> None:
    keys = [str(number) for number in range(100)]
    cache.set_many(dict.fromkeys(keys, 0))

    def change(left: list[str]) -> None:
        def changed(number: int) -> int:
            change(left[1:])
            return number + 1

        if left:
            cache.change(left[0], changed)

    assert ends(lambda: change(keys))
    assert set(cache.get_many(keys).values()) == {1}


def test_a_change_may_use_its_own_key(cache: CacheManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive, "LEASE_SECONDS", 3600)
    cache.set("n", 1)

    def changed(number: int) -> int:
        cache.touch("n")
        cache.change("n", lambda inner: inner + 5)
        return number + 1

    assert ends(lambda: cache.change("n", changed))
    assert cache.get("n") == 2


def test_two_that_wait_for_each_other_go_on(cache: CacheManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive, "LEASE_SECONDS", 0.2)
    cache.set_many({"a": 1, "b": 1})
    both_hold = threading.Barrier(2)

    def crosswise(mine: str, other: str) -> None:
        def changed(number: int) -> int:
            both_hold.wait(LONGEST_SECONDS)
            cache.touch(other)
            return number + 1

        cache.change(mine, changed)

    second = threading.Thread(target=crosswise, args=("b", "a"), daemon=True)
    second.start()
    assert ends(lambda: crosswise("a", "b"))
    second.join(LONGEST_SECONDS)
    assert not second.is_alive()
    assert 2 in cache.get_many(["a", "b"]).values()  # of the other, the touch may have been the later to write
