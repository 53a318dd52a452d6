"""Which rules each series is judged by, found out once for each series and kept from cycle to cycle."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.conditions.compiling import Judge
from alerts.rulebook import Compiled, Rulebook
from monitoring import series
from monitoring.series import Subject

KEPT_FOR = timedelta(minutes=5)  # tags that somebody changed in the database itself count after this
_MOST_BY_ID = 2000

Key = tuple[int, str]  # the rule's id and the subject's fingerprint


class Watch(NamedTuple):
    """A rule on one series, with what the innermost loop needs of it at hand; a plain tuple, quick to take apart."""

    rule: Compiled
    key: Key
    verdict: Judge
    is_plain: bool
    """Whether its condition alone decides that nothing is wrong."""


@dataclass(slots=True)
class Roster:
    book: Rulebook
    marker: tuple[int, int]
    since: datetime
    categories: dict[int, str]
    _watches: dict[int, tuple[Subject, list[Watch]]] = field(default_factory=dict, init=False)
    _is_whole: bool = field(default=False, init=False)

    @classmethod
    def of_subjects(cls, book: Rulebook, subjects: Iterable[Subject], now: datetime) -> "Roster":
        """A roster of these only, whether or not they were ever recorded."""
        roster = cls(book, (0, 0), now, {})
        for subject in subjects:
            roster._watches[subject.series_id] = subject, roster._watching(subject)
        roster._is_whole = True
        return roster

    def of(self, series_ids: Collection[int]) -> dict[int, tuple[Subject, list[Watch]]]:
        """Each series with its watches; one that was deleted is missing."""
        unknown = series_ids - self._watches.keys() if isinstance(series_ids, (set, frozenset)) else set(series_ids)
        if unknown:
            self._read(None if len(unknown) > _MOST_BY_ID else unknown)
        return self._watches

    def everything(self) -> dict[int, tuple[Subject, list[Watch]]]:
        """As ``of``, for every series there is."""
        if not self._is_whole:
            self._read(None)
        return self._watches

    def holds(self, categories: dict[int, str], now: datetime) -> bool:
        """Whether it is young, and no metric is of another category than when it was made."""
        is_young = timedelta(0) <= now - self.since < KEPT_FOR
        return is_young and self.categories.items() <= categories.items()

    def notice(self, marker: tuple[int, int], categories: dict[int, str]) -> None:
        """Series came: they are looked up when they report."""
        self._is_whole = self._is_whole and marker == self.marker
        self.marker, self.categories = marker, categories

    def _read(self, ids: Collection[int] | None) -> None:
        for series_id, subject in series.subjects(ids).items():
            if series_id not in self._watches:
                self._watches[series_id] = subject, self._watching(subject)
        self._is_whole = self._is_whole or ids is None

    def _watching(self, subject: Subject) -> list[Watch]:
        rules = self.book.selection.matching(subject.name, subject.category, subject.tags, is_health=False)
        return [
            Watch(rule, (rule.id, subject.fingerprint), rule.condition.verdict, rule.worse is None)
            for rule in rules
            if rule.condition is not None
        ]


_last: Roster | None = None


def current(book: Rulebook, now: datetime) -> Roster:
    """The roster of these rules; made anew when a rule or the category of a metric changed, and every few minutes."""
    global _last
    marker, categories = series.marker(), series.categories()
    known = _last
    if known is None or known.book is not book or marker < known.marker or not known.holds(categories, now):
        known = _last = Roster(book, marker, now, categories)
    known.notice(marker, categories)
    return known


def forget() -> None:
    """Drops what is kept from cycle to cycle, as after the database was put back."""
    global _last
    _last = None
