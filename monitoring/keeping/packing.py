"""A frame as the payload of a chunk, and back: every bit of every sample.

Layout: codec, version, CRC-32 of the rest (little endian), number of samples, then the columns in the order of
``Frame``. What a kind does not have costs a byte; a counter's whole increments are integers, and what a timing repeats
(its slowest call is both value and maximum) is written once.
"""

import struct
import zlib
from typing import Final

import numpy as np

from monitoring.keeping import sketches
from monitoring.keeping.codecs import Codec, best, codec
from monitoring.keeping.columns import Damaged, Reader, Writer
from monitoring.keeping.frame import Frame
from monitoring.windows import SUMMARIES, TIMINGS, VALUES, Columns

VERSION: Final = 1
ALL: Final = (*TIMINGS, "edited")
_HEAD = struct.Struct("<BBI")
_WHAT_A_CODEC_RAISES = (ValueError, RuntimeError, OverflowError, MemoryError, IndexError)


def pack(frame: Frame, by: Codec | None = None) -> bytes:
    by = by or best()
    writer = Writer(by, bytearray())
    writer.number(len(frame))
    writer.integers(frame.at)
    writer.floats(frame.value)
    writer.integers(frame.count)
    writer.floats(frame.total, like=frame.value)
    writer.floats(frame.minimum, like=frame.value)
    writer.floats(frame.maximum, like=frame.value)
    sketches.write(writer, frame.sketches)
    writer.integers(None if frame.edited is None else frame.edited.astype(np.int64))
    body = bytes(writer.out)
    return _HEAD.pack(by.number, VERSION, zlib.crc32(body)) + body


def unpack(payload: bytes | memoryview, columns: Columns = ALL) -> Frame:
    """With these of its columns at least, which are the first ones. Raises Damaged, or CodecMissing."""
    reader = _opened(bytes(payload))
    try:
        return _read(reader, len(columns))
    except _WHAT_A_CODEC_RAISES as error:
        raise Damaged(f"cannot be unpacked: {error}") from error


def codec_of(payload: bytes | memoryview) -> int:
    return bytes(payload[:1])[0]


def _opened(payload: bytes) -> Reader:
    if len(payload) < _HEAD.size:
        raise Damaged("too short for a payload")
    number, version, checksum = _HEAD.unpack_from(payload)
    if zlib.crc32(payload[_HEAD.size :]) != checksum:
        raise Damaged("its checksum is wrong")
    if version != VERSION:
        raise Damaged(f"version {version} is not known here")
    return Reader(codec(number), payload, _HEAD.size)


def _read(reader: Reader, width: int) -> Frame:
    reader.size = reader.number()
    at, value = reader.integers(), reader.floats()
    if at is None or value is None:
        raise Damaged("it has no times or no values")
    if width <= len(VALUES):
        return Frame(at, value)
    count = reader.integers()
    total, minimum, maximum = (reader.floats(like=value) for _ in range(3))
    if width <= len(SUMMARIES):
        return Frame(at, value, count, total, minimum, maximum)
    found = sketches.read(reader)
    edited = reader.integers()
    return Frame(at, value, count, total, minimum, maximum, found, None if edited is None else edited.astype(bool))
