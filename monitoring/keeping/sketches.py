"""The sketches of a chunk as columns of numbers, which pack better than their bytes, and can be merged without those.

A sketch is a head (scale, zeros) and buckets, each a step from the one before and a count (``monitoring/sketch.py``).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.keeping.columns import Damaged, Reader, Writer
from monitoring.keeping.frame import Integers
from monitoring.merging import decoded_numbers
from monitoring.sketch import VERSION, SketchDamaged

Sketches = tuple[bytes | None, ...]
_HEAD = 3  # version, scale, zeros
_ABSENT, _COLUMNS, _RAW = range(3)


def write(writer: Writer, sketches: Sketches | None) -> None:
    """What is no sketch, since somebody damaged it, is kept as it is."""
    if sketches is None:
        writer.number(_ABSENT)
        return
    parts = _taken_apart([sketch for sketch in sketches if sketch is not None])
    if parts is None:
        _write_raw(writer, sketches)
        return
    writer.number(_COLUMNS)
    writer.integers(np.array([sketch is not None for sketch in sketches], np.int64))
    for column in parts:
        writer.number(len(column))
        writer.integers(column)


def read(reader: Reader) -> Sketches | None:
    """Raises Damaged."""
    how = reader.number()
    if how == _ABSENT:
        return None
    if how == _RAW:
        return _read_raw(reader)
    if how != _COLUMNS:
        raise Damaged(f"no sketches are written as {how}")
    is_there = reader.integers()
    parts = [reader.integers(reader.number()) for _ in range(5)]
    if is_there is None or any(part is None for part in parts):
        raise Damaged("a column of the sketches is missing")
    found = iter(_put_together(*[part for part in parts if part is not None]))
    return tuple(next(found) if flag else None for flag in is_there.tolist())


def _taken_apart(payloads: Sequence[bytes]) -> tuple[Integers, ...] | None:
    """Scales, zeros, numbers of buckets, steps and counts; None unless that gives back every byte."""
    try:
        numbers, firsts = decoded_numbers(payloads) if payloads else (np.empty(0, np.int64), np.empty(0, np.int64))
    except SketchDamaged:
        return None
    sizes = np.diff(firsts, append=len(numbers)) - _HEAD
    if (sizes < 0).any() or (sizes % 2).any():
        return None
    is_body = np.ones(len(numbers), bool)
    for place in range(_HEAD):
        is_body[firsts + place] = False
    body = numbers[is_body]
    parts = (numbers[firsts + 1], numbers[firsts + 2], sizes // 2, body[0::2], body[1::2])
    return parts if _put_together(*parts) == list(payloads) else None


def _put_together(
    scales: Integers, zeros: Integers, buckets: Integers, steps: Integers, counts: Integers
) -> list[bytes]:
    if len(steps) != buckets.sum() or len(counts) != len(steps):
        raise Damaged("the sketches' columns do not fit together")
    sizes = 2 * buckets + _HEAD
    firsts = np.cumsum(sizes) - sizes
    numbers = np.empty(int(sizes.sum()), np.int64)
    is_body = np.ones(len(numbers), bool)
    for place, column in enumerate((np.full(len(scales), VERSION), scales, zeros)):
        numbers[firsts + place] = column
        is_body[firsts + place] = False
    body = np.empty(2 * len(steps), np.int64)
    body[0::2], body[1::2] = steps, counts
    numbers[is_body] = body
    return _as_bytes(numbers, firsts)


def _as_bytes(numbers: Integers, firsts: Integers) -> list[bytes]:
    """LEB128, all numbers at once: seven bits a byte, lowest first."""
    lengths = np.ones(len(numbers), np.int64)
    rest = numbers >> 7
    while (rest > 0).any():
        lengths += rest > 0
        rest >>= 7
    begins = np.cumsum(lengths) - lengths
    data = np.zeros(int(lengths.sum()), np.uint8)
    for place in range(int(lengths.max(initial=0))):
        longer = lengths > place
        more = np.where(lengths[longer] > place + 1, 0x80, 0)
        data[begins[longer] + place] = (numbers[longer] >> 7 * place) & 0x7F | more
    text = data.tobytes()
    ends: NDArray[np.int64] = np.append(begins[firsts][1:], len(text))
    return [text[start:end] for start, end in zip(begins[firsts].tolist(), ends.tolist(), strict=True)]


def _write_raw(writer: Writer, sketches: Sketches) -> None:
    writer.number(_RAW)
    for sketch in sketches:
        writer.number(0 if sketch is None else len(sketch) + 1)
        writer.out += sketch or b""


def _read_raw(reader: Reader) -> Sketches:
    found: list[bytes | None] = []
    for _ in range(reader.size):
        size = reader.number()
        found.append(reader.taken(size - 1) if size else None)
    return tuple(found)
