"""How many series a metric may have: tags that take any value must not fill the memory, nor the database.

What is beyond the limit goes to one series tagged ``overflow="true"``, as OpenTelemetry has it, so that totals stay
right; each value that loses its tags this way counts in ``ahgd_ops_series_dropped_total``.
"""

from collections import Counter
from dataclasses import dataclass, field

from monitoring.samples import SeriesKey, Tags

MOST_SERIES_OF_A_METRIC = 1000
MOST_SERIES = 20_000
OVERFLOW: Tags = (("overflow", "true"),)
OTHER_METRICS = "ahgd_ops_other_metrics"


@dataclass(slots=True)
class Limits:
    """``of_metric`` has the limits that people set, by the name of the metric; ``dropped`` the values turned away."""

    of_metric: dict[str, int] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    _met: Counter[str] = field(default_factory=Counter)

    def most(self, metric: str) -> int:
        return self.of_metric.get(metric, MOST_SERIES_OF_A_METRIC)

    def admit(self, key: SeriesKey) -> SeriesKey:
        """The key itself, counted as one more series of its metric, or the one that stands for all beyond the limit."""
        if self._met.total() >= MOST_SERIES and key.name not in self._met:
            self.dropped[OTHER_METRICS] += 1
            return SeriesKey(OTHER_METRICS, OVERFLOW, key.kind, key.category)
        if self._met[key.name] >= self.most(key.name) or self._met.total() >= MOST_SERIES:
            return self.overflow(key)
        self._met[key.name] += 1
        return key

    def overflow(self, key: SeriesKey) -> SeriesKey:
        self.dropped[key.name] += 1
        return SeriesKey(key.name, OVERFLOW, key.kind, key.category)
