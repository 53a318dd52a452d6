"""A file of whole JSON lines, rotated by size; several processes may write it at once."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings as django_settings

from alerts.channels.base import (
    ChannelSettings,
    Message,
    Receipt,
    SettingsRefused,
    TransientFailure,
    Transport,
    one_line,
)

DIRECTORY = "logs"
"""In the state directory; a file channel writes nowhere else unless the environment allows it."""
DEFAULT_PATH = f"{DIRECTORY}/alerts.log"
DEFAULT_MAX_SIZE_MB = 10
DEFAULT_BACKUPS = 3
_SUFFIXES = (".log", ".json", ".jsonl", ".ndjson")
_MODE = 0o640
_PATIENCE_SECONDS = 1.0


class FileTransport(Transport):
    kind = "file"
    known = frozenset({"path", "max_size_mb", "backups"})

    def check(self, settings: ChannelSettings) -> None:
        path = settings.get("path", DEFAULT_PATH)
        if not isinstance(path, str) or not path.endswith(_SUFFIXES):
            raise SettingsRefused(f"path has to be the name of a file that ends in {', '.join(_SUFFIXES)}.")
        if ".." in Path(path).parts or not path.isprintable():
            raise SettingsRefused("path may not hold .. or invisible characters.")
        if not _is_ours(Path(path)):
            raise SettingsRefused(
                f"path has to begin with {DIRECTORY}/, in the state directory, "
                "or with a directory that AHGD_ALERT_FILE_DIRS names."
            )
        size_mb = settings.get("max_size_mb", DEFAULT_MAX_SIZE_MB)
        if not isinstance(size_mb, int | float) or isinstance(size_mb, bool) or not 0.01 <= size_mb <= 1000:
            raise SettingsRefused("max_size_mb has to be a number from 0.01 to 1000.")
        backups = settings.get("backups", DEFAULT_BACKUPS)
        if not isinstance(backups, int) or isinstance(backups, bool) or not 0 <= backups <= 100:
            raise SettingsRefused("backups has to be a whole number from 0 to 100.")

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        path = django_settings.STATE_DIR / settings.get("path", DEFAULT_PATH)  # an absolute path stays as it is
        line = json.dumps({"at": message.attempted_at.isoformat(), **message.facts()}, ensure_ascii=False)
        max_bytes = int(settings.get("max_size_mb", DEFAULT_MAX_SIZE_MB) * 1024 * 1024)
        try:
            with _turn(path) as is_alone:
                if is_alone:
                    _rotate(path, max_bytes, settings.get("backups", DEFAULT_BACKUPS))
                _append(path, f"{line}\n".encode(), mend=is_alone)
        except OSError as error:
            raise TransientFailure(one_line(f"{path}: {error.strerror or error}")) from error
        return Receipt(one_line(f"appended to {path}"))


def _is_ours(path: Path) -> bool:
    """Rotation deletes, so a file of somebody else's must not be named: the database's, a key, another program's."""
    if not path.is_absolute():
        return path.parts[0] == DIRECTORY
    return any(path.is_relative_to(allowed) for allowed in django_settings.CONFIG.alert_file_dirs)


@contextmanager
def _turn(path: Path) -> Iterator[bool]:
    """Waits for the other writers of ``path``; False after a second, as a frozen one must not hold up alerts."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        yield _acquired(lock)
    finally:
        os.close(lock)


def _acquired(lock: int) -> bool:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(0.005)


def _append(path: Path, line: bytes, *, mend: bool) -> None:
    """Adds ``line`` by one write at the end, which the kernel keeps apart from others' lines. Raises OSError.

    A full disk can cut the write short; the piece is taken back. A crash may leave one too: to ``mend`` is to start
    on a new line then.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        size = os.fstat(descriptor).st_size
        if mend and size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        written = os.write(descriptor, line)
        if written < len(line):
            if os.fstat(descriptor).st_size == size + written:
                os.ftruncate(descriptor, size)
            raise OSError(f"only {written} of {len(line)} bytes could be written: is the disk full?")
    finally:
        os.close(descriptor)


def _rotate(path: Path, max_bytes: int, backups: int) -> None:
    """Moves a file that has grown past ``max_bytes`` to ``.1``, the older ones up. Raises OSError."""
    if not _is_large(path, max_bytes):
        return
    if backups == 0:
        path.unlink()
    names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, backups + 1))]
    for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
        with suppress(FileNotFoundError):
            newer.replace(older)


def _is_large(path: Path, max_bytes: int) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_size >= max_bytes
    return False
