"""A frame as the payload of a chunk, and back: every bit of every sample.

Layout: codec, version, CRC-32 of the rest (little endian), number of samples, then the columns in the order of
``Frame``; version 2 is without the first of them, the times, which are in a payload of their own. What a kind does not
have costs a byte; a counter's whole increments are integers, and what a timing repeats (its slowest call is both value
and maximum) is written once.
"""

import struct
import zlib
from functools import lru_cache
from typing import Final

import numpy as np

from monitoring.keeping import sketches
from monitoring.keeping.codecs import Codec, best, codec
from monitoring.keeping.columns import Damaged, Reader, Writer
from monitoring.keeping.frame import Frame, Integers
from monitoring.windows import SUMMARIES, TIMINGS, VALUES, Columns

WITH_TIMES, WITHOUT_TIMES = VERSIONS = (1, 2)
ALL: Final = (*TIMINGS, "edited")
_HEAD = struct.Struct("<BBI")
_WHAT_A_CODEC_RAISES = (ValueError, RuntimeError, OverflowError, MemoryError, IndexError)


def pack(frame: Frame, by: Codec | None = None, version: int = WITH_TIMES) -> bytes:
    """Without times only where those are kept elsewhere (``pack_times``)."""
    writer = _begun(len(frame), by)
    if version == WITH_TIMES:
        writer.integers(frame.at)
    writer.floats(frame.value)
    writer.integers(frame.count)
    writer.floats(frame.total, like=frame.value)
    writer.floats(frame.minimum, like=frame.value)
    writer.floats(frame.maximum, like=frame.value)
    sketches.write(writer, frame.sketches)
    writer.integers(None if frame.edited is None else frame.edited.astype(np.int64))
    return _closed(writer, version)


def unpack(payload: bytes | memoryview, columns: Columns = ALL, times: bytes | memoryview | None = None) -> Frame:
    """With these of its columns at least, which are the first ones. Raises Damaged, or CodecMissing.

    ``times`` is the payload that has them where its own has none.
    """
    read = _read_lately if len(columns) <= len(SUMMARIES) else _unpacked  # sketches are large
    return read(bytes(payload), len(columns), None if times is None else bytes(times))


def forget_lately_read() -> None:
    """What was unpacked lately is unpacked anew."""
    _read_lately.cache_clear()


def pack_times(at: Integers, by: Codec | None = None) -> bytes:
    writer = _begun(len(at), by)
    writer.integers(at)
    return _closed(writer, WITH_TIMES)


@lru_cache(maxsize=256)
def unpack_times(payload: bytes) -> Integers:
    """Not to be written to: the series that share them get the same array. Raises Damaged, or CodecMissing."""
    _, reader = _opened(payload)
    try:
        at = _times(reader, reader.number())
    except _WHAT_A_CODEC_RAISES as error:
        raise Damaged(f"times cannot be unpacked: {error}") from error
    at.flags.writeable = False
    return at


@lru_cache(maxsize=128)
def _read_lately(payload: bytes, width: int, times: bytes | None) -> Frame:
    """Charts ask for the same chunks at each refresh. At most 9 MB; by content, so never of a chunk that is no more."""
    frame = _unpacked(payload, width, times)
    for column in (frame.at, frame.value, frame.count, frame.total, frame.minimum, frame.maximum):
        if column is not None:
            column.flags.writeable = False
    return frame


def _unpacked(payload: bytes, width: int, times: bytes | None) -> Frame:
    version, reader = _opened(payload)
    if version == WITHOUT_TIMES and times is None:
        raise Damaged("its times are missing")
    at = unpack_times(times) if version == WITHOUT_TIMES and times is not None else None
    try:
        return _read(reader, width, at)
    except _WHAT_A_CODEC_RAISES as error:
        raise Damaged(f"cannot be unpacked: {error}") from error


def codec_of(payload: bytes | memoryview) -> int:
    return bytes(payload[:1])[0]


def _begun(size: int, by: Codec | None) -> Writer:
    writer = Writer(by or best(), bytearray())
    writer.number(size)
    return writer


def _closed(writer: Writer, version: int) -> bytes:
    body = bytes(writer.out)
    return _HEAD.pack(writer.codec.number, version, zlib.crc32(body)) + body


def _opened(payload: bytes) -> tuple[int, Reader]:
    """Its version, and a reader of what is behind the head."""
    if len(payload) < _HEAD.size:
        raise Damaged("too short for a payload")
    number, version, checksum = _HEAD.unpack_from(payload)
    if zlib.crc32(payload[_HEAD.size :]) != checksum:
        raise Damaged("its checksum is wrong")
    if version not in VERSIONS:
        raise Damaged(f"version {version} is not known here")
    return version, Reader(codec(number), payload, _HEAD.size)


def _times(reader: Reader, size: int) -> Integers:
    at = reader.integers(size)
    if at is None:
        raise Damaged("it has no times")
    return at


def _read(reader: Reader, width: int, at: Integers | None) -> Frame:
    reader.size = reader.number()
    if at is None:
        at = _times(reader, reader.size)
    value = reader.floats()
    if value is None or len(at) != reader.size:
        raise Damaged("it has no values, or times of other samples")
    if width <= len(VALUES):
        return Frame(at, value)
    count = reader.integers()
    total, minimum, maximum = (reader.floats(like=value) for _ in range(3))
    if width <= len(SUMMARIES):
        return Frame(at, value, count, total, minimum, maximum)
    found = sketches.read(reader)
    edited = reader.integers()
    return Frame(at, value, count, total, minimum, maximum, found, None if edited is None else edited.astype(bool))
