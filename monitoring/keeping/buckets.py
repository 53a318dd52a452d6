"""Samples by equal parts of time, for charts and tables: what each part comes to, and its extremes."""

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from monitoring import merging
from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.keeping.kinds import VALUE_OF_PARTS
from monitoring.kinds import Kind
from monitoring.windows import TIMINGS

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Range:
    """A series in steps of ``step_ms``: arrays of one length, a place for each step that has samples.

    ``at_ms`` is where the step begins. ``value`` is what the kind is about: the last of a gauge, the increase of a
    counter, the slowest call of a timing. ``count`` is of values (calls), ``total`` their sum.
    """

    series_id: int
    metric: str
    kind: Kind
    tags: dict[str, str]
    step_ms: int
    at_ms: Integers
    value: Floats
    count: Integers
    total: Floats
    minimum: Floats
    maximum: Floats

    @property
    def mean(self) -> Floats:
        """From totals and counts, never by averaging averages."""
        return self.total / self.count

    @property
    def rate(self) -> Floats:
        """A second: of a counter its increase, of a timing its calls, of a gauge its values."""
        return (self.value if self.kind == Kind.COUNTER else self.count) / (self.step_ms / 1000)

    def pandas(self) -> "DataFrame":
        """A row for each step, by its time (UTC)."""
        from pandas import DataFrame, to_datetime

        names = ("value", "count", "total", "minimum", "maximum", "mean", "rate")
        index = to_datetime(self.at_ms, unit="ms", utc=True).tz_convert(UTC).rename("at")
        return DataFrame({name: getattr(self, name) for name in names}, index=index)


def bucketed(frame: Frame, start_ms: int, step_ms: int, kind: Kind) -> dict[str, Integers | Floats]:
    """The columns of a ``Range``, in steps from ``start_ms`` on."""
    begins, ends = _edges(frame, start_ms, step_ms)
    return {
        "at_ms": start_ms + (frame.at[begins] - start_ms) // step_ms * step_ms,
        "value": VALUE_OF_PARTS[kind](frame, begins, ends),
        "count": np.add.reduceat(frame.counts, begins),
        "total": np.add.reduceat(frame.totals, begins),
        "minimum": np.minimum.reduceat(frame.minima, begins),
        "maximum": np.maximum.reduceat(frame.maxima, begins),
    }


def quantiles(frame: Frame, start_ms: int, step_ms: int, share: float) -> tuple[Integers, Floats]:
    """Of the calls of a timing: where each step begins, and its quantile, from merged sketches."""
    begins, ends = _edges(frame, start_ms, step_ms)
    found = [quantile(frame.part(slice(first, last + 1)), share) for first, last in zip(begins, ends, strict=True)]
    return start_ms + (frame.at[begins] - start_ms) // step_ms * step_ms, np.array(found)


def quantile(frame: Frame, share: float) -> float:
    """Of all calls of a timing, at most 1.1 % off, between the quickest and the slowest."""
    whole = merging.merged(frame.rows(0, TIMINGS))
    return whole.quantile(share, float(frame.minima.min()), float(frame.maxima.max()))


def extremes(frame: Frame, start_ms: int, step_ms: int, kind: Kind) -> tuple[Integers, Floats]:
    """Two points a step: its minimum at its first time and its maximum at its last; one where they are the same.

    Of a timing, its values: each is the slowest call of an interval already.
    """
    begins, ends = _edges(frame, start_ms, step_ms)
    low = np.minimum.reduceat(frame.value if kind == Kind.TIMING else frame.minima, begins)
    high = np.maximum.reduceat(frame.value if kind == Kind.TIMING else frame.maxima, begins)
    at = np.column_stack((frame.at[begins], frame.at[ends])).reshape(-1)
    is_kept = np.column_stack((np.ones(len(low), bool), low != high)).reshape(-1)
    return at[is_kept], np.column_stack((low, high)).reshape(-1)[is_kept]


def _edges(frame: Frame, start_ms: int, step_ms: int) -> tuple[Integers, Integers]:
    """Places of the first and the last sample of each step that has some."""
    steps = (frame.at - start_ms) // step_ms
    begins = np.flatnonzero(np.diff(steps, prepend=steps[0] - 1)) if len(steps) else np.empty(0, np.int64)
    return begins, np.append(begins[1:], len(frame)) - 1 if len(begins) else begins
