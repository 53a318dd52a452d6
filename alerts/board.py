"""The instances of all rules during one cycle: what each was, what the verdicts made of it, what has to be written."""

from dataclasses import dataclass, field
from datetime import datetime

from alerts.facts import Fact
from alerts.models import Instance
from alerts.rulebook import Compiled, Rulebook
from alerts.states import OK, Situation, State, next_state, opens, resolves

Key = tuple[int, str]  # the rule's id and the subject's fingerprint


@dataclass(frozen=True, slots=True)
class Opened:
    rule: Compiled
    fact: Fact


@dataclass(frozen=True, slots=True)
class Resolved:
    rule_id: int
    fingerprint: str
    at: datetime
    value: float | None
    reason: str


Event = Opened | Resolved


@dataclass(frozen=True, slots=True)
class Standing:
    """An instance's situation, the version of the rule that led to it, and the value it was reached with."""

    situation: Situation
    version: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a cycle has to write: events in order, instances that stand anew, instances that are ok again."""

    events: list[Event]
    standing: dict[Key, Standing]
    cleared: list[Key]

    def __bool__(self) -> bool:
        return bool(self.events or self.standing or self.cleared)


@dataclass(slots=True)
class Board:
    book: Rulebook
    before: dict[Key, Standing]
    now_standing: dict[Key, Standing] = field(init=False)
    events: list[Event] = field(default_factory=list, init=False)
    _judged: set[Key] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.now_standing = dict(self.before)

    @classmethod
    def load(cls, book: Rulebook) -> "Board":
        rows = Instance.objects.values_list(
            "rule_id", "fingerprint", "state", "active_since", "false_since", "rule_version", "value"
        )
        return cls(
            book, {(row[0], row[1]): Standing(Situation(State(row[2]), row[3], row[4]), *row[5:]) for row in rows}
        )

    def judge(self, rule: Compiled, fact: Fact, is_true: bool) -> None:
        """One verdict: moves the instance and notes the alert that begins or ends by it."""
        key = (rule.id, fact.fingerprint)
        self._judged.add(key)
        old = self.now_standing.get(key)
        before = OK if old is None else old.situation
        if before.active_since is not None and fact.at < before.active_since:
            return  # it arrived late: what it says was over before this instance's present life began
        after = next_state(before, is_true, rule.patience, fact.at)
        if opens(before, after):
            self.events.append(Opened(rule, fact))
        elif resolves(before, after):
            edited = old is not None and old.version != rule.version
            reason = "rule changed" if edited else "condition is false"
            self.events.append(Resolved(*key, fact.at, fact.value, reason))
        self._stand(key, before, after, rule.version, fact.value)

    def stale(self) -> list[Key]:
        """Instances whose rule was edited since and which nothing new has been judged for."""
        return [
            key
            for key, standing in self.now_standing.items()
            if key[0] in self.book.rules
            and key not in self._judged
            and standing.version != self.book.rules[key[0]].version
        ]

    def end(self, key: Key, now: datetime, reason: str) -> None:
        """Ends an instance for a reason other than a verdict."""
        standing = self.now_standing.pop(key)
        if resolves(standing.situation, OK):
            self.events.append(Resolved(*key, now, None, reason))

    def drop_pending(self) -> None:
        """After an outage too long to say that a condition held: clocks that wait to fire begin anew."""
        for key, standing in list(self.now_standing.items()):
            if standing.situation.state == State.PENDING:
                del self.now_standing[key]

    def settle(self, now: datetime) -> None:
        """What time and people changed without a new fact: disabled rules, and recoveries that have waited enough."""
        for key, standing in list(self.now_standing.items()):
            rule = self.book.rules.get(key[0])
            if rule is None:
                self.end(key, now, "rule disabled")
            elif _has_recovered(standing.situation, rule, now):
                self.end(key, now, "condition is false")

    def changes(self) -> Changes:
        moved = {key: new for key, new in self.now_standing.items() if self.before.get(key) != new}
        return Changes(self.events, moved, [key for key in self.before if key not in self.now_standing])

    def _stand(self, key: Key, before: Situation, after: Situation, version: int, value: float) -> None:
        old = self.now_standing.get(key)
        if after == OK:
            self.now_standing.pop(key, None)
        elif old is None or before != after or old.version != version:
            self.now_standing[key] = Standing(after, version, value)


def _has_recovered(situation: Situation, rule: Compiled, now: datetime) -> bool:
    return situation.state == State.RECOVERING and next_state(situation, False, rule.patience, now) == OK
