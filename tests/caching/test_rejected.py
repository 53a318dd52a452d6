"""What lies in a tier and is not what this program stored there."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from caching import CacheManager
from caching.codec import TOKEN_BYTES, Envelope, pack, seal
from caching.signing import Signer
from tests.caching.conftest import Make

KEY = "area"
Spoil = Callable[[bytes], bytes]


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise AssertionError('it was run')",)


def damaged(entry: bytes) -> bytes:
    return entry[:-1]


def tampered(entry: bytes) -> bytes:
    return entry[:-1] + bytes([entry[-1] ^ 1])


def signed_elsewhere(entry: bytes) -> bytes:
    envelope = Envelope(KEY, 2e10, 2e10, b"1" * TOKEN_BYTES)
    return b"".join(seal(envelope, pack(Bomb(), 1024), Signer.of("of somebody else" * 3)))


def no_entry_at_all(entry: bytes) -> bytes:
    return pickle.dumps(Bomb())


def spoil(cache: CacheManager, spoiled: Spoil) -> None:
    """Has every tier of ``cache`` but memory hold something else than what it was given."""
    for tier in cache.shared.tiers:
        entry = tier.read(KEY)
        assert entry is not None
        tier.write(KEY, (spoiled(bytes(entry)),), 3600)


@pytest.mark.parametrize("tiers", ["file", "redis", "file+redis"])
@pytest.mark.parametrize("spoiled", [damaged, tampered, signed_elsewhere, no_entry_at_all])
def test_it_is_a_miss_that_is_logged_once_and_never_run(
    make: Make, tiers: str, spoiled: Spoil, caplog: pytest.LogCaptureFixture
) -> None:
    cache = make(tiers)
    cache.set(KEY, 1)
    spoil(cache, spoiled)
    for _ in range(3):
        assert cache.get(KEY, "nothing") == "nothing"
        assert cache.get_many([KEY]) == {}
    names = tiers.split("+")
    told = [message for message in caplog.messages if "counts as a miss" in message]
    assert sorted(message.split()[1] for message in told) == names
    figures = {stats.tier: stats for stats in cache.get_stats()}
    assert all(figures[name].rejected >= 3 and figures[name].errors == 0 for name in names)


def test_it_is_overwritten_by_the_next_who_computes(make: Make) -> None:
    cache = make("file")
    cache.set(KEY, 1)
    spoil(cache, tampered)
    assert cache.get_or_set(KEY, lambda: 2) == 2
    assert make("file").get(KEY) == 2


def test_an_entry_that_was_moved_to_another_name_is_a_miss(make: Make, tmp_path: Path) -> None:
    cache = make("file")
    cache.set("mine", 1)
    cache.set("yours", 2)
    _file_of(tmp_path, "mine").write_bytes(_file_of(tmp_path, "yours").read_bytes())
    assert cache.get("mine") is None
    assert cache.get("yours") == 2


def _file_of(directory: Path, key: str) -> Path:
    (found,) = (path for path in directory.rglob("*") if path.is_file() and key.encode() in path.read_bytes())
    return found
