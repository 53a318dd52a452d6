"""The guide's performance summary: averages, percentiles and counts over the last hours, at flat keys and by series.

| key | value |
|---|---|
| ``function_avg_duration_<name>`` | mean seconds; likewise ``page_load_``, ``query_``, and ``p50 p95 p99 max`` |
| ``function_calls_<name>``, ``function_errors_<name>`` | how often; likewise ``page_load_`` and ``query_`` |
| ``avg_<metric>``, ``max_<metric>`` | of gauges without tags but the host's, such as ``avg_cpu_usage_percent`` |
| ``time_range_hours``, ``total_metrics``, ``timestamp`` | the range, the values recorded in it, its end |
| ``metrics`` | each metric: a list of its series with tags, count, total, avg, min, max, p50, p95, p99 |
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from monitoring.clock import to_ms
from monitoring.keeping.pieces import samples
from monitoring.kinds import Kind
from monitoring.models import MetricSnapshot, Series
from monitoring.samples import Sample, Tags, sorted_tags
from monitoring.sketch import Sketch
from monitoring.windows import COUNT, SKETCH, TIMINGS, VALUE, Row

log = logging.getLogger(__name__)

_TIMINGS = {
    "function_duration_seconds": ("function", "function"),
    "page_load_duration_seconds": ("page_load", "page"),
    "db_query_duration_seconds": ("query", "query"),
}
_ERRORS = {
    "function_errors_total": ("function", "function"),
    "page_errors_total": ("page_load", "page"),
    "db_query_errors_total": ("query", "query"),
}
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(slots=True)
class Period:
    """A series over the whole range."""

    kind: str
    count: int = 0
    total: float = 0.0
    minimum: float = inf
    maximum: float = -inf
    sketch: Sketch = field(default_factory=Sketch)

    def add(self, value: float, rest: tuple[Any, ...], sketch: Sketch | None) -> None:
        """One snapshot; where there is only its value, that stands for the rest: count, total, minimum, maximum."""
        count, total, minimum, maximum = rest
        self.count += 1 if count is None else count
        self.total += value if total is None else total
        self.minimum = min(self.minimum, value if minimum is None else minimum)
        self.maximum = max(self.maximum, value if maximum is None else maximum)
        if sketch is not None:
            self.sketch.merge(sketch)

    def figures(self) -> dict[str, float]:
        found = {"count": self.count, "total": self.total}
        if self.kind == Kind.COUNTER:
            return found
        found |= {"avg": self.total / self.count, "min": self.minimum, "max": self.maximum}
        if self.sketch.count:
            found |= {name: self.sketch.quantile(q, self.minimum, self.maximum) for name, q in _SHARES.items()}
        return found


def summarise(
    unsaved: Callable[[], list[Sample]], start: datetime, end: datetime, has_saved: bool = True
) -> dict[str, Any]:
    """From the snapshots of all processes where they are in reach, and the samples that this one has not saved yet."""
    pending = unsaved()
    periods = _saved(to_ms(start), to_ms(end)) if has_saved else {}
    for sample in pending:
        key = (sample.key.name, sample.key.tags)
        period = periods.setdefault(key, Period(sample.key.kind))
        period.add(sample.value, (sample.count, sample.total, sample.minimum, sample.maximum), sample.sketch)
    metrics: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    flat: dict[str, Any] = {}
    for (name, tags), period in sorted(periods.items()):
        figures = period.figures()
        metrics[name].append({"tags": dict(tags), **figures})
        flat.update(_flat(name, dict(tags), figures))
    return flat | {
        "time_range_hours": (end - start).total_seconds() / 3600,
        "total_metrics": sum(period.count for period in periods.values()),
        "timestamp": end.isoformat(),
        "metrics": dict(metrics),
    }


def _saved(start_ms: int, end_ms: int) -> dict[tuple[str, Tags], Period]:
    """Series by series, so that each read is a range of the index."""
    found: dict[tuple[str, Tags], Period] = {}
    known = Series.objects.filter(last_at__gte=start_ms).values_list("id", "metric__name", "metric__kind", "tags")
    for series_id, name, kind, tags in known:
        period = Period(kind)
        for row in _rows(series_id, start_ms, end_ms):
            sketch = row[SKETCH]
            period.add(row[VALUE], row[COUNT:SKETCH], None if sketch is None else Sketch.decode(bytes(sketch)))
        if period.count:
            found[name, sorted_tags(tags)] = period
    return found


def _rows(series_id: int, start_ms: int, end_ms: int) -> list[Row]:
    try:
        return samples(Series.objects.filter(pk=series_id), TIMINGS, start_ms - 1, end_ms)
    except ModuleNotFoundError as missing:  # the library alone, in a program that only records
        log.warning("Samples that the console has packed are left out: %s (ahgd-ops[server] has it).", missing)
        rows = MetricSnapshot.objects.filter(series_id=series_id, at__gte=start_ms, at__lte=end_ms)
        return list(rows.values_list(*TIMINGS))


def _flat(name: str, tags: dict[str, str], figures: dict[str, float]) -> Iterable[tuple[str, float]]:
    if name in _ERRORS:
        prefix, tag = _ERRORS[name]
        yield f"{prefix}_errors_{tags.get(tag, '')}", figures["total"]
    elif name in _TIMINGS:
        prefix, tag = _TIMINGS[name]
        subject = tags.get(tag, "")
        yield f"{prefix}_calls_{subject}", figures["count"]
        for figure in ("avg", "max", *_SHARES):
            if figure in figures:
                yield f"{prefix}_{figure}_duration_{subject}", figures[figure]
    elif "avg" in figures and not tags.keys() - {"instance"}:
        yield from ((f"{figure}_{name}", figures[figure]) for figure in ("avg", "max"))
