"""Recorded series as Prometheus has them: gauges, counters since the beginning, and timings as histograms.

A counter's sum and a histogram's counts are kept with the series (``Series.count``, ``total``, ``histogram``), so they
go on where they were when a process, or all of them, start anew.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.core import Metric

from monitoring.clock import to_ms
from monitoring.models import Kind, Series
from monitoring.sketch import Sketch

FRESH_FOR = timedelta(minutes=5)
BOUNDS = tuple(2.0**exponent for exponent in range(-13, 8))  # 0.12 ms to 128 s
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_:]")
_NOT_IN_A_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_RESERVED_LABELS = frozenset({"le", "quantile"})  # of histograms and summaries

Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A series with what a page shows of it."""

    metric: str
    kind: str
    unit: str
    help: str
    tags: dict[str, object]
    last_value: float
    last_at: int
    count: int
    total: float
    histogram: bytes | memoryview | None


class SeriesCollector:
    """Every recorded series; of gauges, and of the slowest call, only what is not older than five minutes."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
        for row in _rows():
            labels = label_set(row.tags)
            for family in _KINDS[row.kind](row, labels, row.last_at >= to_ms(self.now - FRESH_FOR)):
                if (family.name, tuple(labels.items())) in seen:  # two names, or two sets of tags, became one
                    continue
                seen.add((family.name, tuple(labels.items())))
                known = families.setdefault(family.name, family)
                if known is not family and known.type == family.type:
                    known.samples += family.samples
        yield from families.values()


def _rows() -> Iterator[Row]:
    fields = ("metric__name", "metric__kind", "metric__unit", "metric__help", "tags", "last_value", "last_at")
    rows = Series.objects.filter(last_at__isnull=False).order_by("metric__name", "id")
    return (Row(*row) for row in rows.values_list(*fields, "count", "total", "histogram").iterator(chunk_size=2000))


def _gauge(row: Row, labels: Labels, is_fresh: bool) -> Iterable[Metric]:
    if is_fresh:
        family = _family(row, metric_name(row.metric), "gauge")
        family.add_sample(family.name, labels, row.last_value)
        yield family


def _counter(row: Row, labels: Labels, is_fresh: bool) -> Iterable[Metric]:
    family = _family(row, metric_name(row.metric).removesuffix("_total"), "counter")
    family.add_sample(f"{family.name}_total", labels, row.total)
    yield family


def _timing(row: Row, labels: Labels, is_fresh: bool) -> Iterable[Metric]:
    family = _family(row, metric_name(row.metric), "histogram")
    sketch = Sketch(scale=0) if row.histogram is None else Sketch.decode(bytes(row.histogram))
    for bound, count in cumulative(sketch):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": bound}, count)
    family.add_sample(f"{family.name}_count", labels, sketch.count)
    family.add_sample(f"{family.name}_sum", labels, row.total)
    yield family
    if is_fresh:
        text = f"The slowest of the last interval. {row.help}".strip()
        slowest = Metric(f"{family.name}_max", text, "gauge")
        slowest.add_sample(slowest.name, labels, row.last_value)
        yield slowest


_KINDS: dict[str, Callable[[Row, Labels, bool], Iterable[Metric]]] = {
    Kind.GAUGE: _gauge,
    Kind.COUNTER: _counter,
    Kind.TIMING: _timing,
}


def _family(row: Row, name: str, kind: str) -> Metric:
    suffix = row.unit if row.unit and name.endswith(f"_{row.unit}") else ""  # else the family would change its name
    return Metric(name, row.help or "Recorded by an application.", kind, suffix)


def cumulative(sketch: Sketch) -> Iterator[tuple[str, int]]:
    """``le`` and the count up to it; exact, as the sketch has powers of two for bounds, too."""
    counted = sketch.zeros
    rest = sorted(sketch.counts.items(), reverse=True)
    for bound in BOUNDS:
        while rest and 2.0 ** (rest[-1][0] + 1) <= bound:
            counted += rest.pop()[1]
        yield repr(bound), counted
    yield "+Inf", sketch.count


def metric_name(text: str) -> str:
    """``text`` as Prometheus allows it: whatever else stands in it becomes an underscore."""
    name = _NOT_IN_A_NAME.sub("_", text)
    return name if name and not name[0].isdigit() else f"_{name}"


def label_set(tags: Mapping[str, object]) -> Labels:
    """Tags as labels, in sorted order; of two keys that become one the first stays."""
    labels: Labels = {}
    for key, value in sorted(tags.items()):
        label = _NOT_IN_A_LABEL.sub("_", key)
        if not label or label[0].isdigit() or label.startswith("__") or label in _RESERVED_LABELS:
            label = f"tag_{label.lstrip('_')}"
        labels.setdefault(label, str(value))
    return labels
