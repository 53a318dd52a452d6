"""Runs the cases of a rule through the same evaluation and lifecycle as live, in memory; nothing is written or sent.

A case is judged once each interval, as if the console had run a cycle whenever its series report.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.bench import Bench
from alerts.board import Board, Standing
from alerts.cases import notation
from alerts.cases.stage import Stage, fingerprint_of
from alerts.cycle import judge_cycle
from alerts.models import Case, Rule
from alerts.roster import Key, Roster
from alerts.rulebook import Compiled, Rulebook, compile_rule
from alerts.rulefiles.durations import text_of
from alerts.states import ALIGHT
from alerts.windows import Windows
from monitoring.series import to_ms

_ONLY = 0  # the id of the rule while its cases run: it may have none yet


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the rule does what the case says; ``message`` says what it did."""

    rule: str
    case: str
    passed: bool
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: case “{self.case}” {'holds' if self.passed else 'fails'}: {self.message}"


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the rule's instances stand ``seconds`` after the first value: which fire, by fingerprint."""

    seconds: int
    firing: frozenset[str]


def run(rule: Rule, cases: Iterable[Case]) -> list[Outcome]:
    """``rule`` need not be saved; those that it depends on are taken to be quiet."""
    return [Outcome(rule.name, case.name, *_outcome(rule, case)) for case in cases]


def failures(rule: Rule) -> list[Outcome]:
    """Of the stored cases those that do not hold."""
    return [outcome for outcome in run(rule, rule.cases.all()) if not outcome.passed]


def _outcome(rule: Rule, case: Case) -> tuple[bool, str]:
    compiled = replace(compile_rule(rule), id=_ONLY, parents=frozenset())
    if compiled.refusal:
        return False, f"the rule cannot be judged: {compiled.refusal}"
    try:
        stage = Stage.of_lines(notation.read_lines(case.series), case.interval_seconds)
        wanted = _wanted(compiled, case)
    except notation.NotationRefused as refused:
        return False, str(refused)
    play = Play(compiled, stage)
    return _judged(case, [*play.moments()], play.broken, wanted)


def _wanted(rule: Compiled, case: Case) -> str | None:
    """The fingerprint of what has to fire, None for any. A rule about the past only has a single instance."""
    if not case.instance or rule.is_about_the_past_only:
        return None
    return fingerprint_of(notation.read_series(case.instance))


def _judged(case: Case, moments: list[Moment], broken: str, wanted: str | None) -> tuple[bool, str]:
    if broken:
        return False, f"the rule breaks: {broken}"
    if case.at_seconds is not None:
        moments = [one for one in moments if one.seconds <= case.at_seconds][-1:]
    fired = next((one for one in moments if _fires(one, wanted)), None)
    where = f" on {case.instance}" if wanted is not None else ""
    if fired is None:
        when = "never fires" if case.at_seconds is None else f"does not fire at {text_of(case.at_seconds)}"
        return not case.must_fire, f"it {when}{where}"
    seconds = fired.seconds if case.at_seconds is None else case.at_seconds
    return case.must_fire, f"it fires at {text_of(seconds)}{where}"


def _fires(moment: Moment, wanted: str | None) -> bool:
    return bool(moment.firing) if wanted is None else wanted in moment.firing


@dataclass(slots=True)
class Play:
    """One rule on one stage; ``broken`` is the first reason why it could not be judged."""

    rule: Compiled
    stage: Stage
    broken: str = ""

    def moments(self) -> Iterator[Moment]:
        book = Rulebook({_ONLY: self.rule})
        roster = Roster.of_subjects(book, self.stage.subjects(), self.stage.start)
        standing: dict[Key, Standing] = {}
        for step in range(self.stage.steps):
            seconds = step * self.stage.interval_seconds
            standing = self._cycle(book, roster, standing, self.stage.start + timedelta(seconds=seconds))
            alight = [key[1] for key, one in standing.items() if one.situation.state in ALIGHT]
            yield Moment(seconds, frozenset(alight))

    def _cycle(
        self, book: Rulebook, roster: Roster, standing: dict[Key, Standing], now: datetime
    ) -> dict[Key, Standing]:
        history, now_ms = self.stage.history, to_ms(now)
        before_ms, history.now_ms = history.now_ms, now_ms
        windows = Windows(now_ms, book.asked, history)
        bench = Bench(book, Board(book, standing), now, windows, source=history)
        judge_cycle(bench, self.stage.samples_at(now_ms), history.results_between(before_ms, now_ms), roster, None)
        self.broken = self.broken or bench.broken.get(_ONLY, "")
        return bench.board.now_standing
