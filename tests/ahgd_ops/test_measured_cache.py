from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ahgd_ops.measured_cache import MeasuredCache


@pytest.fixture
def cache(tmp_path: Path) -> MeasuredCache:
    return MeasuredCache(str(tmp_path), {})


def counts() -> list[float]:
    names = [f"django_cache_get_{what}total" for what in ("", "hits_", "misses_")]
    return [REGISTRY.get_sample_value(name, {"backend": "tiered"}) or 0.0 for name in names]


def test_look_ups_hits_and_misses_are_counted_as_django_prometheus_counts_them(cache: MeasuredCache) -> None:
    before = counts()
    cache.set("there", 1)
    for key in ("there", "there", "away"):
        cache.get(key)
    cache.get_many(["there", "away", "gone"])
    assert [after - was for after, was in zip(counts(), before, strict=True)] == [6, 3, 3]


def test_what_is_cached_is_given_back_though_it_is_nothing(cache: MeasuredCache) -> None:
    cache.set_many({"zero": 0, "none": None})
    assert cache.get("zero", 5) == 0
    assert cache.get("none", 5) is None
    assert cache.get("away", 5) == 5
