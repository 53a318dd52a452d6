"""One column of a chunk as bytes: a tag that says how it is written, then that.

Most columns of real series are simple, and then take a few bytes: all equal, evenly spaced, the same as another one.
Floats that are decimals of few places, as most readings are, are packed as integers: a third smaller.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from monitoring.keeping.codecs import Codec, Numbers
from monitoring.keeping.frame import Floats, Integers

ABSENT, CONSTANT, EVEN, LIKE, DECIMAL, PACKED = range(6)
_MOST_PLACES: Final = 4
_EXACT: Final = 2.0**53
_INTEGER, _FLOAT = struct.Struct("<q"), struct.Struct("<d")


class Damaged(ValueError):
    """The bytes are no payload, or not whole."""


@dataclass(slots=True)
class Writer:
    """Columns one after the other."""

    codec: Codec
    out: bytearray

    def integers(self, column: Integers | None) -> None:
        if column is None:
            self.out.append(ABSENT)
        elif len(column) and (column == column[0]).all():
            self.out += bytes((CONSTANT,)) + _INTEGER.pack(column[0])
        elif _is_even(column):
            self.out += bytes((EVEN,)) + _INTEGER.pack(column[0]) + _INTEGER.pack(column[1] - column[0])
        else:
            self._packed(PACKED, column)

    def floats(self, column: Floats | None, like: Floats | None = None) -> None:
        """``like`` is a column that it may be the same as."""
        if column is None:
            self.out.append(ABSENT)
        elif like is not None and _same(column, like):
            self.out.append(LIKE)
        elif len(column) and _same(column, np.full(len(column), column[0])):
            self.out += bytes((CONSTANT,)) + _FLOAT.pack(column[0])
        else:
            self._decimals_or_floats(column)

    def blob(self, found: bytes) -> None:
        self.number(len(found))
        self.out += found

    def number(self, value: int) -> None:
        """A whole number from 0 on, as LEB128."""
        while value > 0x7F:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def _decimals_or_floats(self, column: Floats) -> None:
        for places in range(_MOST_PLACES + 1):
            whole = _whole(column, places)
            if whole is not None:
                self._packed(DECIMAL, whole, places)
                return
        self._packed(PACKED, column)

    def _packed(self, tag: int, column: Numbers, *extra: int) -> None:
        self.out += bytes((tag, *extra))
        self.blob(self.codec.pack(column) if len(column) else b"")


@dataclass(slots=True)
class Reader:
    """The same columns, read in the same order. Its methods raise Damaged."""

    codec: Codec
    payload: bytes
    place: int
    size: int = 0

    def integers(self, size: int | None = None) -> Integers | None:
        size = self.size if size is None else size
        tag = self._byte()
        if tag == ABSENT:
            return None
        if tag == CONSTANT:
            return np.full(size, self._fixed(_INTEGER), np.int64)
        if tag == EVEN:
            first, step = self._fixed(_INTEGER), self._fixed(_INTEGER)
            even: Integers = first + step * np.arange(size, dtype=np.int64)
            return even
        _refuse_unless(tag == PACKED, tag)
        return self._checked(self._unpacked(np.int64), size)

    def floats(self, like: Floats | None = None) -> Floats | None:
        tag = self._byte()
        if tag == ABSENT:
            return None
        if tag == LIKE:
            return like
        if tag == CONSTANT:
            return np.full(self.size, self._fixed(_FLOAT))
        if tag == DECIMAL:
            places = self._byte()
            whole = self._checked(self._unpacked(np.int64), self.size)
            return whole / 10.0**places if places else whole.astype(np.float64)
        _refuse_unless(tag == PACKED, tag)
        return self._checked(self._unpacked(np.float64), self.size)

    def blob(self) -> bytes:
        return self.taken(self.number())

    def taken(self, size: int) -> bytes:
        """The next bytes."""
        place = self._skip(size)
        return self.payload[place : place + size]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def _unpacked(self, kind: type[Any]) -> Numbers:
        packed = self.blob()
        return self.codec.unpack(packed, kind) if packed else np.empty(0, kind)

    def _checked(self, column: Numbers, size: int) -> Numbers:
        if len(column) != size:
            raise Damaged(f"a column has {len(column)} numbers, not {size}")
        return column

    def _byte(self) -> int:
        return self.payload[self._skip(1)]

    def _fixed(self, layout: struct.Struct) -> Any:
        (value,) = layout.unpack_from(self.payload, self._skip(layout.size))
        return value

    def _skip(self, size: int) -> int:
        if self.place + size > len(self.payload):
            raise Damaged("cut off")
        self.place += size
        return self.place - size


def _refuse_unless(is_known: bool, tag: int) -> None:
    if not is_known:
        raise Damaged(f"no column is written as {tag}")


def _is_even(column: Integers) -> bool:
    return len(column) > 2 and bool((np.diff(column) == column[1] - column[0]).all())


def _same(column: Floats, other: Floats) -> bool:
    """To the bit: -0.0 is not 0.0, and NaN, which stands for none, is NaN."""
    return np.array_equal(column.view(np.int64), other.view(np.int64))


def _whole(column: Floats, places: int) -> Integers | None:
    """The column times ten to the ``places`` as integers, when dividing them gives back every bit of it."""
    factor = 10.0**places
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is none
        scaled = np.rint(column * factor)
    if not (np.abs(scaled) < _EXACT).all():  # neither for NaN
        return None
    whole = scaled.astype(np.int64)
    return whole if _same(whole / factor, column) else None
