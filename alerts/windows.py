"""Answers window functions from stored snapshots: each span of time is read once per cycle for all rules that ask.

The window ends at the cycle's time and is open at its start, as in Prometheus 3. Functions are PromQL's over the stored
snapshots, with what our kinds know better: a counter's increments are stored, so its increase is their sum and nothing
is extrapolated; a snapshot of many values counts them all.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Facts, WindowRead
from monitoring import series
from monitoring.series import Row, Stretch

Floats = NDArray[np.float64]
Tags = frozenset[tuple[str, str]]
Span = tuple[int, int]  # window and offset, in seconds
Aggregate = Callable[[WindowRead, "Pool"], float | None]
_EVENTS: Final = frozenset({"counter", "timing"})
# places in a row, as monitoring.windows.Row has them
_AT: Final = 1
_VALUE: Final = 2
_COUNT: Final = 3
_TOTAL: Final = 4
_MINIMUM: Final = 5
_MAXIMUM: Final = 6


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


@dataclass(slots=True)
class Windows:
    """The reader of one cycle, at ``now_ms``; ``asked`` is everything that any rule may ask in it."""

    now_ms: int
    asked: Mapping[Span, frozenset[str]] = field(default_factory=dict)
    _read: dict[Span, dict[str, "Bundle"]] = field(default_factory=dict, init=False)
    _answers: dict[object, float | None] = field(default_factory=dict, init=False)

    def read(self, question: WindowRead, facts: Facts) -> float | None:
        """The answer, or None for an empty window. Raises series.WindowTooLarge, which breaks the condition."""
        bundle = self._bundle(question)
        if bundle is None:
            return None
        chosen = bundle.chosen(question, facts)
        if not chosen:
            return None
        is_all = len(chosen) == len(bundle.stretches)
        key = question, () if is_all else tuple(stretch.series_id for stretch in chosen)
        if key not in self._answers:
            start_ms, end_ms = self._bounds((question.window_seconds, question.offset_seconds))
            self._answers[key] = AGGREGATES[question.function](question, Pool(chosen, start_ms, end_ms))
        return self._answers[key]

    def _bundle(self, question: WindowRead) -> "Bundle | None":
        span = question.window_seconds, question.offset_seconds
        found = self._read.get(span)
        if found is None or question.metric not in self.asked.get(span, found):
            metrics = self.asked.get(span, frozenset()) | {question.metric}
            found = self._read[span] = _bundles(series.stretches(metrics, *self._bounds(span)))
        return found.get(question.metric)

    def _bounds(self, span: Span) -> tuple[int, int]:
        window_seconds, offset_seconds = span
        end_ms = self.now_ms - offset_seconds * 1000
        return end_ms - window_seconds * 1000, end_ms


@dataclass(slots=True)
class Bundle:
    """The series of one metric in a span, and which of them a question is about."""

    stretches: list[Stretch] = field(default_factory=list)
    _by_tags: dict[Tags, Stretch] = field(default_factory=dict, init=False)

    def chosen(self, question: WindowRead, facts: Facts) -> Sequence[Stretch]:
        """The subject's own series where it is of this metric, otherwise those that agree on the tags both have.

        Tags in the call restrict both; where they lead away from the subject they replace its own.
        """
        asked, own = dict(question.tags), facts[6] or {}
        if facts[1] == question.metric and not facts[0] and asked.items() <= own.items():
            mine = self._own(frozenset(own.items()))
            return () if mine is None else (mine,)
        wanted = {**own, **asked}
        if not wanted:
            return self.stretches
        return [one for one in self.stretches if asked.items() <= one.tags.items() and _agree(wanted, one.tags)]

    def _own(self, tags: Tags) -> Stretch | None:
        if not self._by_tags:
            self._by_tags = {frozenset(one.tags.items()): one for one in self.stretches}
        return self._by_tags.get(tags)


def spans_of(questions: Iterable[WindowRead]) -> dict[Span, frozenset[str]]:
    """Which metrics are asked for over each span, for reading every span once."""
    found: dict[Span, set[str]] = {}
    for question in questions:
        found.setdefault((question.window_seconds, question.offset_seconds), set()).add(question.metric)
    return {span: frozenset(metrics) for span, metrics in found.items()}


def _bundles(stretches: Iterable[Stretch]) -> dict[str, Bundle]:
    bundles: dict[str, Bundle] = {}
    for stretch in stretches:
        bundles.setdefault(stretch.metric, Bundle()).stretches.append(stretch)
    return bundles


def _agree(wanted: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    return all(tags.get(tag, value) == value for tag, value in wanted.items())


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
    return min(row[_VALUE] if (low := row[place]) is None else low for row in pool.rows)


def _maximum(question: WindowRead, pool: Pool) -> float:
    place = _VALUE if pool.kind == "counter" else _MAXIMUM
    return max(row[_VALUE] if (high := row[place]) is None else high for row in pool.rows)


def _deviation(question: WindowRead, pool: Pool) -> float:
    return float(pool.values().std())


def _last(question: WindowRead, pool: Pool) -> float:
    return max((stretch.rows[-1] for stretch in pool.stretches), key=lambda row: row[_AT])[_VALUE]


def _quantile(question: WindowRead, pool: Pool) -> float:
    """Linear between the two nearest ranks, as PromQL's quantile_over_time."""
    values = _distribution(pool)
    values.sort()
    rank = (question.quantile or 0.0) * (len(values) - 1)
    below = int(rank)
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (values[above] - values[below]) * (rank - below))


def _distribution(pool: Pool) -> Floats:
    """What quantiles are taken of. Merged sketches of timings come in here, and nowhere else."""
    return pool.values()


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
    grown = rows[-1][_VALUE] - rows[0][_VALUE]
    if is_counter:
        grown += sum(a[_VALUE] for a, b in pairwise(rows) if b[_VALUE] < a[_VALUE])
    sampled = (rows[-1][_AT] - rows[0][_AT]) / 1000
    step = sampled / (len(rows) - 1)
    before, after = (rows[0][_AT] - pool.start_ms) / 1000, (pool.end_ms - rows[-1][_AT]) / 1000
    before = before if before < step * 1.1 else step / 2
    after = after if after < step * 1.1 else step / 2
    if is_counter and grown > 0 and rows[0][_VALUE] >= 0:
        before = min(before, sampled * rows[0][_VALUE] / grown)  # a counter was not below zero
    return grown * (sampled + before + after) / sampled


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
