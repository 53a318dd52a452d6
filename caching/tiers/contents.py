"""The bytes of entries in files, read and written with as few calls as can be."""

import os
from collections.abc import Sequence

from caching.codec import decoded, key_place
from caching.signing import Buffer

_SHORT_BYTES = 16384
_KEY_BYTES = 4096  # few keys end later


def whole(path: str) -> Buffer:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        start = os.read(descriptor, _SHORT_BYTES)
        if len(start) < _SHORT_BYTES:
            return start
        found = bytearray(os.fstat(descriptor).st_size)
        view, at = memoryview(found), 0
        while at < len(found) and (got := os.preadv(descriptor, [view[at:]], at)):
            at += got
        return found
    finally:
        os.close(descriptor)


def start_of(path: str, size_bytes: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, size_bytes)
    finally:
        os.close(descriptor)


def key_in(path: str) -> str | None:
    """The key that the entry names, unverified; None when the file is no entry."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        start = os.read(descriptor, _KEY_BYTES)
        place = key_place(start)
        if place is None or place[1] > os.fstat(descriptor).st_size:
            return None
        begin, end = place
        return decoded(start[begin:end] if end <= len(start) else os.pread(descriptor, end - begin, begin))
    finally:
        os.close(descriptor)


def write_all(descriptor: int, parts: Sequence[Buffer]) -> None:
    """At most 1024 parts, which is IOV_MAX of Linux."""
    written = os.writev(descriptor, parts)
    if written < sum(map(len, parts)):  # a full disk says so at the next write
        rest = memoryview(b"".join(parts))
        while written < len(rest):
            written += os.write(descriptor, rest[written:])
