"""Processes that use the same tiers at once, are killed in the middle of it, and run out of disk."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from caching import CacheManager
from caching.computing import Look, Wanted
from caching.held import Held
from caching.names import INTERNAL
from caching.shared import Accepts, Found
from caching.signing import Buffer
from tests.caching.conftest import Clock, Make
from tests.caching.faults import until
from tests.checkout import PROJECT_DIR

ROUNDS = 600
KILLS = 4
LOCK = f"{INTERNAL}lock{INTERNAL}key"


def described(cache: CacheManager) -> str:
    config = cache.config
    return json.dumps({field.name: getattr(config, field.name) for field in fields(config)}, default=str)


@contextmanager
def hammering(config: str, rounds: int, most_bytes: int = 0) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-W", "error", "-m", "tests.caching.hammer", config, str(rounds), str(most_bytes)]
    with subprocess.Popen(
        command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def finished(process: "subprocess.Popen[str]") -> None:
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors


@pytest.mark.once
@pytest.mark.parametrize("tiers", ["file", "redis", "memory+file+redis"])
def test_kills_leave_no_half_entries(make: Make, tiers: str) -> None:
    cache = make(tiers, max_staleness=0)
    config = described(cache)
    with hammering(config, ROUNDS) as survivor:
        for _ in range(KILLS):
            with hammering(config, 1_000_000) as victim:
                assert victim.stdout is not None
                for _ in range(3):
                    victim.stdout.readline()
                victim.kill()
        finished(survivor)
    assert cache.set("key-0", {"key": "key-0", "text": ""})
    assert cache.get("key-0") == {"key": "key-0", "text": ""}
    assert all(stats.rejected == 0 for stats in cache.get_stats())


@pytest.mark.once
def test_a_full_disk_makes_misses(make: Make, tmp_path: Path) -> None:
    """Of entries that do not fit nothing stays, and what they were to replace is gone."""
    cache = make("file", max_staleness=0, compression_enabled=False)
    with hammering(described(cache), 200, most_bytes=5000) as one, hammering(described(cache), 200) as other:
        finished(one)
        finished(other)
    drafts = list((tmp_path / "cache").rglob("*.draft"))
    assert drafts == []


def test_what_a_process_changes_others_see(make: Make) -> None:
    one, other = make("memory+file", max_staleness=0), make("memory+file", max_staleness=0)
    one.set("key", "old")
    assert other.get("key") == "old"
    one.set("key", "new")
    assert other.get("key") == "new"
    one.delete("key")
    assert other.get("key") is None


def test_what_a_process_invalidates_others_see(make: Make) -> None:
    one, other = make("memory+file", max_staleness=0), make("memory+file", max_staleness=0)
    one.set("key", 1, tags=["t"])
    assert other.get("key") == 1
    one.invalidate_tag("t")
    assert other.get("key") is None


def test_a_process_believes_itself_for_as_long_as_it_may(make: Make) -> None:
    one, other = make("memory+file"), make("memory+file", max_staleness=3600)
    one.set("key", "old")
    assert other.get("key") == "old"
    one.set("key", "new")
    assert other.get("key") == "old"
    assert make("memory+file").get("key") == "new"


def test_one_process_computes_while_another_waits(make: Make) -> None:
    """The second manager stands for another process: it shares nothing with the first but the tier."""
    one, other = make("file"), make("file")
    waits = threading.Event()

    def first() -> str:
        assert waits.wait(60)
        return "first"

    def has_looked(wanted: Wanted, token: bytes, before: Held | None) -> Look:
        look = type(other.computing).look(other.computing, wanted, token, before)
        assert not look.is_over or waits.is_set()
        waits.set()
        return look

    other.computing.look = has_looked  # type: ignore[method-assign]  # to know when it waits
    with ThreadPoolExecutor(2) as pool:
        computing = pool.submit(one.get_or_set, "key", first)
        until(lambda: one.shared.stamp_now(LOCK) is not None)
        waiting = pool.submit(other.get_or_set, "key", lambda: "second")
        assert computing.result(60) == "first"
        assert waiting.result(60) == "first"
    assert one.shared.stamp_now(LOCK) is None


def test_what_another_process_stored_before_the_lock_was_free_is_not_computed_again(make: Make) -> None:
    one, other = make("memory+file"), make("memory+file")
    look = other.computing.look

    def after_the_other(wanted: Wanted, token: bytes, before: Held | None) -> Look:
        one.get_or_set("key", lambda: "first")
        return look(wanted, token, before)

    other.computing.look = after_the_other  # type: ignore[method-assign]  # what happens between look-up and lock
    assert other.get_or_set("key", lambda: "second") == "first"


def test_what_another_process_changed_is_seen_in_time_whatever_this_one_invalidates(make: Make, clock: Clock) -> None:
    one, other = make("memory+file", max_staleness=1), make("memory+file", max_staleness=1)
    one.set("key", "old", tags=["t"])
    assert one.get("key") == "old"
    other.set("key", "new", tags=["t"])
    for _ in range(3):
        clock.seconds += 0.4
        one.invalidate_tag("unrelated")
        one.get("key")
    assert one.get("key") == "new"


def test_what_another_process_invalidated_is_seen_in_time_by_entries_of_any_age(make: Make, clock: Clock) -> None:
    one, other = make("memory+file", max_staleness=3600), make("memory+file", max_staleness=3600)
    one.set_many({"first": "old", "second": "old"}, tags=["t"])
    one.get("first")
    clock.seconds += 3599
    one.set("third", "old", tags=["t"])
    assert one.get("third") == "old"
    other.invalidate_tag("t")
    clock.seconds += 1800
    assert one.get("third") is None


def test_a_look_at_the_tags_alone_does_not_put_off_the_look_at_the_value(make: Make, clock: Clock) -> None:
    one, other = make("memory+file", max_staleness=1000), make("memory+file", max_staleness=1000)
    one.set("first", "old", tags=["t"])
    one.get("first")
    clock.seconds += 900
    one.set("key", "old", tags=["t"])
    clock.seconds += 150
    one.get("first")  # the tag is looked up, and known until 2050
    other.set("key", "new", tags=["t"])
    clock.seconds += 450
    assert one.get("key") == "old"
    clock.seconds += 450
    assert one.get("key") == "new"


def test_what_was_read_before_a_change_does_not_enter_memory_after_it(make: Make) -> None:
    cache = make("memory+file")
    make("file").set("key", "old")
    find = cache.shared.find

    def overtaken(key: str, accepts: Accepts) -> Found | None:
        found = find(key, accepts)
        cache.shared.find = find  # type: ignore[method-assign]  # once
        cache.set("key", "new")
        return found

    cache.shared.find = overtaken  # type: ignore[method-assign]  # what happens while another thread reads
    assert cache.get("key") == "old"
    assert cache.get("key") == "new"


def test_a_reader_that_begins_within_a_change_does_not_bring_the_old_value_back(make: Make) -> None:
    cache = make("memory+file")
    make("file").set_many({"changed": "old", "deleted": "old"})
    tier = cache.shared.tiers[0]
    write, delete = tier.write, tier.delete

    def read_then_write(key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        cache.get("changed")
        return write(key, entry, ttl_seconds)

    def read_then_delete(keys: Iterable[str]) -> int:
        cache.get("deleted")
        return delete(keys)

    tier.write, tier.delete = read_then_write, read_then_delete  # type: ignore[method-assign]  # as above
    cache.set("changed", "new")
    cache.delete("deleted")
    assert cache.get_many(["changed", "deleted"]) == {"changed": "new"}


def test_an_invalidation_while_tokens_are_read_is_not_lost(make: Make, clock: Clock) -> None:
    cache = make("memory+file")
    cache.set("key", "old", tags=["t"])
    clock.seconds += 2
    tier = cache.shared.tiers[0]
    read_many = tier.read_many

    def overtaken(keys: Sequence[str]) -> dict[str, Buffer]:
        found = read_many(keys)
        tier.read_many = read_many  # type: ignore[method-assign]  # once
        cache.invalidate_tag("t")
        return found

    tier.read_many = overtaken  # type: ignore[method-assign]  # as above
    cache.get("key")
    assert cache.get("key") is None
