"""Many stored sketches as one, thousands decoded at once: a window over many series holds hundreds of thousands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.sketch import SCALE, VERSION, Sketch, SketchDamaged, sketch_of
from monitoring.windows import COUNT, SIZES, SKETCH, TOTAL, VALUE, Row

AT_ONCE = 5_000
"""Payloads that are decoded together. More are hardly quicker, and each takes 3 KB meanwhile."""
_HEAD = 3  # numbers before the buckets: version, scale, zeros

Integers = NDArray[np.int64]


def merged(rows: Sequence[Row]) -> Sketch:
    """All calls of these timings (rows of ``windows.TIMINGS`` or ``windows.JOINED``) in one sketch, of the coarsest
    scale among them.

    A snapshot without a sketch counts its calls at their mean. Raises SketchDamaged.
    """
    alone = [sketch for row in rows if len(row) == SIZES and (sketch := row[SKETCH]) is not None]
    joined = [row for row in rows if len(row) > SIZES]
    whole = added_up([*alone, *(row[SKETCH] for row in joined)], _sizes(alone, ",".join(row[SIZES] for row in joined)))
    if len(alone) + len(joined) < len(rows):
        for row in rows:
            if row[SKETCH] is None:
                whole.merge(_at_their_mean(row))
    return whole


def _sizes(payloads: Sequence[bytes], more: str) -> Integers:
    sizes = np.fromiter(map(len, payloads), np.int64, len(payloads))
    return np.concatenate((sizes, np.fromstring(more, np.int64, sep=","))) if more else sizes


def _at_their_mean(row: Row) -> Sketch:
    calls = 1 if row[COUNT] is None else row[COUNT]
    one = sketch_of([row[VALUE] if row[TOTAL] is None else row[TOTAL] / calls])
    return Sketch(dict.fromkeys(one.counts, calls), one.zeros * calls)


def added_up(pieces: Sequence[bytes], sizes: Integers) -> Sketch:
    """What merging the decoded sketches one by one gives, which are so large each, one after another in the pieces.

    Raises SketchDamaged.
    """
    data = np.frombuffer(b"".join(pieces), np.uint8)
    ends = np.cumsum(sizes)
    if len(data) != (ends[-1] if len(ends) else 0):
        raise SketchDamaged("the sizes of the sketches are not theirs")
    parts = (_decoded(data, sizes[at : at + AT_ONCE], ends[at : at + AT_ONCE]) for at in range(0, len(sizes), AT_ONCE))
    whole = next(parts, Sketch())
    for part in parts:
        whole, finer = (part, whole) if part.scale < whole.scale else (whole, part)
        whole.merge(finer)
    return whole


def decoded_numbers(payloads: Sequence[bytes]) -> tuple[Integers, Integers]:
    """All numbers of these sketches, and where the first one of each is. Raises SketchDamaged."""
    sizes = _sizes(payloads, "")
    return _all_numbers(np.frombuffer(b"".join(payloads), np.uint8), sizes, np.cumsum(sizes))


def _decoded(data: NDArray[np.uint8], sizes: Integers, ends: Integers) -> Sketch:
    """Of the sketches that end there."""
    begin = int(ends[0] - sizes[0])
    return _sum(*_all_numbers(data[begin : int(ends[-1])], sizes, ends - begin))


def _all_numbers(data: NDArray[np.uint8], sizes: Integers, ends: Integers) -> tuple[Integers, Integers]:
    heads = ends - sizes
    _refuse_damaged(data, sizes, heads, ends)
    number_ends = np.flatnonzero(data < 0x80)
    return _numbers(data, number_ends), np.searchsorted(number_ends, heads)


def _refuse_damaged(data: NDArray[np.uint8], sizes: Integers, heads: Integers, ends: Integers) -> None:
    if sizes.min() < _HEAD or (data[heads] != VERSION).any() or (data[heads + 1] > SCALE).any():
        raise SketchDamaged("not a sketch of version 1")
    if (data[ends - 1] > 0x7F).any():
        raise SketchDamaged("cut off within a number")


def _numbers(data: NDArray[np.uint8], ends: Integers) -> Integers:
    """LEB128: seven bits a byte, lowest first, the last byte without its highest bit. ``ends`` is where each ends."""
    numbers = data[ends].astype(np.int64)
    if len(numbers) == len(data):
        return numbers
    begins = np.concatenate(([0], ends[:-1] + 1))
    longer = np.flatnonzero(ends > begins)
    ahead = ends[longer]
    while len(longer):  # a byte further from the end in each round
        ahead = ahead - 1
        numbers[longer] = (numbers[longer] << 7) | (data[ahead] & 0x7F)
        is_longer = ahead > begins[longer]
        longer, ahead = longer[is_longer], ahead[is_longer]
    return numbers


def _sum(numbers: Integers, firsts: Integers) -> Sketch:
    """Of each payload, from its first number on: the head, then for each bucket the step from the one before (of the
    first its place in zigzag) and a count."""
    sizes = np.diff(firsts, append=len(numbers)) - _HEAD
    if (sizes % 2 != 0).any():
        raise SketchDamaged("a bucket has no count")
    scales, zeros = numbers[firsts + 1], int(numbers[firsts + 2].sum())
    scale = int(scales.min())
    is_body = np.ones(len(numbers), bool)
    is_body[firsts] = is_body[firsts + 1] = is_body[firsts + 2] = False
    body = numbers[is_body]
    if not len(body):
        return Sketch({}, zeros, scale)
    buckets = sizes // 2
    indexes = _places(body[0::2], buckets)
    if int(scales.max()) != scale:
        indexes >>= np.repeat(scales - scale, buckets)
    return Sketch(_counted(indexes, body[1::2]), zeros, scale)


def _places(steps: Integers, buckets: Integers) -> Integers:
    """Where each bucket is, from the steps between those of a payload, which has so many ``buckets``."""
    buckets = buckets[buckets > 0]
    first = np.cumsum(buckets) - buckets
    steps = steps.copy()
    steps[first] = (steps[first] >> 1) ^ -(steps[first] & 1)
    sums: Integers = np.cumsum(steps)
    sums -= np.repeat(sums[first] - steps[first], buckets)
    return sums


_DOUBLINGS = 2100  # of all numbers that a float can be, from 2 ** -1074 to 2 ** 1024


def _counted(indexes: Integers, counts: Integers) -> dict[int, int]:
    lowest = int(indexes.min())
    if int(indexes.max()) - lowest > _DOUBLINGS << SCALE:
        raise SketchDamaged("buckets are further apart than any two values")
    totals = np.bincount(indexes - lowest, weights=counts)
    found = np.flatnonzero(totals)
    return dict(zip((found + lowest).tolist(), totals[found].astype(np.int64).tolist(), strict=True))
