"""What the console shows of the cache: each tier as the store has it now, and what all processes asked of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from caching import get_cache_manager
from caching.stats import TierStats
from monitoring import series
from monitoring.clock import to_ms

LOOKED_BACK = timedelta(hours=1)
_FRESH = timedelta(minutes=2)
_NOT_CONFIGURED = {
    "file": "Set AHGD_CACHE_FILE=true to use it",
    "redis": "Set AHGD_REDIS_ENABLED=true to use it",
}
_COUNTED = ("hits", "misses", "evictions", "errors")


@dataclass(frozen=True, slots=True)
class TierRow:
    """One line of the page.

    Counts are of all processes in the last hour, state and latencies of the web process that answers.
    """

    name: str
    level: str
    state: str
    reason: str = ""
    hit_percent: float | None = None
    asked: int = 0
    evictions: int = 0
    errors: int = 0
    read_us: float | None = None
    write_us: float | None = None
    entries: int | None = None
    size_bytes: int | None = None
    limit_bytes: int | None = None

    @property
    def used_percent(self) -> float | None:
        """Of the limit; none where there is no limit, or nothing is known."""
        if self.size_bytes is None or not self.limit_bytes:
            return None
        return 100 * self.size_bytes / self.limit_bytes


def rows(now: datetime) -> list[TierRow]:
    """Every tier there can be; none when the cache is switched off."""
    if not settings.CACHE_CONFIG.enabled:
        return []
    counts, held = _counted(now), _held(now)
    found = {tier.tier: tier for tier in get_cache_manager().get_stats() if tier.tier != "session"}
    there = [_row(tier, counts[tier.tier], held.get(tier.tier)) for tier in found.values()]
    absent = [TierRow(name, "unknown", why) for name, why in _NOT_CONFIGURED.items() if name not in found]
    return [*there, *absent]


def _row(tier: TierStats, counts: dict[str, int], held: tuple[int, int] | None) -> TierRow:
    asked = counts["hits"] + counts["misses"]
    entries, size_bytes = held or (tier.entries, tier.size_bytes)
    return TierRow(
        name=tier.tier,
        level="ok" if tier.is_available else "warning",
        state="Working" if tier.is_available else "Left out, asked again in the background",
        reason=tier.reason,
        hit_percent=100 * counts["hits"] / asked if asked else None,
        asked=asked,
        evictions=counts["evictions"],
        errors=counts["errors"],
        read_us=_microseconds(tier.read_seconds),
        write_us=_microseconds(tier.write_seconds),
        entries=entries if tier.is_available else None,
        size_bytes=size_bytes if tier.is_available else None,
        limit_bytes=tier.limit_bytes,
    )


def _counted(now: datetime) -> dict[str, dict[str, int]]:
    """By tier and kind, over all processes; what was not recorded is 0."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTED, 0))
    for what in _COUNTED:
        for one in series.points(f"cache_{what}_total", to_ms(now - LOOKED_BACK), to_ms(now)):
            found[one.tags.get("tier", "")][what] += round(sum(one.values))
    return found


def _held(now: datetime) -> dict[str, tuple[int, int]]:
    """Entries and bytes of the memory tiers of all processes together; the other tiers say so themselves."""
    sums = {
        what: _sum_of_memory(series.latest(f"cache_{what}"), to_ms(now - _FRESH)) for what in ("entries", "size_bytes")
    }
    if sums["entries"] is None or sums["size_bytes"] is None:
        return {}
    return {"memory": (sums["entries"], sums["size_bytes"])}


def _sum_of_memory(found: Iterable[series.Latest], since_ms: int) -> int | None:
    values = [one.value for one in found if one.tags.get("tier") == "memory" and one.at_ms >= since_ms]
    return round(sum(values)) if values else None


def _microseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e6
