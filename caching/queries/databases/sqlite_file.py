"""Whether a SQLite file was changed, by whomever, without asking SQLite.

Source: the file formats at sqlite.org/fileformat2.html (file change counter, bytes 24 to 27 of the header; header of
the write-ahead log) and sqlite.org/walformat.html (header of the index of the log, the ``-shm`` file).

A process that closes any descriptor of a file loses all its locks on it, those of SQLite's connections too, and then
another process may take away the log that they still write (sqlite.org/howtocorrupt.html, 2.2). So what is opened
here stays open for as long as the file is there.
"""

import os
import threading
from hashlib import blake2b
from pathlib import Path

_HEADER_BYTES = 100
_LOG_HEADER_BYTES = 32
_LOG_INDEX_HEADER_BYTES = 48  # counter of changes, number of frames, check sums, salts


def file_version(path: Path) -> str | None:
    """Changes with each commit; None when there is no file to look at.

    With a write-ahead log a commit leaves the file's own counter alone. It changes the header of the log's index,
    which all connections share, and where there is none (one process with the file to itself) the log's size or salts.
    """
    try:
        stat = path.stat()
        header = _first_bytes(path, _HEADER_BYTES)[24:28]
    except OSError:
        return None
    digest = blake2b(header, digest_size=12)
    # Another file may be put in its place; and when the log is folded into the file, the counter need not move.
    digest.update(f"{stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns}".encode())
    for suffix, length in (("-wal", _LOG_HEADER_BYTES), ("-shm", _LOG_INDEX_HEADER_BYTES)):
        digest.update(_of_side_file(Path(f"{path}{suffix}"), length, with_times=suffix == "-wal"))
    return digest.hexdigest()


def _of_side_file(path: Path, length: int, with_times: bool) -> bytes:
    try:
        content = _first_bytes(path, length)
        stat = path.stat()
    except FileNotFoundError:
        return b"-"
    return content + (f"{stat.st_size} {stat.st_mtime_ns}".encode() if with_times else b"")


def _first_bytes(path: Path, length: int) -> bytes:
    with _lock:
        return os.pread(_descriptor(path), length, 0)


def _descriptor(path: Path) -> int:
    """Opened once; again when another file is in its place."""
    kept = _descriptors.get(path)
    if kept is not None:
        if _is_at(path, kept):
            return kept
        os.close(_descriptors.pop(path))
    _descriptors[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return _descriptors[path]


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it


_descriptors: dict[Path, int] = {}
_lock = threading.Lock()
os.register_at_fork(after_in_child=_after_fork)
