"""Cycles of evaluation over a stretch of the past: the cycles that would have changed something, one after another."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.bench import Bench
from alerts.board import Board, Standing
from alerts.conditions import ConditionBroken, Truth, metric_facts
from alerts.cycle import judge_cycle
from alerts.replay.history import History
from alerts.replay.mail import Mail
from alerts.roster import Key, Roster, Watch
from alerts.rulebook import Rulebook
from alerts.windows import Windows
from monitoring import series
from monitoring.series import AT, Fresh, Subject, from_ms

Progress = Callable[[float], object]
"""Told how much is done, from 0 to 1."""


Watched = Mapping[int, tuple[Subject, list[Watch]]]
_NOBODY: tuple[Subject | None, list[Watch]] = (None, [])


@dataclass(slots=True)
class Course:
    """``broken`` gives the first reason, and when, by the rule's id."""

    book: Rulebook
    history: History
    mail: Mail
    roster: Roster
    broken: dict[int, tuple[datetime, str]] = field(default_factory=dict, init=False)
    cycles: int = field(default=0, init=False)
    _standing: dict[Key, Standing] = field(default_factory=dict, init=False)
    _last_ms: int = field(default=0, init=False)

    @classmethod
    def begin(cls, book: Rulebook, history: History, mail: Mail, now: datetime) -> "Course":
        return cls(book, history, mail, Roster(book, series.marker(), now, series.categories()))

    @property
    def standing(self) -> Mapping[Key, Standing]:
        """Where instances stand that are not ok, after what was run so far."""
        return self._standing

    def run(self, moments_ms: Iterator[int], samples: Sequence[Fresh]) -> None:
        """Judges ``samples``, in time order, in the first cycle that each was there for."""
        times = [sample[AT] for sample in samples]
        watched = self.roster.of({sample[0] for sample in samples})
        place, alarming = 0, self._next_alarming(samples, 0, watched)
        is_never_idle = bool(self.book.once_per_cycle) or self.book.alerts_on_silence
        for now_ms in moments_ms:
            until = bisect_right(times, now_ms, place)
            if self._standing or is_never_idle or self.history.results or until > alarming:
                self._cycle(now_ms, samples[place:until])
                if not self._standing and until > alarming:
                    alarming = self._next_alarming(samples, until, watched)
            elif self.mail.alerts:
                self._post(from_ms(now_ms))
            place, self._last_ms = until, now_ms

    def _next_alarming(self, samples: Sequence[Fresh], place: int, watched: Watched) -> int:
        """The next sample on which a rule is not plainly false; up to it nothing happens while nothing stands.

        What windows answer depends on the cycle, so that each sample may be one where rules ask them.
        """
        if self.book.asked:
            return place
        for at in range(place, len(samples)):
            series_id, at_ms, value = samples[at]
            subject, watches = watched.get(series_id, _NOBODY)
            if subject is None or not watches:
                continue
            facts = metric_facts(
                name=subject.name,
                value=value,
                timestamp=at_ms / 1000,
                category=subject.category,
                tags=subject.tags,
            )
            for _, _, verdict, is_plain in watches:
                try:
                    if not is_plain or verdict(facts) is Truth.TRUE:
                        return at
                except ConditionBroken:
                    return at
        return len(samples)

    def _cycle(self, now_ms: int, samples: Sequence[Fresh]) -> None:
        now = from_ms(now_ms)
        self.history.now_ms = now_ms
        windows = Windows(now_ms, self.book.asked, self.history)
        bench = Bench(self.book, Board(self.book, self._standing), now, windows, source=self.history)
        results = self.history.results_between(self._last_ms, now_ms) if self.history.results else ()
        judge_cycle(bench, samples, results, self.roster, None)
        self._standing = bench.board.now_standing
        self.cycles += 1
        for rule_id, reason in bench.broken.items():
            self.broken.setdefault(rule_id, (now, reason))
        if bench.board.events:
            self.mail.write(bench.board.changes(), now)
        self._post(now)

    def _post(self, now: datetime) -> None:
        """As the tasks that follow a cycle, every one in each cycle."""
        if self.mail.alerts:
            self.mail.calm(now)
            self.mail.repeat(now)
            self.mail.deliver(now)
