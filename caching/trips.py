"""Round trips: whether each tier gives back what it is given, for whoever watches over them."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from caching.held import hold
from caching.names import INTERNAL
from caching.tiers.guarded import GuardedTier
from caching.tiers.memory import MemoryTier

_KEY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trip:
    """A value written to a tier, read and deleted; ``reason`` says why it did not come back, empty when it did."""

    tier: str
    seconds: float
    reason: str = ""


def round_trips(memory: MemoryTier, shared: Iterable[GuardedTier]) -> Iterator[Trip]:
    if memory.limit_bytes:
        yield _timed("memory", partial(_through_memory, memory))
    for tier in shared:
        yield _timed(tier.name, partial(_through, tier))


def _timed(tier: str, travel: Callable[[str, bytes], str]) -> Trip:
    name = uuid.uuid4().hex
    began = perf_counter()
    reason = travel(f"{INTERNAL}trip-{name}", name.encode())
    return Trip(tier, perf_counter() - began, reason)


def _through_memory(memory: MemoryTier, key: str, value: bytes) -> str:
    memory.put(hold(key, value))
    held = memory.entries.get(key)
    memory.drop(key)
    return "" if held is not None and held.value == value else "does not give back what was written"


def _through(tier: GuardedTier, key: str, value: bytes) -> str:
    """A tier that is left out is asked in the background whether it is back, and not here."""
    if not tier.is_available:
        return tier.breaker.reason
    is_written = tier.write(key, (value,), _KEY_SECONDS)
    found = tier.read(key) if is_written else None
    tier.delete((key,))
    if found is not None and bytes(found) == value:
        return ""
    return tier.breaker.reason or ("does not give back what was written" if is_written else "keeps nothing more")
