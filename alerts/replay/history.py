"""What was stored over a stretch of time, held in memory and asked as of each moment of it."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.health.feed import Result
from monitoring.series import AT, VALUE, Columns, Fresh, Kind, Quiet, Row, Stretch, Subject

Floats = NDArray[np.float64]
KEPT = 12
"""Snapshots of a series that stay, however old: its usual step is taken from them."""


@dataclass(slots=True)
class Tape:
    """What one series said, in time order."""

    subject: Subject
    kind: Kind
    at_ms: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    _numbers: dict[int, Floats] = field(default_factory=dict, init=False)

    def numbers(self, place: int) -> Floats:
        """A column of all rows, made once for each part that is read."""
        if place not in self._numbers:
            self._numbers[place] = np.array([row[place] for row in self.rows], float)
        return self._numbers[place]

    def extend(self, rows: Iterable[Row]) -> None:
        fresh = list(rows)
        self._numbers.clear()
        self.rows += fresh
        self.at_ms += [row[AT] for row in fresh]

    def forget(self, before_ms: int) -> None:
        place = min(bisect_right(self.at_ms, before_ms), max(len(self.at_ms) - KEPT, 0))
        del self.at_ms[:place], self.rows[:place]
        self._numbers.clear()

    def until(self, now_ms: int) -> int:
        """How many of its snapshots were known by then."""
        return bisect_right(self.at_ms, now_ms)

    def last_at(self, now_ms: int) -> int | None:
        known = self.until(now_ms)
        return self.at_ms[known - 1] if known else None

    def step_ms(self, now_ms: int) -> float:
        known = self.until(now_ms)
        times = self.at_ms[max(known - KEPT, 0) : known]
        return median(late - early for early, late in pairwise(times)) if len(times) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Excerpt(Stretch):
    """Rows ``first`` to ``last`` of a tape."""

    tape: Tape | None = None
    first: int = 0
    last: int = 0

    def column(self, place: int) -> Any:
        if self.tape is None or place not in (AT, VALUE):
            return [row[place] for row in self.rows]
        return self.tape.numbers(place)[self.first : self.last]


@dataclass(slots=True)
class History:
    """A ``Source`` as of ``now_ms``, which whoever replays moves on."""

    now_ms: int = 0
    by_fingerprint: dict[str, Tape] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    _by_id: dict[int, Tape] = field(default_factory=dict)
    _by_metric: dict[str, list[Tape]] = field(default_factory=dict)

    def add(self, stretch: Stretch, subject: Subject) -> None:
        """The next rows of a series."""
        tape = self._by_id.get(stretch.series_id)
        if tape is None:
            tape = self._by_id[stretch.series_id] = Tape(subject, stretch.kind)
            self.by_fingerprint[subject.fingerprint] = tape
            self._by_metric.setdefault(stretch.metric, []).append(tape)
        tape.extend(stretch.rows)

    def forget(self, before_ms: int) -> None:
        for tape in self._by_id.values():
            tape.forget(before_ms)

    def kinds(self) -> dict[int, Kind]:
        """By the id of the series."""
        return {series_id: tape.kind for series_id, tape in self._by_id.items()}

    def newest(self, fingerprints: Collection[str]) -> list[tuple[Subject, Fresh]]:
        found = []
        for fingerprint in fingerprints:
            tape = self.by_fingerprint.get(fingerprint)
            if tape is not None and (known := tape.until(self.now_ms)):
                row = tape.rows[known - 1]
                found.append((tape.subject, (tape.subject.series_id, row[AT], row[VALUE])))
        return found

    def quiet(self, fingerprints: Collection[str], before_ms: int) -> dict[str, Quiet]:
        found = {}
        for fingerprint in fingerprints:
            tape = self.by_fingerprint.get(fingerprint)
            last = None if tape is None else tape.last_at(self.now_ms)
            if tape is not None and last is not None and last < before_ms:
                others = [one.last_at(self.now_ms) for one in self._by_metric[tape.subject.name]]
                latest = max(at for at in others if at is not None)
                found[fingerprint] = Quiet(last, tape.kind != Kind.GAUGE, tape.step_ms(self.now_ms), latest)
        return found

    def usual_step_ms(self, fingerprint: str) -> float:
        tape = self.by_fingerprint.get(fingerprint)
        return 0.0 if tape is None else tape.step_ms(self.now_ms)

    def stretches(
        self, metrics: Collection[str], start_ms: int, end_ms: int, columns: Columns, joined: Collection[str]
    ) -> list[Stretch]:
        """Rows may have more columns than were asked for, and timings are never joined; both read the same."""
        found: list[Stretch] = []
        for metric in metrics:
            for tape in self._by_metric.get(metric, ()):
                first, last = bisect_right(tape.at_ms, start_ms), bisect_right(tape.at_ms, min(end_ms, self.now_ms))
                if first < last:
                    subject = tape.subject
                    rows = tape.rows[first:last]
                    about = subject.series_id, metric, tape.kind, subject.tags
                    found.append(Excerpt(*about, rows, tape, first, last))
        return found

    def too_large(self, metrics: Collection[str], start_ms: int, end_ms: int) -> dict[str, int]:
        return {}

    def checks(self, names: Collection[str]) -> list[Result]:
        wanted, found = set(names), dict[str, Result]()
        known = bisect_right(self.results, self.now_ms, key=_at_ms)
        for result in reversed(self.results[:known]):
            if result.name in wanted and result.name not in found:
                found[result.name] = result
            if len(found) == len(wanted):
                break
        return list(found.values())

    def results_between(self, after_ms: int, until_ms: int) -> list[Result]:
        first = bisect_right(self.results, after_ms, key=_at_ms)
        return self.results[first : bisect_right(self.results, until_ms, key=_at_ms)]


def _at_ms(result: Result) -> int:
    return round(result.at.timestamp() * 1000)
