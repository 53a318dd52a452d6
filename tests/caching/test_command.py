"""``manage.py cache``."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from caching import CacheManager, process, warmer, warming
from tests.caching.conftest import Make


@pytest.fixture
def cache(make: Make, monkeypatch: pytest.MonkeyPatch) -> CacheManager:
    manager = make("memory+file")
    monkeypatch.setattr(process, "_manager", manager)
    monkeypatch.setattr(warming, "_warmers", {})
    return manager


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    yield io.StringIO()


def run(said: io.StringIO, *words: str) -> str:
    call_command("cache", *words, stdout=said, stderr=io.StringIO())
    return said.getvalue()


def test_stats_says_what_each_shared_tier_holds(cache: CacheManager, said: io.StringIO) -> None:
    cache.set_many({"a": 1, "b": 2})
    header, tier, note = run(said, "stats").splitlines()
    assert header.split() == ["tier", "state", "entries", "size", "limit"]
    assert tier.split() == ["file", "working", "2", "8.0", "KB", "1.0", "GB"]
    assert "/ops/cache/" in note


def test_invalidate_takes_tags_patterns_and_versions(cache: CacheManager, said: io.StringIO) -> None:
    cache.set("tagged", 1, tags=["t"])
    cache.set_many({"sa2:1": 1, "sa2:2": 2, "sa3:1": 3})
    cache.set("sa3:1", 4, version=2)
    words = run(said, "invalidate", "--tag", "t", "--pattern", "sa2:*", "--key-version", "2")
    assert "pattern sa2:*: 2 deleted" in words
    assert "version 2: 1 deleted" in words
    assert cache.get_many(["tagged", "sa2:1", "sa2:2", "sa3:1"]) == {"sa3:1": 3}


def test_invalidate_asks_for_what(cache: CacheManager, said: io.StringIO) -> None:
    with pytest.raises(CommandError, match="Say what: --tag"):
        run(said, "invalidate")


def test_clear_deletes_everything(cache: CacheManager, said: io.StringIO) -> None:
    cache.set_many({"a": 1, "b": 2})
    assert "all: 2 deleted" in run(said, "clear", "--noinput")
    assert cache.keys() == []


@pytest.mark.parametrize(
    "words", [("clear", "--noinput"), ("invalidate", "--pattern", "a*"), ("invalidate", "--key-version", "2")]
)
def test_a_tier_that_could_not_be_told_is_an_error(
    make: Make, said: io.StringIO, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    cache = make("memory+file+redis", redis_host="127.0.0.1", redis_port=1)
    monkeypatch.setattr(process, "_manager", cache)
    cache.set_many({"a": 1, "b": 2}, version=2)
    with pytest.raises(CommandError, match="Still to be told: redis, which does not work now: old values may return"):
        run(said, *words)
    assert cache.get("a", version=2) is None


def test_a_tag_that_could_not_be_told_holds_up_nothing_else(
    make: Make, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = make("memory+file+redis", redis_host="127.0.0.1", redis_port=1)
    monkeypatch.setattr(process, "_manager", cache)
    cache.set("a", 1)
    with pytest.raises(CommandError, match="Not every tier could be told of t, u: "):
        run(said, "invalidate", "--tag", "t", "--tag", "u", "--pattern", "a")
    assert "tag t: not told to every tier" in said.getvalue()
    assert "pattern a: 1 deleted" in said.getvalue()


def test_clear_asks_before(cache: CacheManager, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set("a", 1)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        run(said, "clear")
    assert cache.get("a") == 1


def test_warm_runs_every_hook_and_says_which_failed(cache: CacheManager, said: io.StringIO) -> None:
    @warmer
    def states() -> None:
        cache.set("states", ["NSW"])

    @warmer
    def broken() -> None:
        raise LookupError("no such table")

    with pytest.raises(CommandError, match="1 of 2 warm-up hooks failed"):
        run(said, "warm")
    assert "1 of 2" in said.getvalue()
    assert "failed: LookupError: no such table" in said.getvalue()
    assert cache.get("states") == ["NSW"]


def test_warm_imports_the_modules_of_the_setting(cache: CacheManager, said: io.StringIO, settings: Settings) -> None:
    settings.CACHE_WARMERS = ["tests.caching.faults"]
    assert "no warm-up hooks" in run(said, "warm")


def test_a_cache_that_is_switched_off_is_said(make: Make, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_manager", make("memory", enabled=False))
    with pytest.raises(CommandError, match="AHGD_CACHING"):
        run(said, "stats")
