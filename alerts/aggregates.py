"""What window functions compute of the snapshots in a window: PromQL's functions, with what our kinds know better.

A counter's increments are stored, so its increase is their sum and nothing is extrapolated; a snapshot of many values
counts them all; quantiles of a timing are of all its calls.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import WindowRead
from monitoring import series
from monitoring.series import Row, Stretch

Floats = NDArray[np.float64]
Aggregate = Callable[[WindowRead, "Pool"], float | None]
SUMMARISING: Final = frozenset({"avg_over_time", "min_over_time", "max_over_time"})
"""Functions that ask a snapshot of many values for more than its value."""
_AT, _VALUE, _COUNT, _TOTAL, _MINIMUM, _MAXIMUM = (
    series.TIMINGS.index(column) for column in ("at", "value", "count", "total", "minimum", "maximum")
)


@dataclass(frozen=True, slots=True)
class Pool:
    """The series that a question is about, of one kind, with the bounds of the window in ms."""

    stretches: Sequence[Stretch]
    start_ms: int
    end_ms: int

    @property
    def rows(self) -> Iterable[Row]:
        return (row for stretch in self.stretches for row in stretch.rows)

    @property
    def kind(self) -> str:
        return self.stretches[0].kind

    def values(self) -> Floats:
        return np.array([row[_VALUE] for stretch in self.stretches for row in stretch.rows], float)

    def seconds(self) -> Floats:
        """Times before the end of the window."""
        times = np.array([row[_AT] for stretch in self.stretches for row in stretch.rows], float)
        return (times - self.end_ms) / 1000


def _count(question: WindowRead, pool: Pool) -> float:
    """Snapshots; of a timing, calls."""
    if pool.kind == "timing":
        return float(sum(row[_COUNT] or 1 for row in pool.rows))
    return float(sum(len(stretch.rows) for stretch in pool.stretches))


def _sum(question: WindowRead, pool: Pool) -> float:
    if pool.kind == "timing":
        return math.fsum(row[_VALUE] if row[_TOTAL] is None else row[_TOTAL] or 0.0 for row in pool.rows)
    return math.fsum(row[_VALUE] for row in pool.rows)


def _average(question: WindowRead, pool: Pool) -> float:
    """From totals and counts, never by averaging averages."""
    if pool.kind == "counter":
        return float(pool.values().mean())
    pairs = [(row[_VALUE], 1) if not row[_COUNT] else (row[_TOTAL] or 0.0, row[_COUNT]) for row in pool.rows]
    return math.fsum(total for total, _ in pairs) / sum(count or 1 for _, count in pairs)


def _minimum(question: WindowRead, pool: Pool) -> float:
    place = _VALUE if pool.kind == "counter" else _MINIMUM
    return float(min(row[_VALUE] if (low := row[place]) is None else low for row in pool.rows))


def _maximum(question: WindowRead, pool: Pool) -> float:
    place = _VALUE if pool.kind == "counter" else _MAXIMUM
    return float(max(row[_VALUE] if (high := row[place]) is None else high for row in pool.rows))


def _deviation(question: WindowRead, pool: Pool) -> float:
    return float(pool.values().std())


def _last(question: WindowRead, pool: Pool) -> float:
    return float(max((stretch.rows[-1] for stretch in pool.stretches), key=lambda row: row[_AT])[_VALUE])


def _quantile(question: WindowRead, pool: Pool) -> float:
    """Of a timing, of all its calls; otherwise linear between the nearest ranks, as PromQL's quantile_over_time."""
    share = question.quantile or 0.0
    if pool.kind == "timing":
        return _quantile_of_calls(share, question, pool)
    values = pool.values()
    values.sort()
    rank = share * (len(values) - 1)
    below = int(rank)
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (values[above] - values[below]) * (rank - below))


def _quantile_of_calls(share: float, question: WindowRead, pool: Pool) -> float:
    """From merged sketches, at most 1.1 % off, between the quickest and the slowest call."""
    extremes = _minimum(question, pool), _maximum(question, pool)
    return series.merged(list(pool.rows)).quantile(share, *extremes)


def _increase(question: WindowRead, pool: Pool) -> float | None:
    if pool.kind == "timing":
        return _count(question, pool)
    if pool.kind == "counter":
        return _sum(question, pool)
    grown = [_extrapolated(stretch, pool, is_counter=True) for stretch in pool.stretches]
    known = [each for each in grown if each is not None]
    return math.fsum(known) if known else None


def _rate(question: WindowRead, pool: Pool) -> float | None:
    increase = _increase(question, pool)
    return None if increase is None else increase / question.window_seconds


def _delta(question: WindowRead, pool: Pool) -> float | None:
    """Of several gauges, the change of their mean."""
    changed = [_extrapolated(stretch, pool, is_counter=False) for stretch in pool.stretches]
    known = [each for each in changed if each is not None]
    return math.fsum(known) / len(known) if known else None


def _extrapolated(stretch: Stretch, pool: Pool, *, is_counter: bool) -> float | None:
    """Prometheus' extrapolatedRate (promql/functions.go) before the division by the window; needs two snapshots."""
    rows = stretch.rows
    if len(rows) < 2 or rows[-1][_AT] == rows[0][_AT]:
        return None
    grown: float = rows[-1][_VALUE] - rows[0][_VALUE]
    if is_counter:
        grown += sum(a[_VALUE] for a, b in pairwise(rows) if b[_VALUE] < a[_VALUE])
    sampled = (rows[-1][_AT] - rows[0][_AT]) / 1000
    step = sampled / (len(rows) - 1)
    before, after = (rows[0][_AT] - pool.start_ms) / 1000, (pool.end_ms - rows[-1][_AT]) / 1000
    before = before if before < step * 1.1 else step / 2
    after = after if after < step * 1.1 else step / 2
    if is_counter and grown > 0 and rows[0][_VALUE] >= 0:
        before = min(before, sampled * rows[0][_VALUE] / grown)  # a counter was not below zero
    return float(grown * (sampled + before + after) / sampled)


def _line(pool: Pool) -> tuple[float, float] | None:
    """Slope per second and value at the end of the window, by least squares; None below two distinct times."""
    seconds, values = pool.seconds(), pool.values()
    spread = seconds - seconds.mean()
    divisor = float(spread @ spread)
    if divisor == 0:
        return None
    slope = float(spread @ (values - values.mean())) / divisor
    return slope, float(values.mean() - slope * seconds.mean())


def _slope(question: WindowRead, pool: Pool) -> float | None:
    line = _line(pool)
    return None if line is None else line[0]


def _prediction(question: WindowRead, pool: Pool) -> float | None:
    line = _line(pool)
    return None if line is None else line[1] + line[0] * (question.horizon_seconds or 0)


AGGREGATES: Final[Mapping[str, Aggregate]] = {
    "avg_over_time": _average,
    "min_over_time": _minimum,
    "max_over_time": _maximum,
    "sum_over_time": _sum,
    "count_over_time": _count,
    "stddev_over_time": _deviation,
    "last_over_time": _last,
    "quantile_over_time": _quantile,
    "delta": _delta,
    "increase": _increase,
    "rate": _rate,
    "deriv": _slope,
    "predict_linear": _prediction,
}
