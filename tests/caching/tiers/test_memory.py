import random
import threading

from caching.held import Held, hold
from caching.names import everything
from caching.tiers.memory import MemoryTier


def entry(key: str, size_bytes: int = 1000) -> Held:
    held = hold(key, b"x" * size_bytes)
    held.fresh_until = held.kept_until = held.trusted_until = float("inf")
    return held


def test_bytes_never_pass_the_limit() -> None:
    tier = MemoryTier(100_000)
    sizes = random.Random(1)  # noqa: S311  (no secret)
    for number in range(5000):
        tier.put(entry(str(sizes.randrange(300)), sizes.choice([10, 1000, 20_000])))
        held = tier.entries.get(str(number % 300))
        if held is not None:
            held.hits += 1
        assert tier.size_bytes <= 100_000
    assert tier.size_bytes == sum(held.size_bytes for held in tier.entries.values())


def test_a_value_larger_than_the_tier_is_not_kept_and_ends_what_was_there() -> None:
    tier = MemoryTier(10_000)
    assert tier.put(entry("key"))
    assert not tier.put(entry("key", 20_000))
    assert tier.entries == {}
    assert tier.size_bytes == 0


def test_a_scan_pushes_out_nothing_that_is_used() -> None:
    tier = MemoryTier(200_000)
    used = [str(number) for number in range(50)]
    for key in used:
        tier.put(entry(key))
        tier.entries[key].hits += 1
    for number in range(1000):
        tier.put(entry(f"scan {number}"))
    assert all(key in tier.entries for key in used)
    assert tier.tally.evictions > 800


def test_what_returns_soon_after_it_left_is_kept_longer() -> None:
    tier = MemoryTier(20_000)
    for number in range(14):
        tier.put(entry(str(number)))
    left = next(str(number) for number in range(14) if str(number) not in tier.entries)
    tier.put(entry(left))
    assert tier.entries[left].in_main


def test_a_value_that_is_set_again_stays_as_used_as_it_was() -> None:
    tier = MemoryTier(20_000)
    tier.put(entry("used"))
    tier.entries["used"].hits = 2
    tier.put(entry("used", 900))
    for number in range(100):
        tier.put(entry(f"scan {number}"))
    assert "used" in tier.entries


def in_main(tier: MemoryTier, key: str, hits: int) -> None:
    """As one that has returned, and was asked for so often since."""
    tier._ghosts[key] = None
    held = entry(key)
    held.hits = hits
    tier.put(held)


def test_of_those_that_stay_the_least_used_leaves_first_however_often_the_others_were() -> None:
    tier = MemoryTier(20_000)
    in_main(tier, "once", 1)
    in_main(tier, "always", 1_000_000)
    count = 0
    while "always" in tier.entries:
        in_main(tier, f"returned {count}", 1)
        count += 1
        assert count < 200, "its hits of long ago keep it for ever"
        if "once" in tier.entries:
            assert "always" in tier.entries
    assert "once" not in tier.entries


def test_what_was_read_before_a_change_does_not_come_in_after_it() -> None:
    tier = MemoryTier(20_000)
    changes = tier.changes
    assert tier.put_read(entry("a"), changes)
    tier.drop("b")
    assert not tier.put_read(entry("a"), changes)


def test_a_value_for_which_there_is_no_room_beside_what_is_used_is_said_not_to_be_kept() -> None:
    tier = MemoryTier(20_000)
    for number in range(13):
        in_main(tier, str(number), 3)
    assert not tier.put(entry("large", 15_000))
    assert "large" not in tier.entries


def test_threads_leave_it_consistent() -> None:
    tier = MemoryTier(50_000)

    def work(seed: int) -> None:
        choices = random.Random(seed)  # noqa: S311  (no secret)
        for _ in range(2000):
            key = str(choices.randrange(100))
            if choices.random() < 0.8:
                tier.put(entry(key))
            else:
                tier.drop(key)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tier.size_bytes == sum(held.size_bytes for held in tier.entries.values()) <= 50_000
    assert tier.drop_where(everything)
    assert tier.size_bytes == 0


def test_what_callers_share_is_counted_once_beside_what_it_is_rebuilt_from() -> None:
    tier = MemoryTier(1_000_000)
    held = hold("key", [str(number) for number in range(1000)])
    tier.put(held)
    before = tier.size_bytes
    held.share()
    assert tier.size_bytes > before + 50_000
    after = tier.size_bytes
    held.share()
    assert tier.size_bytes == after
    tier.drop("key")
    assert tier.size_bytes == 0


def test_what_callers_share_pushes_others_out_when_there_is_no_room_for_both() -> None:
    tier = MemoryTier(200_000)
    shared = [hold(str(number), [str(item) for item in range(1000)]) for number in range(10)]
    for held in shared:
        held.kept_until = float("inf")
        tier.put(held)
    assert len(tier.entries) == len(shared)
    for held in shared:
        assert held.share() == [str(item) for item in range(1000)]
        assert tier.size_bytes <= 200_000
    assert 0 < len(tier.entries) < len(shared)
    assert tier.size_bytes == sum(held.size_bytes for held in tier.entries.values())


def test_what_is_too_large_once_it_is_shared_leaves() -> None:
    tier = MemoryTier(20_000)
    held = hold("key", [str(number) for number in range(1000)])
    assert tier.put(held)
    assert len(held.share()) == 1000
    assert (tier.entries, tier.size_bytes) == ({}, 0)
