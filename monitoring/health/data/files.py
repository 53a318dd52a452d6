"""Which files a pattern means, and whether checks may look at them: only what lies in ``AHGD_DATA_DIRS``."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG

from django.conf import settings

SUFFIXES = (".parquet", ".pq")
_MOST_FILES = 1000


class PatternRefused(ValueError):
    """The pattern leads to nowhere that checks may look; the text says what to do."""


@dataclass(frozen=True, slots=True)
class DataFile:
    path: Path
    size_bytes: int
    changed_at: datetime
    edition: tuple[int, ...]
    """Another one whenever the file is replaced or written, also where its times were set back."""

    @property
    def name(self) -> str:
        return self.path.name


def find(pattern: str) -> list[DataFile]:
    """Files that match a name or pattern within the data directories, whatever its case. Raises PatternRefused."""
    check_pattern(pattern)
    directory, _, name = pattern.rpartition("/")
    found = [file for root in settings.CONFIG.data_dirs for file in _files(root, directory, name.casefold())]
    return sorted(found, key=lambda file: file.path)


def check_pattern(pattern: str) -> None:
    """Raises PatternRefused."""
    if not settings.CONFIG.data_dirs:
        raise PatternRefused("No data directory is set: name it in AHGD_DATA_DIRS.")
    if pattern.startswith("/") or ".." in pattern.split("/") or "\0" in pattern or not pattern.rpartition("/")[2]:
        raise PatternRefused(
            "Write a name or pattern below AHGD_DATA_DIRS, such as seifa_*.parquet or 2021/sa2.parquet."
        )


def _files(root: Path, directory: str, name: str) -> Iterator[DataFile]:
    """The first thousand that match; one that goes away meanwhile is not there."""
    place = (root / directory).resolve()
    if not place.is_relative_to(root.resolve()) or not place.is_dir():
        return
    matching = sorted(path for path in place.iterdir() if fnmatchcase(path.name.casefold(), name))
    for path in matching[:_MOST_FILES]:
        with suppress(FileNotFoundError):
            stat = path.stat()
            if S_ISREG(stat.st_mode):
                yield _described(path, stat)


def _described(path: Path, stat: os.stat_result) -> DataFile:
    edition = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return DataFile(path, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC), edition)
