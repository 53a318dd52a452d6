"""Hours of a series: what raw samples come to when only their sums are kept.

An hour is a sample itself: ``at`` is the last time in it, ``count``, ``total``, extremes and sketch are of all its
values. So hours and samples that came late are joined in the same way as samples are, in any order.
"""

import numpy as np

from monitoring import merging
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.frame import Frame, Integers
from monitoring.keeping.kinds import VALUE_OF_PARTS
from monitoring.kinds import Kind
from monitoring.windows import TIMINGS


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
        np.add.reduceat(frame.totals, begins),
        np.minimum.reduceat(frame.minima, begins),
        np.maximum.reduceat(frame.maxima, begins),
        _sketches(frame, begins, ends) if kind == Kind.TIMING else None,
    )


def _sketches(frame: Frame, begins: Integers, ends: Integers) -> tuple[bytes, ...]:
    rows = frame.rows(0, TIMINGS)
    return tuple(
        merging.merged(rows[first : last + 1]).encode()
        for first, last in zip(begins.tolist(), ends.tolist(), strict=True)
    )
