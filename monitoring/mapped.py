"""A SQLite file mapped into memory while a window is read: its rows lie all over the file, a system call for each page.

Only meanwhile, so that the mapping is no part of what a process takes for long; other databases have nothing to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

_MAPPED_BYTES: Final = 256 << 20


@contextmanager
def mapped_file() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    _map(_MAPPED_BYTES)
    try:
        yield
    finally:
        _map(0)


def _map(size_bytes: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA mmap_size={size_bytes}")
