"""The file tier: one file an entry, shared by the processes of a host, with no index that could be wrong.

A file appears under its name when it is whole (rename), so readers never see a part and a killed writer leaves a draft
that a later sweep removes. Its modification time is when it ends: a sweep knows what has expired without opening it,
and, since that lies in the future, ``relatime`` mounts keep the time of the last access, by which entries leave when
the budget is spent.
"""

import errno
import itertools
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from blake3 import blake3

from caching.codec import PEEK_BYTES, encoded
from caching.signing import Buffer
from caching.stats import Tally
from caching.tiers import contents
from caching.tiers.base import TierFailed, TierFull, Usage

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FOR_EVER_SECONDS = 3_000_000_000.0
_DRAFT_SECONDS = 60.0  # the longest that writing one takes
_DRAFT = ".draft"
_FEW_ENTRIES = 2000  # who sets a value may wait until so many are looked at, a few milliseconds
_FIRST_SHARE = 1 / 8  # of the room is for a process that has not written yet
_ROOM = 0.9  # of the budget is what a sweep leaves
_SKEW_SECONDS = 5.0  # by which the clock of the file system may be ahead
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    size_bytes: int
    ends_at: float
    used_at: float


class FileTier:
    """Entries below ``directory`` in at most ``limit_bytes`` of disk, as far as writers know of each other."""

    name = "file"

    def __init__(self, directory: Path, limit_bytes: int, sweep_seconds: float = 3600) -> None:
        self.tally = Tally()
        self._root = str(directory)
        self._limit_bytes = limit_bytes
        self._sweep_seconds = sweep_seconds
        self._drafts = itertools.count()
        self._writer = secrets.token_hex(4)
        self._sweeping = threading.Lock()
        self._next_sweep = 0.0
        self._allowance_bytes = 0.0  # what this process may write before it looks again
        self._written_bytes = 0
        self._size_after_sweep = 0
        self._swept_entries = _FEW_ENTRIES  # not known yet, so it may be many

    def read(self, key: str) -> Buffer | None:
        try:
            return contents.whole(self._path(key))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(error) from error

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]:
        found = ((key, self.read(key)) for key in keys)
        return {key: entry for key, entry in found if entry is not None}

    def peek(self, key: str) -> Buffer | None:
        try:
            return contents.start_of(self._path(key), PEEK_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(error) from error

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        path, size_bytes = self._path(key), sum(map(len, entry))
        if size_bytes > _ROOM * self._limit_bytes:  # it would leave room for nothing else
            self._unlink(path)
            raise TierFull(f"{size_bytes} bytes are too many for one entry")
        _written(lambda: self._replace(path, entry, ttl_seconds))
        self._account(size_bytes)

    def claim(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        path = self._path(key)
        return _written(lambda: self._create(path, entry, ttl_seconds))

    def delete(self, keys: Iterable[str]) -> int:
        return sum(self._unlink(self._path(key)) for key in keys)

    def keys(self) -> Iterator[str]:
        try:
            for found in self._scan():
                with suppress(FileNotFoundError):
                    key = contents.key_in(found.path)
                    if key is not None:
                        yield key
        except OSError as error:
            raise _failed(error) from error

    def clear(self) -> int:
        """Removes all entries, also those that are not ours; how many there were."""
        try:
            return sum([self._unlink(found.path) for found in self._scan()])
        except OSError as error:
            raise _failed(error) from error

    def usage(self) -> Usage:
        try:
            sizes = [found.size_bytes for found in self._scan()]
        except OSError as error:
            raise _failed(error) from error
        return Usage(len(sizes), sum(sizes), self._limit_bytes)

    def ping(self) -> None:
        """An entry can be written: a full or read-only disk is found out here."""
        self.write("\x1fping", (b"?",), 0)

    def close(self) -> None:
        """Holds nothing open."""

    def after_fork(self) -> None:
        self._sweeping = threading.Lock()

    def sweep(self) -> None:
        """Removes what has expired and what killed writers left, then what was used longest ago, to keep the budget.

        OSError when the directory cannot be read. Removes nothing twice when several processes sweep at once.
        """
        sweeping = self._sweeping
        if not sweeping.acquire(blocking=False):
            return
        try:
            now = time.time()
            written, self._written_bytes = self._written_bytes, 0
            found = [one for one in self._scan(with_drafts=True) if not self._is_over(one, now)]
            size = sum(one.size_bytes for one in found)
            others = max(0, size - self._size_after_sweep - written)
            size = self._evict(found, size) if size > _ROOM * self._limit_bytes else size
            # Room is shared with the other writers in the proportion of what each has written since the last time.
            share = written / (written + others) if written else _FIRST_SHARE
            self._allowance_bytes = max(self._limit_bytes - size, 0) * share / 2
            self._size_after_sweep = size
            self._next_sweep = time.monotonic() + self._sweep_seconds
            self._swept_entries = len(found)
        finally:
            sweeping.release()

    def _is_over(self, one: _Found, now: float) -> bool:
        limit = one.ends_at if not one.path.endswith(_DRAFT) else one.used_at + _DRAFT_SECONDS
        if limit > now:
            return False
        self._unlink(one.path)
        return True

    def _evict(self, found: list[_Found], size: int) -> int:
        found.sort(key=lambda one: one.used_at)
        for one in found:
            if size <= _ROOM * self._limit_bytes:
                break
            self.tally.evictions += self._unlink(one.path)
            size -= one.size_bytes
        return size

    def _account(self, size_bytes: int) -> None:
        self._written_bytes += -(-size_bytes // 4096) * 4096  # whole blocks, as the disk does
        if self._written_bytes > self._allowance_bytes or time.monotonic() > self._next_sweep:
            if self._swept_entries < _FEW_ENTRIES:
                self._sweep_quietly()
            elif not self._sweeping.locked():
                threading.Thread(target=self._sweep_quietly, name="cache-sweep", daemon=True).start()

    def _sweep_quietly(self) -> None:
        with suppress(OSError, TierFailed):  # the next one tries again
            self.sweep()

    def _path(self, key: str) -> str:
        name = blake3(encoded(key)).hexdigest(16)
        return f"{self._root}/{name[:2]}/{name}"

    def _replace(self, path: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        draft = self._draft(path, entry, ttl_seconds)
        self._unlink(path)  # replacing by rename would have ext4 write the new one to the disk first
        os.replace(draft, path)

    def _create(self, path: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        draft = self._draft(path, entry, ttl_seconds)
        try:
            return self._link(draft, path) or (self._remove_expired(path) and self._link(draft, path))
        finally:
            self._unlink(draft)

    def _draft(self, path: str, entry: Sequence[Buffer], ttl_seconds: float) -> str:
        draft = f"{path}.{self._writer}.{os.getpid()}.{next(self._drafts)}{_DRAFT}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(draft, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(draft), mode=0o700, exist_ok=True)
            descriptor = os.open(draft, flags, 0o600)
        now = time.time()
        try:
            contents.write_all(descriptor, entry)
            os.utime(descriptor, (now, now + min(ttl_seconds, _FOR_EVER_SECONDS)))
        except OSError:
            self._unlink(draft)
            raise
        finally:
            os.close(descriptor)
        return draft

    def _link(self, draft: str, path: str) -> bool:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        return True

    def _remove_expired(self, path: str) -> bool:
        """Of several that see it expired one removes it: what was moved aside is put back when it was a newer one."""
        aside = f"{path}.{self._writer}.{os.getpid()}.{next(self._drafts)}{_DRAFT}"
        try:
            before = os.stat(path)
            if not _is_over(before):
                return False
            os.rename(path, aside)
        except FileNotFoundError:
            return True
        after = os.stat(aside)  # being moved it has another ctime
        is_over = _is_over(after) or (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        if not is_over:
            self._link(aside, path)
        self._unlink(aside)
        return is_over

    def _unlink(self, path: str) -> bool:
        try:
            os.unlink(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _failed(error) from error
        return True

    def _scan(self, with_drafts: bool = False) -> Iterator[_Found]:
        for shard in _entries_of(self._root):
            if len(shard.name) == 2 and shard.is_dir(follow_symlinks=False):
                for entry in _entries_of(shard.path):
                    if with_drafts or not entry.name.endswith(_DRAFT):
                        with suppress(FileNotFoundError):
                            status = entry.stat(follow_symlinks=False)
                            size_bytes = max(
                                status.st_blocks * 512, status.st_size
                            )  # some file systems keep small ones elsewhere
                            yield _Found(entry.path, size_bytes, status.st_mtime, status.st_atime)


def _entries_of(directory: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _written(write: Callable[[], T]) -> T:
    """Once more when the draft went away meanwhile, as it does when somebody removes the directory."""
    try:
        try:
            return write()
        except FileNotFoundError:
            return write()
    except FileNotFoundError as error:
        raise TierFull("the directory is being removed") from error
    except OSError as error:
        raise _failed(error) from error


def _is_over(status: os.stat_result) -> bool:
    """It has ended; or it is from a clock that was set back since, so that nobody knows when it ends."""
    now = time.time()
    return status.st_mtime <= now or status.st_ctime > now + _SKEW_SECONDS


def _failed(error: OSError) -> TierFailed:
    kind = TierFull if error.errno in _FULL else TierFailed
    return kind(error.strerror or str(error))
