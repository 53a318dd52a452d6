"""Processes that use the same tiers at once, are killed in the middle of it, and run out of disk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from caching import CacheManager
from tests.caching.conftest import Make
from tests.checkout import PROJECT_DIR

ROUNDS = 600
KILLS = 4


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
    computed: list[str] = []

    def first() -> str:
        assert not other.shared.lock("key", b"12345678", 30)
        computed.append("first")
        return "first"

    assert one.get_or_set("key", first) == "first"
    assert other.get_or_set("key", lambda: "second") == "first"
    assert other.shared.lock("key", b"12345678", 30)
    assert computed == ["first"]
