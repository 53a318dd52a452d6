from prometheus_client import REGISTRY

from monitoring.measured_caches import LocMemCache


def count(what: str) -> float:
    return REGISTRY.get_sample_value(f"django_cache_get_{what}total", {"backend": "locmem"}) or 0.0


def test_look_ups_hits_and_misses_are_counted_as_django_prometheus_counts_them() -> None:
    before = [count(what) for what in ("", "hits_", "misses_")]
    cache = LocMemCache("counted", {})
    cache.set("there", 1)
    for key in ("there", "there", "away"):
        cache.get(key)
    assert [count(what) - was for what, was in zip(("", "hits_", "misses_"), before, strict=True)] == [3, 2, 1]


def test_what_is_cached_is_given_back_though_it_is_nothing() -> None:
    cache = LocMemCache("nothing", {})
    cache.set_many({"zero": 0, "none": None})
    assert cache.get("zero", 5) == 0
    assert cache.get("none", 5) is None
    assert cache.get("away", 5) == 5
