"""What turns an array of numbers into bytes, by the number that leads each payload. None of them is ever removed.

1 is pcodec (https://github.com/pcodec/pcodec), 2 is zstd over differences in byte planes, where pcodec has no wheel.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import zstandard
from numpy.typing import NDArray

Numbers = NDArray[Any]  # of int64 or float64
PCODEC: Final = 1
ZSTD: Final = 2
_ZSTD_LEVEL = 9


class CodecMissing(RuntimeError):
    """The payload was packed by a codec that cannot be loaded here."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Packing keeps every bit of the numbers."""

    number: int
    pack: Callable[[Numbers], bytes]
    unpack: Callable[[bytes, type[Any]], Numbers]


@cache
def codec(number: int) -> Codec:
    """Raises CodecMissing."""
    if number == PCODEC:
        return _pcodec()
    if number == ZSTD:
        return Codec(ZSTD, _shuffled, _unshuffled)
    raise CodecMissing(f"codec {number} is not known here: it is of a newer version")


@cache
def best() -> Codec:
    """The one that new payloads are packed by."""
    try:
        return codec(PCODEC)
    except CodecMissing:
        return codec(ZSTD)


def _pcodec() -> Codec:
    try:
        standalone = importlib.import_module("pcodec").standalone
        config = importlib.import_module("pcodec").ChunkConfig()
    except ImportError as error:
        raise CodecMissing("codec 1 needs the package pcodec: pip install pcodec") from error

    def pack(numbers: Numbers) -> bytes:
        packed: bytes = standalone.simple_compress(np.ascontiguousarray(numbers), config)
        return packed

    def unpack(packed: bytes, kind: type[Any]) -> Numbers:
        found: Numbers | None = standalone.simple_decompress(packed)
        return np.empty(0, kind) if found is None else found

    return Codec(PCODEC, pack, unpack)


def _shuffled(numbers: Numbers) -> bytes:
    """Differences of the bits as integers, the first bytes of all of them, then the second ones and so on."""
    bits = np.ascontiguousarray(numbers).view(np.uint64)
    steps = np.diff(bits, prepend=np.uint64(0)).astype("<u8")
    planes = steps.view(np.uint8).reshape(-1, 8).T
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(planes.tobytes())


def _unshuffled(packed: bytes, kind: type[Any]) -> Numbers:
    planes = np.frombuffer(zstandard.ZstdDecompressor().decompress(packed), np.uint8).reshape(8, -1)
    steps = np.ascontiguousarray(planes.T).reshape(-1).view("<u8")
    return np.cumsum(steps, dtype=np.uint64).view(kind)
