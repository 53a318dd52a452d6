"""Which files a pattern means, and whether checks may look at them: only what lies in ``AHGD_DATA_DIRS``."""

from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

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

    @property
    def name(self) -> str:
        return self.path.name


def find(pattern: str) -> list[DataFile]:
    """Files that match a name or pattern within the data directories, whatever its case. Raises PatternRefused."""
    check_pattern(pattern)
    directory, _, name = pattern.rpartition("/")
    found = []
    for root in settings.CONFIG.data_dirs:
        found += [file for file in _files(root, directory) if fnmatchcase(file.name.casefold(), name.casefold())]
    return sorted(found, key=lambda file: file.path)


def check_pattern(pattern: str) -> None:
    """Raises PatternRefused."""
    if not settings.CONFIG.data_dirs:
        raise PatternRefused("No data directory is set: name it in AHGD_DATA_DIRS.")
    if pattern.startswith("/") or ".." in pattern.split("/") or "\0" in pattern or not pattern.rpartition("/")[2]:
        raise PatternRefused(
            "Write a name or pattern below AHGD_DATA_DIRS, such as seifa_*.parquet or 2021/sa2.parquet."
        )


def _files(root: Path, directory: str) -> list[DataFile]:
    place = (root / directory).resolve()
    if not place.is_relative_to(root.resolve()) or not place.is_dir():
        return []
    paths = [path for path in sorted(place.iterdir())[:_MOST_FILES] if path.is_file()]
    return [_described(path) for path in paths]


def _described(path: Path) -> DataFile:
    stat = path.stat()
    return DataFile(path, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))
