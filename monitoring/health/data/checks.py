"""The three checks of data files. ``files`` are names or patterns below ``AHGD_DATA_DIRS``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from monitoring.health.base import Check
from monitoring.health.data import files
from monitoring.health.data.files import SUFFIXES, DataFile, PatternRefused
from monitoring.health.data.rules import Rules, RulesRefused
from monitoring.health.listing import listed
from monitoring.health.status import Finding, against
from monitoring.health.times import span
from monitoring.models import Status

_MOST_NAMED = 5
_known: dict[tuple[Path, tuple[int, ...], str], list[str]] = {}  # a file that has not changed is not read again
_MOST_KNOWN = 500


@dataclass
class _DataCheck(Check):
    """Of the files that the console was told of; off until a data directory is set."""

    every_seconds: float = 300
    timeout: timedelta = timedelta(seconds=60)

    @property
    def is_enabled(self) -> bool:
        return bool(settings.CONFIG.data_dirs)

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(settings.CONFIG.data_files)


@dataclass
class DataFiles(_DataCheck):
    """Whether each pattern has a file that is not empty."""

    name: ClassVar[str] = "data_files"

    def find(self, now: datetime) -> Finding:
        found = {pattern: files.find(pattern) for pattern in self.patterns}
        missing = [f"{pattern} is missing" for pattern, some in found.items() if not some]
        every = {file.path: file for some in found.values() for file in some}.values()
        empty = [f"{file.name} is empty" for file in every if file.size_bytes == 0]
        facts = {"files": len(every), "missing": len(missing), "size_bytes": sum(file.size_bytes for file in every)}
        return _told([*missing, *empty], f"All {len(found)} are there, {len(every)} files", facts)


@dataclass
class DataFreshness(_DataCheck):
    """How long ago the oldest of them was written; of several that match one pattern the latest counts."""

    name: ClassVar[str] = "data_freshness"
    warning_hours: float = 24
    critical_hours: float = 168

    def find(self, now: datetime) -> Finding:
        newest = [max(some, key=lambda file: file.changed_at) for some in map(files.find, self.patterns) if some]
        return freshness(newest, now, self.warning_hours, self.critical_hours)


@dataclass
class DataQuality(_DataCheck):
    """Whether they keep their rules, which ``HEALTH_CHECKS`` in the settings gives by pattern."""

    name: ClassVar[str] = "data_quality"
    is_slow: ClassVar[bool] = True
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def find(self, now: datetime) -> Finding:
        found = [
            (file, Rules.parse(dict(rules))) for pattern, rules in self.rules.items() for file in files.find(pattern)
        ]
        return quality(found)


@dataclass
class DataFileCheck(Check):
    """One pattern that people entered: there, fresh, and as its rules say."""

    name: ClassVar[str] = "data"
    is_slow: ClassVar[bool] = True
    pattern: str = ""
    warning_hours: float = inf
    critical_hours: float = inf
    rules: Mapping[str, Any] = field(default_factory=dict, repr=False)
    timeout: timedelta = timedelta(seconds=60)

    def find(self, now: datetime) -> Finding:
        try:
            rules, found = Rules.parse(dict(self.rules)), files.find(self.pattern)
        except (PatternRefused, RulesRefused) as refused:
            return Finding(Status.UNKNOWN, str(refused))
        if not found:
            return Finding(Status.CRITICAL, f"{self.pattern} is missing", {"files": 0})
        whole = quality([(file, rules) for file in found])
        has_limit = self.warning_hours < inf or self.critical_hours < inf
        if whole.status is not Status.HEALTHY or not has_limit:
            return whole
        latest = max(found, key=lambda file: file.changed_at)
        return freshness([latest], now, self.warning_hours, self.critical_hours)


def freshness(some: list[DataFile], now: datetime, warning_hours: float, critical_hours: float) -> Finding:
    """By the one that was written longest ago."""
    if not some:
        return Finding(Status.UNKNOWN, "No file is there")
    oldest = min(some, key=lambda file: file.changed_at)
    age_hours = (now - oldest.changed_at).total_seconds() / 3600
    text = f"{oldest.name} is the oldest, written {span(age_hours * 3600)} ago"
    return Finding(against(age_hours, warning_hours, critical_hours), text, {"age_hours": round(age_hours, 2)})


def quality(some: list[tuple[DataFile, Rules]]) -> Finding:
    wrong = [f"{file.name}: {text}" for file, rules in some for text in _problems(file, rules)]
    if not some:
        return Finding(Status.UNKNOWN, "No file is there")
    return _told(wrong, f"{len(some)} files keep their rules", {"files": len(some), "problems": len(wrong)})


def _problems(file: DataFile, rules: Rules) -> list[str]:
    if file.path.suffix.casefold() not in SUFFIXES:
        return ["is no Parquet file, so its rules cannot be checked"]
    from monitoring.health.data import parquet  # pyarrow is large: only where there are data files

    key = (file.path, file.edition, repr(rules))
    try:
        found = _known[key] if key in _known else parquet.problems(file.path, rules)
    except parquet.Unreadable as error:  # not kept: why may lie in this process, such as too many open files
        return [f"cannot be read: {error}"]
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[key] = found
    return found


def _told(wrong: list[str], right: str, facts: dict[str, Any]) -> Finding:
    if not wrong:
        return Finding(Status.HEALTHY, right, facts)
    return Finding(Status.CRITICAL, listed(wrong, _MOST_NAMED), facts)
