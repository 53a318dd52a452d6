"""What every combination of tiers does."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from caching import CacheManager
from tests.caching.conftest import Clock, Make

FRAME = pd.DataFrame({"sa2": np.arange(4000), "state": ["NSW", "VIC"] * 2000, "rate": np.linspace(0, 1, 4000)})


def test_what_was_set_is_got(cache: CacheManager) -> None:
    assert cache.set("key", {"a": [1, 2]}, ttl=60)
    assert cache.get("key") == {"a": [1, 2]}


def test_what_was_not_set_is_the_default(cache: CacheManager) -> None:
    assert cache.get("missing") is None
    assert cache.get("missing", 7) == 7


def test_none_and_false_are_values(cache: CacheManager) -> None:
    cache.set("none", None)
    cache.set("zero", 0)
    assert cache.get("none", "default") is None
    assert cache.get("zero", "default") == 0
    assert cache.exists("none")


def test_a_value_ends_with_its_ttl(cache: CacheManager, clock: Clock) -> None:
    cache.set("key", 1, ttl=60)
    clock.seconds += 59
    assert cache.get("key") == 1
    clock.seconds += 2
    assert cache.get("key") is None


def test_a_value_may_be_kept_for_ever(cache: CacheManager) -> None:
    cache.set("key", 1, ttl=math.inf)
    assert cache.get("key") == 1


def test_a_ttl_of_zero_keeps_nothing_and_ends_what_was_there(cache: CacheManager) -> None:
    cache.set("key", 1)
    assert not cache.set("key", 2, ttl=0)
    assert not cache.exists("key")


def test_a_deleted_value_is_gone(cache: CacheManager) -> None:
    cache.set("key", 1)
    assert cache.delete("key")
    assert not cache.exists("key")
    assert not cache.delete("key")


def test_setting_again_replaces(cache: CacheManager) -> None:
    cache.set("key", 1)
    cache.set("key", 2)
    assert cache.get("key") == 2


def test_clear_leaves_nothing(cache: CacheManager, clock: Clock) -> None:
    cache.set_many({"a": 1, "b": 2}, tags=["t"])
    cache.set("untagged", 3)
    assert cache.clear() == 3
    assert cache.get_many(["a", "b", "untagged"]) == {}
    assert cache.get("untagged") is None
    cache.set("a", 4, tags=["t"])
    clock.seconds += 10
    assert cache.get("a") == 4


def test_clear_finds_long_keys_and_values_of_many_arrays(cache: CacheManager) -> None:
    cache.set("SELECT " + "x" * 5000, 1)
    cache.set("arrays", [np.zeros(2) for _ in range(240)])
    cache.set("more arrays", [np.zeros(2) for _ in range(600)])
    assert cache.clear() == 3
    assert cache.keys() == []
    assert all(not stats.entries and not stats.reason for stats in cache.get_stats())


def test_many_at_once(cache: CacheManager) -> None:
    assert cache.set_many({"a": 1, "b": None, "c": [3]}) == []
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": None, "c": [3]}


def test_many_of_one_version(cache: CacheManager) -> None:
    cache.set_many({"a": 1, "b": 2}, version=2)
    assert cache.get_many(["a", "b"], version=2) == {"a": 1, "b": 2}
    assert cache.get_many(["a", "b"]) == {}


def test_a_stale_value_is_given_by_get_or_set_alone(cache: CacheManager, clock: Clock) -> None:
    cache.get_or_set("key", lambda: "old", 100, stale=50)
    clock.seconds += 110
    assert cache.get("key") is None
    assert cache.get_many(["key"]) == {}
    assert not cache.exists("key")


def test_a_change_and_new_time_leave_the_stale_time(cache: CacheManager, clock: Clock) -> None:
    cache.get_or_set("changed", lambda: 1, 100, stale=50)
    cache.get_or_set("touched", lambda: 1, 10, stale=50)
    cache.change("changed", lambda number: number + 1)
    cache.touch("touched", 100)
    clock.seconds += 110
    for key in ("changed", "touched"):
        held = cache.find(key)
        assert held is not None
        assert held.fresh_until < clock.monotonic() < held.kept_until


def test_a_value_is_computed_once(cache: CacheManager) -> None:
    computed: list[int] = []

    def compute() -> None:
        computed.append(1)

    assert cache.get_or_set("key", compute) is None
    assert cache.get_or_set("key", compute) is None
    assert computed == [1]


def test_what_computing_raises_is_raised_and_not_kept(cache: CacheManager) -> None:
    def fail() -> None:
        raise LookupError("no such area")

    with pytest.raises(LookupError, match="no such area"):
        cache.get_or_set("key", fail)
    assert cache.get_or_set("key", lambda: 1) == 1


def test_a_pattern_deletes_what_matches(cache: CacheManager) -> None:
    cache.set_many({"sa2:101": 1, "sa2:102": 2, "sa3:[1]": 3, "sa3:1": 4})
    assert cache.invalidate_pattern("sa2:*") == 2
    assert cache.invalidate_pattern("sa3:[[]1]") == 1
    assert cache.get_many(["sa2:101", "sa2:102", "sa3:[1]", "sa3:1"]) == {"sa3:1": 4}


def test_a_tag_invalidates_what_carries_it(cache: CacheManager) -> None:
    cache.set("a", 1, tags=["states", "years"])
    cache.set("b", 2, tags=["years"])
    cache.set("c", 3)
    assert cache.invalidate_tag("states")
    assert cache.get_many(["a", "b", "c"]) == {"b": 2, "c": 3}
    cache.set("a", 4, tags=["states"])
    assert cache.get("a") == 4


def test_versions_of_a_key_are_apart(cache: CacheManager) -> None:
    cache.set("key", "plain")
    cache.set("key", "second", version=2)
    assert cache.get("key") == "plain"
    assert cache.get("key", version=2) == "second"
    assert cache.invalidate_version(2) == 1
    assert cache.get("key", version=2) is None
    assert cache.get("key") == "plain"


def test_what_is_got_can_be_changed_without_changing_the_cache(cache: CacheManager) -> None:
    cache.set("list", [[1]])
    cache.get("list")[0].append(2)
    assert cache.get("list") == [[1]]


def test_what_was_set_can_be_changed_without_changing_the_cache(cache: CacheManager) -> None:
    value = [[1]]
    cache.set("list", value)
    value[0].append(2)
    assert cache.get("list") == [[1]]


def test_a_frame_can_be_changed_without_changing_the_cache(cache: CacheManager) -> None:
    mine = FRAME.copy()
    cache.set("frame", mine)
    mine.loc[0, "rate"] = -1
    for _ in range(2):
        got = cache.get("frame")
        got.iloc[0, 0] = 99
        got["new"] = 1
        got.index.name = "changed"
    pd.testing.assert_frame_equal(cache.get("frame"), FRAME)


def test_an_array_can_be_changed_without_changing_the_cache(cache: CacheManager) -> None:
    mine = np.arange(5000.0)
    cache.set("array", mine)
    mine[0] = -1
    cache.get("array")[1] = -1
    assert cache.get("array").tolist() == list(range(5000))


def test_without_copies_callers_share(cache: CacheManager) -> None:
    cache.set("list", [1])
    assert cache.get("list", copy=False) == [1]
    if cache.config.max_memory_mb:
        assert cache.get("list", copy=False) is cache.get("list", copy=False)


def test_a_value_that_cannot_be_pickled_is_not_kept_and_what_was_there_is_gone(cache: CacheManager) -> None:
    cache.set("key", 1)
    assert not cache.set("key", lambda: 1)
    assert not cache.exists("key")


def test_keys_are_text(cache: CacheManager) -> None:
    with pytest.raises(TypeError, match="a key is text, not int"):
        cache.get(1)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("key", ["a\x1fv2", "\x1ftag\x1ft", "a\x1f"])
def test_a_key_cannot_be_taken_for_a_version_of_another(cache: CacheManager, key: str) -> None:
    cache.set("a", "second", version=2)
    uses: list[Callable[[], object]] = [
        lambda: cache.get(key),
        lambda: cache.get(key, version=2),
        lambda: cache.set(key, 1),
        lambda: cache.add(key, 1),
        lambda: cache.change(key, str),
        lambda: cache.touch(key),
        lambda: cache.get_many([key]),
        lambda: cache.set_many({key: 1}),
        lambda: cache.get_or_set(key, lambda: 1),
        lambda: cache.exists(key),
        lambda: cache.delete(key),
    ]
    for use in uses:
        with pytest.raises(ValueError, match="leave it out of the key"):
            use()
    assert cache.get("a", version=2) == "second"


@pytest.mark.parametrize("key", ["", "a b", "../../etc/passwd", "ключ", "x" * 5000, "a\nb", "*", "\udcff"])
def test_any_text_is_a_key(cache: CacheManager, key: str) -> None:
    cache.set(key, 1)
    assert cache.get(key) == 1
    assert cache.keys() == [key]
    assert cache.delete(key)


def test_look_ups_are_counted(cache: CacheManager) -> None:
    cache.set("key", "value")
    cache.get("key")
    cache.get("missing")
    first = next(stats for stats in cache.get_stats() if stats.limit_bytes or stats.entries)
    assert first.hits >= 1
    assert first.misses >= 1
    assert first.entries >= 1
    assert first.size_bytes > 0


def test_every_tier_says_how_long_reading_and_writing_took(make: Make) -> None:
    for tier in ("memory", "file", "redis"):
        cache = make(tier)
        for _ in range(64):  # memory times one look-up of as many
            cache.set("key", "value")
            cache.get("key")
        figures = next(stats for stats in cache.get_stats() if stats.tier == tier)
        assert figures.read_seconds is not None, tier
        assert figures.write_seconds is not None, tier
        assert figures.writes >= 64, tier


@pytest.mark.parametrize("size_mb", [0, 1])
def test_a_value_that_does_not_fit_is_said_not_to_be_kept(make: Make, size_mb: int) -> None:
    cache, large = make("memory", max_memory_mb=size_mb), "x" * 2**21
    assert not cache.set("key", large)
    assert not cache.add("key", large)
    assert cache.set_many({"key": large}) == ["key"]
    assert cache.get("key") is None
    assert cache.get_or_set("key", lambda: large) == large


def test_a_value_too_large_for_memory_is_kept_by_the_next_tier(make: Make) -> None:
    cache, large = make("memory+file", max_memory_mb=1), "x" * 2**21
    assert cache.set("key", large)
    assert cache.get("key") == large
