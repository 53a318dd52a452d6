import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from caching.tiers.base import TierFailed, TierFull
from caching.tiers.file import FileTier
from tests.caching.conftest import Clock
from tests.caching.faults import until

BLOCK = 4096


def files_in(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_old_entries_leave_when_the_budget_is_spent(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=50 * BLOCK)
    tier.sweep()  # the first is in the background otherwise
    for number in range(120):
        tier.write(str(number), [b"x" * 3000], 60)
        assert tier.usage().size_bytes <= 50 * BLOCK
    assert tier.read("119") is not None
    assert tier.read("0") is None
    assert tier.tally.evictions >= 70


def test_several_writers_keep_the_budget_together(tmp_path: Path) -> None:
    tiers = [FileTier(tmp_path, limit_bytes=60 * BLOCK) for _ in range(4)]
    for tier in tiers:
        tier.sweep()
    most = 0
    for number in range(200):
        tiers[number % 4].write(str(number), [b"x" * 3000], 60)
        most = max(most, tiers[0].usage().size_bytes)
    assert most <= 66 * BLOCK


def test_what_was_used_stays_when_others_leave(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=20 * BLOCK)
    tier.sweep()
    for number in range(16):
        tier.write(str(number), [b"x" * 3000], 60)
    for path in files_in(tmp_path):
        os.utime(path, (time.time() - 100, path.stat().st_mtime))
    assert tier.read("0") is not None  # the mount says when, unless it is told not to
    os.utime(tier._path("0"), (time.time(), time.time() + 60))
    for number in range(100, 112):
        tier.write(str(number), [b"x" * 3000], 60)
    assert tier.read("0") is not None
    assert tier.read("1") is None


def test_a_sweep_removes_what_is_over_and_what_killed_writers_left(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    tier.sweep()  # the first is in the background otherwise, and this one would leave it to that
    tier.write("kept", [b"x"], 60)
    tier.write("over", [b"x"], -1)
    left = Path(tier._path("kept") + ".aa.1.1.draft")
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 3600, time.time() - 3600))
    tier.sweep()
    assert [path.name for path in files_in(tmp_path)] == [Path(tier._path("kept")).name]


def test_a_long_sweep_is_not_waited_for(tmp_path: Path) -> None:
    for number in range(20):
        FileTier(tmp_path, limit_bytes=10**9).write(str(number), [b"x" * 3000], 60)
    tier = FileTier(tmp_path, limit_bytes=10 * BLOCK)
    tier.write("new", [b"x"], 60)  # how long a sweep takes it does not know yet
    until(lambda: tier.usage().entries < 10)


def test_entries_are_for_this_user_only(tmp_path: Path) -> None:
    tier = FileTier(tmp_path / "new", limit_bytes=10**9)
    tier.write("key", [b"x"], 60)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").rglob("*")} == {0}


def test_one_claim_of_a_key_succeeds_until_it_is_over(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    assert tier.claim("key", [b"first"], -1)
    assert tier.claim("key", [b"second"], 60)
    assert not tier.claim("key", [b"third"], 60)
    assert tier.read("key") == b"second"


def test_a_directory_that_cannot_be_made_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    tier = FileTier(tmp_path / "file", limit_bytes=10**9)
    with pytest.raises(TierFailed, match="Not a directory"):
        tier.ping()


def test_an_entry_that_would_fill_the_budget_is_not_kept_and_pushes_nothing_out(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=50 * BLOCK)
    tier.write("small", [b"x"], 60)
    tier.write("large", [b"old"], 60)
    with pytest.raises(TierFull, match="too many for one entry"):
        tier.write("large", [b"x" * BLOCK] * 60, 60)
    assert tier.read("small") == b"x"
    assert tier.read("large") is None


def test_a_clear_leaves_no_entry_of_anybody(tmp_path: Path) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    tier.write("key", [b"no entry that names its key"], 60)
    assert tier.clear() == 1
    assert files_in(tmp_path) == []


def test_the_claim_of_who_died_is_over_when_the_clock_was_set_back(tmp_path: Path, clock: Clock) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    assert tier.claim("key", [b"first"], 60)
    clock.seconds = -3600
    assert tier.claim("key", [b"second"], 60)
    assert tier.read("key") == b"second"


def in_a_directory_that_is_removed(tier: FileTier, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The next drafts go away, with all that is there, before they get their name."""
    draft: Callable[..., str] = tier._draft
    left = iter(range(times))

    def removed(path: str, *more: object) -> str:
        made = draft(path, *more)
        if next(left, None) is not None:
            shutil.rmtree(Path(made).parent)
        return made

    monkeypatch.setattr(tier, "_draft", removed)


def test_a_draft_that_went_away_is_written_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    in_a_directory_that_is_removed(tier, monkeypatch, times=1)
    tier.write("key", [b"x"], 60)
    assert tier.read("key") == b"x"
    in_a_directory_that_is_removed(tier, monkeypatch, times=1)
    assert tier.claim("other", [b"y"], 60)


def test_what_cannot_be_written_as_others_remove_it_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = FileTier(tmp_path, limit_bytes=10**9)
    in_a_directory_that_is_removed(tier, monkeypatch, times=2)
    with pytest.raises(TierFull, match="is being removed"):
        tier.write("key", [b"x"], 60)
