"""The cache's tiers as this process uses them: what it looked up, and what the tiers hold."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from caching import stats
from caching.stats import TierStats
from monitoring.collectors.base import Reading, sample_of
from monitoring.collectors.pace import Pace
from monitoring.samples import Sample

_COUNTED = ("hits", "misses", "evictions", "errors")
_OF_PROCESS = frozenset({"memory"})  # each process has its own; other tiers are shared, so that one tells for all
_OF_VISITOR = frozenset({"session"})  # nobody can say what all of them hold


@dataclass(slots=True)
class CacheSampler:
    """Asked at each flush of the recorder; answers at its pace.

    Of a tier in which nothing was looked up meanwhile there is no hit ratio, rather than one of 0.
    """

    process: str
    instance: str
    pace: Pace
    read: Callable[[], tuple[TierStats, ...]] = stats.tiers
    _told: dict[str, TierStats] = field(default_factory=dict, init=False)

    def __call__(self, now_ms: int) -> Iterable[Sample]:
        if not self.pace.is_due():
            return []
        readings = [reading for tier in self.read() for reading in self._readings(tier)]
        return [sample_of(reading, now_ms, self.instance) for reading in readings]

    def _readings(self, tier: TierStats) -> Iterator[Reading]:
        tags = (("process", self.process), ("tier", tier.tier))
        before, self._told[tier.tier] = self._told.get(tier.tier), tier
        since = {what: getattr(tier, what) - getattr(before, what, 0) for what in _COUNTED}
        for what, increase in since.items():
            yield Reading(f"cache_{what}_total", increase, tags)
        asked = since["hits"] + since["misses"]
        if asked:
            yield Reading("cache_hit_ratio", since["hits"] / asked, tags)
        if tier.is_available and tier.tier not in _OF_VISITOR:
            held = tags if tier.tier in _OF_PROCESS else (("tier", tier.tier),)
            yield Reading("cache_entries", tier.entries, held)
            yield Reading("cache_size_bytes", tier.size_bytes, held)
