"""Judges facts by the rules that concern them; a rule that breaks leaves its neighbours alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.board import Board
from alerts.conditions import ConditionBroken, Truth, WindowReader, metric_facts
from alerts.facts import CYCLE, Fact, of_cycle, of_sample
from alerts.roster import Roster
from alerts.rulebook import Compiled, Rulebook
from alerts.sources import STORED, Source
from alerts.states import ALIGHT, Reading
from monitoring.series import Fresh, to_ms

Tags = Mapping[str, str]


@dataclass(slots=True)
class Bench:
    """One cycle's judgement at ``now``."""

    book: Rulebook
    board: Board
    now: datetime
    windows: WindowReader
    suspects: Collection[int] = ()
    """Rules known to be broken, which a verdict clears."""
    source: Source = STORED
    broken: dict[int, str] = field(default_factory=dict, init=False)
    sound: set[int] = field(default_factory=set, init=False)
    _waiting: list[tuple[int, Compiled, Fact, Reading]] = field(default_factory=list, init=False)
    _tags: dict[str, Tags] = field(default_factory=dict, init=False)

    def judge_samples(self, samples: Collection[Fresh], roster: Roster) -> int:
        """Judges samples in time order; gives the number of those whose series exists.

        The innermost loop of the console: what is false and was false before is passed over at once.
        """
        watched = roster.of({sample[0] for sample in samples})
        standing, suspects, windows = self.board.now_standing, self.suspects, self.windows
        now_ms, true, seen = to_ms(self.now), Truth.TRUE, 0
        for sample in samples:
            series_id, at_ms, value = sample
            found = watched.get(series_id)
            if found is None:
                continue
            seen += 1
            subject, watches = found
            if not watches:
                continue
            facts = metric_facts(
                name=subject.name,
                value=value,
                timestamp=(at_ms if at_ms < now_ms else now_ms) / 1000,
                category=subject.category,
                tags=subject.tags,
                windows=windows,
            )
            for rule, key, verdict, is_plain in watches:
                try:
                    truth = verdict(facts)
                    if truth is not true and is_plain and key not in standing:
                        if suspects and rule.id in suspects:
                            self.sound.add(rule.id)
                        continue
                    reading = rule.weigh(truth, facts)
                except ConditionBroken as error:
                    self.broken[rule.id] = f"{error} (on {of_sample(sample, subject, self.now).subject})"
                else:
                    self.conclude(rule, of_sample(sample, subject, self.now, windows), reading)
        return seen

    def judge(self, fact: Fact) -> None:
        for rule in self.book.concerning(fact):
            self.judge_by(rule, fact)

    def judge_by(self, rule: Compiled, fact: Fact) -> None:
        try:
            reading = rule.read(fact.facts)
        except ConditionBroken as error:
            self.broken[rule.id] = f"{error} (on {fact.subject})"
        else:
            self.conclude(rule, fact, reading)

    def judge_the_past(self) -> None:
        """Rules that only look back have one instance each, judged once."""
        for rule in self.book.once_per_cycle:
            metrics = {question.metric for one in rule.conditions for question in one.questions}
            self.judge_by(rule, of_cycle("the past of " + ", ".join(sorted(metrics)), self.now, self.windows))

    def conclude(self, rule: Compiled, fact: Fact, reading: Reading) -> None:
        """Takes a verdict to the board; what depends on another rule waits until that one is judged."""
        self.sound.add(rule.id)
        depth = self.book.depths.get(rule.id, 0)
        if fact.tags:
            self._tags[fact.fingerprint] = fact.tags
        if depth:
            self._waiting.append((depth, rule, fact, reading))
        else:
            self.board.judge(rule, fact, reading)

    def conclude_dependents(self) -> None:
        """A child keeps its state while a rule it depends on fires on what agrees with it in the tags both have."""
        for _, rule, fact, reading in sorted(self._waiting, key=lambda one: one[0]):
            if self._is_held(rule, fact):
                self.board.judged.add((rule.id, fact.fingerprint))
            else:
                self.board.judge(rule, fact, reading)
        self._waiting.clear()

    def _is_held(self, rule: Compiled, fact: Fact) -> bool:
        alight = [
            fingerprint
            for (rule_id, fingerprint), standing in self.board.now_standing.items()
            if rule_id in rule.parents and standing.situation.state in ALIGHT
        ]
        return any(_agree(self._tags_of(fingerprint), fact.tags or {}) for fingerprint in alight)

    def _tags_of(self, fingerprint: str) -> Tags:
        if fingerprint not in self._tags:
            found = self.source.newest([fingerprint]) if fingerprint != CYCLE else []
            self._tags[fingerprint] = found[0][0].tags if found else {}
        return self._tags[fingerprint]

    def reason(self, rule: Compiled, known: Mapping[int, str]) -> str:
        """Why a rule cannot be judged; a rule without a verdict in this cycle keeps what was ``known`` of it."""
        found = rule.refusal or self.broken.get(rule.id)
        return found or ("" if rule.id in self.sound else known.get(rule.id, ""))


def _agree(one: Tags, other: Tags) -> bool:
    return all(other.get(tag, value) == value for tag, value in one.items())
