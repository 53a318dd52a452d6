"""Hours of a series: what raw samples come to when only their sums are kept.

An hour is a sample itself: ``at`` is the last time in it, ``count``, ``total``, extremes and sketch are of all its
values. So hours and samples that came late are joined in the same way as samples are, in any order.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from monitoring import merging
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.frame import Frame, Integers
from monitoring.keeping.kinds import VALUE_OF_PARTS, sums
from monitoring.kinds import Kind
from monitoring.sketch import Sketch, SketchDamaged
from monitoring.windows import SKETCH, TIMINGS, Row

_DOUBLINGS: Final = range(-1075, 1025)
"""Of every float above 0."""


def by_hour(frame: Frame, kind: Kind) -> Frame:
    """One sample an hour; hours without samples have none."""
    if not len(frame):
        return frame
    hours = frame.at // HOUR_MS
    begins = np.flatnonzero(np.diff(hours, prepend=hours[0] - 1))
    ends = np.append(begins[1:], len(frame)) - 1
    return Frame(
        frame.at[ends],
        VALUE_OF_PARTS[kind](frame, begins, ends),
        np.add.reduceat(frame.counts, begins),
        sums(frame.totals, begins),
        np.minimum.reduceat(frame.minima, begins),
        np.maximum.reduceat(frame.maxima, begins),
        _sketches(frame, begins, ends) if kind == Kind.TIMING else None,
    )


def counts_by_hour(frame: Frame) -> dict[int, int]:
    """Values in each hour, counted from the epoch; of samples or of hours."""
    hours, begins = np.unique(frame.at // HOUR_MS, return_index=True)
    counts: list[int] = np.add.reduceat(frame.counts, begins).tolist()
    return dict(zip(hours.tolist(), counts, strict=True))


def _sketches(frame: Frame, begins: Integers, ends: Integers) -> tuple[bytes, ...]:
    rows = frame.rows(0, TIMINGS)
    return tuple(
        _merged(rows[first : last + 1]).encode() for first, last in zip(begins.tolist(), ends.tolist(), strict=True)
    )


def _merged(rows: Sequence[Row]) -> Sketch:
    """As ``merging.merged`` does; calls whose sketch is damaged count at their mean, as those without one do."""
    try:
        return merging.merged(rows)
    except SketchDamaged:
        return merging.merged([row if _is_sound(row) else (*row[:SKETCH], None) for row in rows])


def _is_sound(row: Row) -> bool:
    """Alone, and beside any other sound one."""
    try:
        found = merging.merged([row])
    except SketchDamaged:
        return False
    return all(index >> found.scale in _DOUBLINGS for index in found.counts)
