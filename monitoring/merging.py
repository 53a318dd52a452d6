"""Many stored sketches as one, all decoded at once: a window over many series holds hundreds of thousands."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from monitoring.sketch import Sketch, SketchDamaged, sketch_of
from monitoring.windows import TIMINGS, Row

_VERSION = 1  # of the layout that monitoring/sketch.py writes
_VALUE, _COUNT, _TOTAL, _SKETCH = (TIMINGS.index(column) for column in ("value", "count", "total", "sketch"))

Integers = NDArray[np.int64]


def merged(rows: Collection[Row]) -> Sketch:
    """All calls of these timings (rows of ``windows.TIMINGS``) in one sketch, of the coarsest scale among them.

    A snapshot without a sketch counts its calls at their mean. Raises SketchDamaged.
    """
    whole = added_up([bytes(row[_SKETCH]) for row in rows if row[_SKETCH] is not None])
    for row in rows:
        if row[_SKETCH] is None:
            whole.merge(_at_their_mean(row))
    return whole


def _at_their_mean(row: Row) -> Sketch:
    calls = row[_COUNT] or 1
    one = sketch_of([row[_VALUE] if row[_TOTAL] is None else row[_TOTAL] / calls])
    return Sketch(dict.fromkeys(one.counts, calls), one.zeros * calls)


def added_up(payloads: Collection[bytes]) -> Sketch:
    """What merging the decoded sketches one by one gives. Raises SketchDamaged."""
    if not payloads:
        return Sketch()
    if min(map(len, payloads)) < 3:
        raise SketchDamaged("not a sketch of version 1")
    sizes = np.fromiter(map(len, payloads), np.int64, len(payloads))
    data = np.frombuffer(b"".join(payloads), np.uint8).astype(np.int64)
    heads = np.cumsum(sizes) - sizes
    if (data[heads] != _VERSION).any() or (data[np.cumsum(sizes) - 1] > 0x7F).any():
        raise SketchDamaged("not a sketch of version 1, or cut off within a number")
    scales, is_number = data[heads + 1], np.ones(len(data), bool)
    is_number[heads] = is_number[heads + 1] = False
    owners = np.repeat(np.arange(len(sizes)), sizes)[is_number]
    numbers, ends = _numbers(data[is_number])
    return _sum(numbers, owners[ends], scales)


def _numbers(varints: Integers) -> tuple[Integers, Integers]:
    """LEB128: seven bits a byte, lowest first, the last byte without its highest bit; and where each number ends."""
    ends = np.flatnonzero(varints < 0x80)
    begins = np.concatenate(([0], ends[:-1] + 1))
    places = np.arange(len(varints)) - np.repeat(begins, ends - begins + 1)
    return np.add.reduceat((varints & 0x7F) << (7 * places), begins), ends


def _sum(numbers: Integers, owners: Integers, scales: Integers) -> Sketch:
    """Of each owner: its zeros, then for each bucket the step from the one before (the first in zigzag) and a count."""
    sizes = np.bincount(owners)
    if (sizes % 2 == 0).any():
        raise SketchDamaged("a bucket has no count")
    places = np.arange(len(numbers)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    zeros, scale = int(numbers[places == 0].sum()), int(scales.min())
    is_step = places % 2 == 1
    steps, counts = numbers[is_step], numbers[(places % 2 == 0) & (places > 0)]
    if not len(steps):
        return Sketch({}, zeros, scale)
    first = np.flatnonzero(places[is_step] == 1)
    steps[first] = (steps[first] >> 1) ^ -(steps[first] & 1)
    sums = np.cumsum(steps)
    buckets = (sizes // 2)[sizes > 1]
    indexes = sums - np.repeat(sums[first] - steps[first], buckets)
    return Sketch(_counted(indexes >> (scales[owners[is_step]] - scale), counts), zeros, scale)


def _counted(indexes: Integers, counts: Integers) -> dict[int, int]:
    found, place = np.unique(indexes, return_inverse=True)
    totals = np.bincount(place, weights=counts)
    return {int(index): int(total) for index, total in zip(found, totals, strict=True)}
