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
