"""Hours of a series: what raw samples come to when only their sums are kept.

An hour is a sample itself: ``at`` is the last time in it, ``count``, ``total``, extremes and sketch are of all its
values. So hours and samples that came late are joined in the same way as samples are, in any order.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from monitoring import merging
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.kinds import Kind
from monitoring.windows import TIMINGS

Begins = Integers  # where each hour's first sample is


def by_hour(frame: Frame, kind: Kind) -> Frame:
    """One sample an hour; hours without samples have none."""
    if not len(frame):
        return frame
    hours = frame.at // HOUR_MS
    begins = np.flatnonzero(np.diff(hours, prepend=hours[0] - 1))
    ends = np.append(begins[1:], len(frame)) - 1
    return Frame(
        frame.at[ends],
        _VALUES[kind](frame, begins, ends),
        np.add.reduceat(frame.counts, begins),
        np.add.reduceat(frame.totals, begins),
        np.minimum.reduceat(frame.minima, begins),
        np.maximum.reduceat(frame.maxima, begins),
        _sketches(frame, begins, ends) if kind == Kind.TIMING else None,
    )


def _sketches(frame: Frame, begins: Begins, ends: Integers) -> tuple[bytes, ...]:
    rows = frame.rows(0, TIMINGS)
    return tuple(
        merging.merged(rows[first : last + 1]).encode()
        for first, last in zip(begins.tolist(), ends.tolist(), strict=True)
    )


def _last(frame: Frame, begins: Begins, ends: Integers) -> Floats:
    return frame.value[ends]


def _sum(frame: Frame, begins: Begins, ends: Integers) -> Floats:
    found: Floats = np.add.reduceat(frame.value, begins)
    return found


def _slowest(frame: Frame, begins: Begins, ends: Integers) -> Floats:
    found: Floats = np.maximum.reduceat(frame.value, begins)
    return found


_VALUES: Final[Mapping[Kind, Callable[[Frame, Begins, Integers], Floats]]] = {
    Kind.GAUGE: _last,
    Kind.COUNTER: _sum,
    Kind.TIMING: _slowest,
}
