"""What window functions compute of the snapshots in a window: PromQL's functions, with what our kinds know better.

A counter's increments are stored, so its increase is their sum and nothing is extrapolated; a snapshot of many values
counts them all; quantiles of a timing are of all its calls.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import WindowRead
from monitoring import series
from monitoring.series import AT, COUNT, MAXIMUM, MINIMUM, TOTAL, VALUE, Kind, Row, Stretch

Floats = NDArray[np.float64]
Aggregate = Callable[[WindowRead, "Pool"], float | None]
SUMMARISING: Final = frozenset({"avg_over_time", "min_over_time", "max_over_time"})
"""Functions that ask a snapshot of many values for more than its value."""
JOINING: Final = frozenset(
    {"quantile_over_time", "count_over_time", "increase", "rate", "min_over_time", "max_over_time"}
)
"""Functions that give exactly the same of a timing whose snapshots were joined to one."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The series that a question is about, of one kind, with the bounds of the window in ms."""

    stretches: Sequence[Stretch]
    start_ms: int
    end_ms: int

    @property
    def rows(self) -> list[Row]:
        return [*chain.from_iterable(stretch.rows for stretch in self.stretches)]

    @property
    def kind(self) -> Kind:
        return self.stretches[0].kind

    def column(self, place: int) -> list[float]:
        """A column of the summaries, with its value for a snapshot of one value."""
        rows = self.rows
        found = [row[place] for row in rows]
        if None not in found:
            return found
        return [row[VALUE] if summary is None else summary for row, summary in zip(rows, found, strict=True)]

    def calls(self) -> int:
        """Values that the snapshots sum up."""
        return sum(1 if row[COUNT] is None else row[COUNT] for row in self.rows)

    def values(self) -> Floats:
        return self._numbers(VALUE)

    def seconds(self) -> Floats:
        """Times before the end of the window."""
        return (self._numbers(AT) - self.end_ms) / 1000

    def _numbers(self, place: int) -> Floats:
        found = [np.asarray(stretch.column(place), float) for stretch in self.stretches]
        return found[0] if len(found) == 1 else np.concatenate(found)


def _count(question: WindowRead, pool: Pool) -> float:
    """Snapshots; of a timing, calls."""
    return float(pool.calls() if pool.kind == Kind.TIMING else len(pool.rows))


def _sum(question: WindowRead, pool: Pool) -> float:
    return math.fsum(pool.column(TOTAL if pool.kind == Kind.TIMING else VALUE))


def _average(question: WindowRead, pool: Pool) -> float:
    """From totals and counts, never by averaging averages; of a counter, of its increments."""
    if pool.kind == Kind.COUNTER:
        return float(pool.values().mean())
    return math.fsum(pool.column(TOTAL)) / pool.calls()


def _minimum(question: WindowRead, pool: Pool) -> float:
    return float(min(pool.column(VALUE if pool.kind == Kind.COUNTER else MINIMUM)))


def _maximum(question: WindowRead, pool: Pool) -> float:
    return float(max(pool.column(VALUE if pool.kind == Kind.COUNTER else MAXIMUM)))


def _deviation(question: WindowRead, pool: Pool) -> float:
    return float(pool.values().std())


def _last(question: WindowRead, pool: Pool) -> float:
    return float(max((stretch.rows[-1] for stretch in pool.stretches), key=lambda row: row[AT])[VALUE])


def _quantile(question: WindowRead, pool: Pool) -> float:
    """Of a timing, of all its calls; otherwise linear between the nearest ranks, as PromQL's quantile_over_time."""
    share = question.quantile or 0.0
    if pool.kind == Kind.TIMING:
        return _quantile_of_calls(share, pool)
    values = np.sort(pool.values())
    rank = share * (len(values) - 1)
    below = int(rank)
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (values[above] - values[below]) * (rank - below))


def _quantile_of_calls(share: float, pool: Pool) -> float:
    """From merged sketches, at most 1.1 % off, between the quickest and the slowest call."""
    return series.merged(pool.rows).quantile(share, min(pool.column(MINIMUM)), max(pool.column(MAXIMUM)))


def _increase(question: WindowRead, pool: Pool) -> float | None:
    if pool.kind == Kind.TIMING:
        return _count(question, pool)
    if pool.kind == Kind.COUNTER:
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
    if len(rows) < 2 or rows[-1][AT] == rows[0][AT]:
        return None
    grown: float = rows[-1][VALUE] - rows[0][VALUE]
    if is_counter:
        grown += sum(a[VALUE] for a, b in pairwise(rows) if b[VALUE] < a[VALUE])
    sampled = (rows[-1][AT] - rows[0][AT]) / 1000
    step = sampled / (len(rows) - 1)
    before, after = (rows[0][AT] - pool.start_ms) / 1000, (pool.end_ms - rows[-1][AT]) / 1000
    before = before if before < step * 1.1 else step / 2
    after = after if after < step * 1.1 else step / 2
    if is_counter and grown > 0 and rows[0][VALUE] >= 0:
        before = min(before, sampled * rows[0][VALUE] / grown)  # a counter was not below zero
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
