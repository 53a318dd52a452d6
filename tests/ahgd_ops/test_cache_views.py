"""The cache's page, and its invalidation."""

import re

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ahgd_ops import cache_page
from caching import CacheConfig, CacheManager, process
from tests.caching.conftest import Make, make
from tests.monitoring.readings import record

__all__ = ["make"]

pytestmark = pytest.mark.django_db
PAGE, INVALIDATE = "/ops/cache/", "/ops/cache/invalidate/"


@pytest.fixture
def cache(make: Make, monkeypatch: pytest.MonkeyPatch) -> CacheManager:
    manager = make("memory+file")
    monkeypatch.setattr(process, "_manager", manager)
    return manager


def text(client: Client) -> str:
    page = client.get(PAGE)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()).replace("&nbsp;", " "))


def test_the_page_says_what_each_tier_does(viewer: Client, cache: CacheManager) -> None:
    cache.set("key", "value")
    now = timezone.now()
    for tier, hits, misses in (("memory", 30.0, 10.0), ("file", 1.0, 9.0)):
        record("cache_hits_total", {now: hits}, tier=tier, process="web-1")
        record("cache_misses_total", {now: misses}, tier=tier, process="web-1")
    record("cache_misses_total", {now: 20.0}, tier="memory", process="worker-1")
    page = text(viewer)
    assert "Memory Working 50.0 %" in page
    assert "File Working 10.0 %" in page
    assert "of 64.0 MB" in page
    assert "Redis Off Set AHGD_REDIS_ENABLED=true to use it" in page


def test_the_page_counts_what_left_and_what_failed_and_times_both_ways(viewer: Client, cache: CacheManager) -> None:
    for _ in range(64):  # memory times one look-up of as many
        cache.set("key", "value")
        cache.get("key")
    now = timezone.now()
    record("cache_evictions_total", {now: 4711.0}, tier="file", process="web-1")
    record("cache_errors_total", {now: 42.0}, tier="file", process="worker-1")
    page = text(viewer)
    assert re.search(r"Memory Working no look-ups [\d.,]+ µs [\d.,]+ µs", page)
    assert re.search(r"File Working no look-ups \S [\d.,]+ µs .* 4,711 42 Redis", page)


def test_without_look_ups_there_is_no_hit_rate(viewer: Client, cache: CacheManager) -> None:
    assert "Memory Working no look-ups" in text(viewer)


def test_memory_is_summed_over_processes(viewer: Client, cache: CacheManager) -> None:
    now = timezone.now()
    for name in ("web-1", "worker-1"):
        record("cache_entries", {now: 21.0}, tier="memory", process=name)
        record("cache_size_bytes", {now: 2.0**20}, tier="memory", process=name)
    assert "42 2.0 MB" in text(viewer)


def test_what_several_hosts_say_of_one_redis_is_not_summed(
    viewer: Client, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make("redis")
    monkeypatch.setattr(process, "_manager", manager)
    manager.set("key", "value")
    (redis,) = (tier for tier in manager.get_stats() if tier.tier == "redis")
    for host in ("host-a", "host-b"):
        record("cache_entries", {timezone.now(): float(redis.entries)}, tier="redis", instance=host)
        record("cache_size_bytes", {timezone.now(): float(redis.size_bytes)}, tier="redis", instance=host)
    (row,) = (row for row in cache_page.rows(timezone.now()) if row.name == "redis")
    assert redis.entries >= 1
    assert row.entries == redis.entries
    assert "Redis Working" in text(viewer)


def test_a_tier_that_is_left_out_says_why(viewer: Client, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = make("memory+redis", redis_port=1, redis_host="127.0.0.1")
    monkeypatch.setattr(process, "_manager", manager)
    manager.set("key", 1)
    assert "Left out, asked again in the background" in text(viewer)
    assert "state, reading and writing: this web process" in text(viewer)
    assert "Connection refused" in text(viewer)


def test_a_cache_that_is_switched_off_says_how_to_switch_it_on(viewer: Client, settings: Settings) -> None:
    settings.CACHE_CONFIG = CacheConfig(enabled=False)
    assert "AHGD_CACHING=true" in text(viewer)


def test_a_pattern_is_shown_before_it_is_invalidated(operator: Client, cache: CacheManager) -> None:
    cache.set_many({"sa2:1": 1, "sa2:2": 2, "other": 3})
    answer = operator.post(INVALIDATE, {"kind": "pattern", "name": "sa2:*"})
    assert "<strong>2</strong> entries will be deleted" in answer.content.decode()
    assert "sa2:2" in answer.content.decode()
    assert cache.get("sa2:1") == 1


def test_confirmed_it_is_done_and_audited(operator: Client, cache: CacheManager) -> None:
    cache.set_many({"sa2:1": 1, "other": 3})
    answer = operator.post(INVALIDATE, {"kind": "pattern", "name": "sa2:*", "confirmed": "true"}, follow=True)
    assert "1 entry deleted." in answer.content.decode()
    assert cache.keys() == ["other"]
    entry = LogEntry.objects.latest("id")
    assert entry.actor.username == "operator"
    assert (entry.object_repr, entry.additional_data) == ("pattern sa2:*", {"action": "invalidated"})
    assert "operator invalidated cache pattern sa2:*" in re.sub(
        r"\s+", " ", re.sub(r"<[^>]*>", " ", operator.get("/ops/").content.decode())
    )


@pytest.mark.parametrize("asked", [{"kind": "pattern", "name": "sa2:*"}, {"kind": "tag", "name": "states"}])
def test_a_tier_that_could_not_be_told_is_said(
    operator: Client, make: Make, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    monkeypatch.setattr(process, "_manager", make("memory+redis", redis_port=1, redis_host="127.0.0.1"))
    answer = operator.post(INVALIDATE, asked | {"confirmed": "true"}, follow=True)
    assert "A tier could not be told. It will be before anything is read from it again." in answer.content.decode()


def test_a_tag_is_invalidated(operator: Client, cache: CacheManager) -> None:
    cache.set("key", 1, tags=["states"])
    assert "no tier knows" in operator.post(INVALIDATE, {"kind": "tag", "name": "states"}).content.decode()
    assert cache.get("key") == 1
    operator.post(INVALIDATE, {"kind": "tag", "name": "states", "confirmed": "true"})
    assert cache.get("key") is None


@pytest.mark.parametrize("fields", [{"kind": "tag"}, {"kind": "tag", "name": ""}, {"kind": "x", "name": "a"}])
def test_what_is_missing_is_said(operator: Client, cache: CacheManager, fields: dict[str, str]) -> None:
    assert operator.post(INVALIDATE, fields).status_code == 422


def test_a_viewer_may_look_only(viewer: Client, cache: CacheManager) -> None:
    assert "Look first" not in text(viewer)
    answer = viewer.post(INVALIDATE, {"kind": "tag", "name": "t", "confirmed": "true"})
    assert answer.status_code == 403
    assert "Ask an administrator for the role Operator" in answer.content.decode()
