"""What the tiers of this process have done and hold: the door for whoever shows or records it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from caching.manager import CacheManager
    from caching.trips import Trip

managers: "WeakSet[CacheManager]" = WeakSet()
"""Those of this process; each enters itself."""


@dataclass(frozen=True, slots=True)
class TierStats:
    """One tier. Counts are of this process and only grow; ``entries`` and ``size_bytes`` are what the store holds.

    A look-up that another tier answers is a miss of each tier before it. ``rejected`` entries were damaged or foreign.
    Latencies are means in seconds, None before the first; of the memory tier one look-up in 64
    is timed.
    """

    tier: str
    hits: int
    misses: int
    evictions: int
    errors: int
    entries: int
    size_bytes: int
    limit_bytes: int | None
    rejected: int = 0
    writes: int = 0
    read_seconds: float | None = None
    write_seconds: float | None = None
    is_available: bool = True
    reason: str = ""
    """Why it is left out, when it is."""

    @property
    def hit_ratio(self) -> float | None:
        """From 0 to 1; None when nothing was looked up."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


@dataclass(slots=True)
class Tally:
    """The counts of one tier. An increment of an attribute is not interrupted by another thread in CPython 3.11+."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    errors: int = 0
    rejected: int = 0
    writes: int = 0
    timed_reads: int = 0
    read_seconds: float = 0.0
    timed_writes: int = 0
    write_seconds: float = 0.0

    def time_read(self, seconds: float) -> None:
        self.timed_reads += 1
        self.read_seconds += seconds

    def time_write(self, seconds: float) -> None:
        self.timed_writes += 1
        self.write_seconds += seconds

    def stats(self, tier: str, entries: int, size_bytes: int, limit_bytes: int | None, reason: str = "") -> TierStats:
        return TierStats(
            tier=tier,
            hits=self.hits,
            misses=self.misses,
            evictions=self.evictions,
            errors=self.errors,
            entries=entries,
            size_bytes=size_bytes,
            limit_bytes=limit_bytes,
            rejected=self.rejected,
            writes=self.writes,
            read_seconds=self.read_seconds / self.timed_reads if self.timed_reads else None,
            write_seconds=self.write_seconds / self.timed_writes if self.timed_writes else None,
            is_available=not reason,
            reason=reason,
        )


def tiers() -> tuple[TierStats, ...]:
    """Of the process' own manager, the one of ``get_cache_manager()``; none before it was first used."""
    from caching import process

    manager = process.current()
    return manager.get_stats() if manager is not None else ()


def round_trips() -> "tuple[Trip, ...]":
    """A value written, read and deleted in each tier of the process' own manager, which is made if need be."""
    from caching import process

    return process.get_cache_manager().round_trips()
