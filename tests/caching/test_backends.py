"""The tiers as one of Django's caches, with what Django's documentation promises of one."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache as default_cache
from django.core.cache import caches
from django.core.cache.backends.base import InvalidCacheKey
from pytest_django.fixtures import Settings

from caching import get_cache_manager
from caching.backends import TieredCache


def made(directory: Path, **options: Any) -> TieredCache:
    return TieredCache(
        str(directory), {"KEY_PREFIX": "site", "OPTIONS": {"signing_key": "k" * 32} | options, "TIMEOUT": 300}
    )


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[TieredCache]:
    yield made(tmp_path)


def test_the_console_uses_the_manager_of_the_process() -> None:
    default_cache.set("greeting", "hello")
    backend: Any = caches["default"]
    assert backend.manager is get_cache_manager()
    assert get_cache_manager().get("django:1:greeting") == "hello"


def test_threads_share_what_a_cache_holds(settings: Settings) -> None:
    options = {"file_cache_enabled": False, "redis_sentinels": ["nowhere.invalid:26379"]}
    settings.CACHES = settings.CACHES | {"own": {"BACKEND": "caching.backends.TieredCache", "OPTIONS": options}}
    caches["own"].set("key", 1)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend((caches["own"].get("key"), caches["own"])))
    thread.start()
    thread.join()
    assert found[0] == 1
    assert found[1] is not caches["own"]
    here: Any = caches["own"]
    assert found[1].manager is here.manager


@pytest.mark.parametrize("key", ["with space", "with\nlines", "x" * 1000, "\N{SNOWMAN}", ""])
def test_any_text_is_a_key(key: str, cache: TieredCache) -> None:
    cache.set(key, 1)
    assert cache.get(key) == 1


def test_a_key_with_the_mark_of_the_cache_is_refused_as_django_refuses_keys(cache: TieredCache) -> None:
    for ask in (
        cache.get,
        cache.delete,
        cache.has_key,
        lambda key: cache.set(key, 1),
        lambda key: cache.get_many([key]),
    ):
        with pytest.raises(InvalidCacheKey, match=r"leave it out of the key"):
            ask("a\x1fv2")


def test_the_directory_may_be_an_option(tmp_path: Path) -> None:
    cache: Any = TieredCache("", {"OPTIONS": {"file_cache_dir": tmp_path / "mine"}})
    assert cache.manager.config.directory == tmp_path / "mine"


def test_get_set_delete(cache: TieredCache) -> None:
    cache.set("a", {"n": 1})
    assert cache.get("a") == {"n": 1}
    assert "a" in cache
    assert cache.delete("a")
    assert not cache.delete("a")
    assert cache.get("a", "gone") == "gone"


def test_none_is_a_value(cache: TieredCache) -> None:
    cache.set("a", None)
    assert cache.get("a", "default") is None
    assert cache.get_or_set("a", "other") is None


def test_a_timeout_of_none_is_for_ever_and_of_zero_not_at_all(cache: TieredCache) -> None:
    cache.set("for ever", 1, None)
    cache.set("never", 1, 0)
    assert cache.get_many(["for ever", "never"]) == {"for ever": 1}


def test_many_keys(cache: TieredCache) -> None:
    assert cache.set_many({"a": 1, 2: 2}) == []
    assert cache.get_many(["a", 2, "c"]) == {"a": 1, 2: 2}
    cache.delete_many(["a", 2])
    assert cache.get_many(["a", 2]) == {}


def test_touch_gives_time(cache: TieredCache) -> None:
    cache.set("a", 1, 60)
    assert cache.touch("a", None)
    assert not cache.touch("missing")


def test_versions(cache: TieredCache) -> None:
    cache.set("a", 1, version=1)
    cache.set("b", 5, version=2)
    assert cache.get("a", version=2) is None
    assert cache.incr_version("a") == 2
    assert cache.get("a", version=2) == 1


def test_add_sets_only_where_nothing_is(cache: TieredCache) -> None:
    assert cache.add("a", 1)
    assert not cache.add("a", 2)
    assert cache.get("a") == 1


def test_incr_needs_a_value(cache: TieredCache) -> None:
    with pytest.raises(ValueError, match="there is no"):
        cache.incr("missing")


def test_incr_loses_nothing_between_threads_and_managers(cache: TieredCache, tmp_path: Path) -> None:
    other = made(tmp_path, max_memory_mb=1)
    assert other.manager is not cache.manager
    cache.set("n", 0)

    def count(mine: TieredCache) -> None:
        for _ in range(20):
            mine.incr("n")

    threads = [threading.Thread(target=count, args=(mine,)) for mine in (cache, cache, other, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.decr("n", 0) == 80


def test_one_of_several_adds_succeeds(cache: TieredCache, tmp_path: Path) -> None:
    other = made(tmp_path, max_memory_mb=1)
    assert other.manager is not cache.manager
    done: list[bool] = []
    threads = [threading.Thread(target=lambda mine=mine: done.append(mine.add("a", 1))) for mine in [cache, other] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 7 + [True]


def test_clear_leaves_what_has_another_prefix(cache: TieredCache) -> None:
    cache.set("a", 1)
    cache.manager.set("other", 2)
    cache.clear()
    assert cache.get("a") is None
    assert cache.manager.get("other") == 2
