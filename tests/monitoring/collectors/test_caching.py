from dataclasses import replace

import pytest

from caching import CacheConfig, CacheManager
from caching.stats import TierStats
from monitoring.catalogue import find
from monitoring.collectors.caching import CacheSampler
from monitoring.collectors.pace import Pace

MEMORY = TierStats("memory", 0, 0, 0, 0, entries=3, size_bytes=300, limit_bytes=1000)
Told = dict[str, float]


class Tiers:
    """What the process's tiers say; tests change it."""

    def __init__(self, *tiers: TierStats) -> None:
        self.tiers = tiers

    def __call__(self) -> tuple[TierStats, ...]:
        return self.tiers


@pytest.fixture
def tiers() -> Tiers:
    return Tiers(MEMORY)


@pytest.fixture
def sampler(tiers: Tiers) -> CacheSampler:
    return CacheSampler("web-1", "host-a", Pace(0), tiers)


def told(sampler: CacheSampler, at_ms: int) -> Told:
    return {sample.key.name: sample.value for sample in sampler(at_ms)}


def test_a_hit_ratio_is_of_the_look_ups_since_the_last_reading(tiers: Tiers, sampler: CacheSampler) -> None:
    tiers.tiers = (replace(MEMORY, hits=9, misses=1),)
    assert told(sampler, 0)["cache_hit_ratio"] == 0.9
    tiers.tiers = (replace(MEMORY, hits=10, misses=4),)
    assert told(sampler, 10_000)["cache_hit_ratio"] == 0.25


def test_without_look_ups_there_is_no_hit_ratio(sampler: CacheSampler) -> None:
    assert "cache_hit_ratio" not in told(sampler, 0)


def test_counts_are_told_as_their_increase(tiers: Tiers, sampler: CacheSampler) -> None:
    tiers.tiers = (replace(MEMORY, hits=9, misses=1, evictions=2, errors=1),)
    told(sampler, 0)
    tiers.tiers = (replace(MEMORY, hits=12, misses=2, evictions=2, errors=3),)
    counts = told(sampler, 10_000)
    assert [counts[f"cache_{what}_total"] for what in ("hits", "misses", "evictions", "errors")] == [3, 1, 0, 2]


def test_it_answers_at_its_pace(tiers: Tiers) -> None:
    sampler = CacheSampler("web-1", "host-a", Pace(3600), tiers)
    assert [bool(told(sampler, at_ms)) for at_ms in (0, 5000)] == [True, False]


def test_what_a_shared_tier_holds_carries_no_process_and_a_tier_that_is_left_out_tells_no_size(tiers: Tiers) -> None:
    tiers.tiers = (MEMORY, replace(MEMORY, tier="file"), replace(MEMORY, tier="redis", is_available=False))
    sizes = [
        one.key.tags for one in CacheSampler("web-1", "host-a", Pace(0), tiers)(0) if one.key.name == "cache_entries"
    ]
    assert [dict(tags) for tags in sizes] == [
        {"instance": "host-a", "process": "web-1", "tier": "memory"},
        {"instance": "host-a", "tier": "file"},
    ]


def test_what_a_real_manager_says_is_declared() -> None:
    manager = CacheManager(CacheConfig(file_cache_enabled=False, redis_enabled=False))
    manager.set("there", 1)
    for key in ("there", "away"):
        manager.get(key)
    samples = list(CacheSampler("web-1", "host-a", Pace(0), manager.get_stats)(0))
    assert {sample.key.name for sample in samples} >= {"cache_hit_ratio", "cache_hits_total", "cache_entries"}
    for sample in samples:
        declared = find(sample.key.name)
        assert declared is not None
        assert {key for key, _ in sample.key.tags} >= {"instance", "tier"}
    (ratio,) = [one for one in samples if one.key.name == "cache_hit_ratio" and ("tier", "memory") in one.key.tags]
    assert ratio.value == 0.5
