"""Reads what a replay needs part by part, so that a month of many series never stands in memory at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.conditions import Selector
from alerts.conditions import Subject as Kind
from alerts.replay.history import History
from alerts.rulebook import Rulebook
from monitoring import series
from monitoring.health import feed
from monitoring.series import AT, SUMMARIES, VALUES, Fresh, Stretch, Subject, WindowTooLarge, from_ms

PART_MS = 24 * 3_600_000
SHORTEST_PART_MS = 15 * 60_000
REMEMBERED_MS = 6 * 3_600_000
"""Before what is read, besides what windows look back to: for the steps of series that are judged rarely."""


class ReplayTooLarge(Exception):
    """A quarter of an hour holds more snapshots than one reader may hold in memory."""


@dataclass(slots=True)
class Reading:
    """Of the metrics and checks that a rulebook is about; extends ``history`` as it goes on."""

    book: Rulebook
    history: History = field(default_factory=History)
    _subjects: dict[int, Subject] = field(default_factory=dict, init=False)

    def parts(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, list[Fresh]]]:
        """Until when each part goes, and its samples in time order: after ``start_ms``, up to and with ``end_ms``."""
        judged = self._judged()
        asked = {metric for scope in self.book.asked.values() for metric in scope.metrics}
        lookback = max((sum(span) * 1000 for span in self.book.asked), default=0)
        if asked:
            self._read(asked, start_ms - lookback, start_ms)
        if self._is_about_checks():
            self.history.results = feed.between(from_ms(start_ms), from_ms(end_ms))
        length, at = PART_MS, start_ms
        while at < end_ms:
            until = min(at + length, end_ms)
            try:
                found = self._read(asked | judged, at, until)
            except WindowTooLarge as error:
                length //= 2
                if length < SHORTEST_PART_MS:
                    raise ReplayTooLarge(
                        "The rule is about too many snapshots to be replayed; name its metric or tags."
                    ) from error
                continue
            yield until, _in_time_order(found, judged)
            at = until
            self.history.forget(at - max(lookback, REMEMBERED_MS))

    def _read(self, metrics: set[str], start_ms: int, end_ms: int) -> list[Stretch]:
        columns = SUMMARIES if any(scope.summaries for scope in self.book.asked.values()) else VALUES
        found = series.stretches(metrics, start_ms, end_ms, columns)
        unknown = {one.series_id for one in found} - self._subjects.keys()
        if unknown:
            self._subjects |= series.subjects(None if len(unknown) > 500 else unknown)
        for stretch in found:
            if stretch.series_id in self._subjects:
                self.history.add(stretch, self._subjects[stretch.series_id])
        return found

    def _judged(self) -> set[str]:
        """Names of metrics that a rule can be true on."""
        about = [one for one in self._selectors() if Kind.METRIC in one.subjects]
        return {name for name in series.names() if any(selector.matches_name(name) for selector in about)}

    def _is_about_checks(self) -> bool:
        return any(Kind.HEALTH in selector.subjects for selector in self._selectors())

    def _selectors(self) -> list[Selector]:
        rules = self.book.rules.values()
        return [one.condition.selector for one in rules if one.condition is not None and not one.is_about_the_past_only]


def _in_time_order(found: list[Stretch], judged: set[str]) -> list[Fresh]:
    samples = [row[:3] for stretch in found if stretch.metric in judged for row in stretch.rows]
    samples.sort(key=lambda sample: sample[AT])
    return samples
