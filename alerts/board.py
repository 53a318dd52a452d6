"""The instances of all rules during one cycle: what each was, what the verdicts made of it, what has to be written."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q

from alerts.facts import Fact
from alerts.models import Instance, Severity
from alerts.roster import Key
from alerts.rulebook import Compiled, Rulebook
from alerts.states import (
    FALSE,
    GONE,
    OK,
    Patience,
    Reading,
    Situation,
    State,
    Verdict,
    changes_severity,
    next_state,
    opens,
    resolves,
)


@dataclass(frozen=True, slots=True)
class Opened:
    key: Key
    rule: Compiled
    fact: Fact
    severity: Severity
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Resolved:
    key: Key
    at: datetime
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class SeverityChanged:
    key: Key
    rule: Compiled
    fact: Fact
    at: datetime
    before: Severity
    severity: Severity


Event = Opened | Resolved | SeverityChanged


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
    judged: set[Key] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.now_standing = dict(self.before)

    @classmethod
    def load(cls, book: Rulebook, fingerprint: str | None = None) -> "Board":
        """All instances that are not ok, or those of one subject."""
        rows = Instance.objects.filter(~Q(state=State.OK), **({"fingerprint": fingerprint} if fingerprint else {}))
        fields = ("rule_id", "fingerprint", "state", "active_since", "false_since", "severity", "rule_version", "value")
        return cls(
            book,
            {
                (row[0], row[1]): Standing(Situation(State(row[2]), row[3], row[4], row[5]), *row[6:])
                for row in rows.values_list(*fields)
            },
        )

    def judge(self, rule: Compiled, fact: Fact, reading: Reading, reason: str = "condition is false") -> None:
        """One verdict: moves the instance and notes the alert that begins, worsens or ends by it."""
        key = (rule.id, fact.fingerprint)
        self.judged.add(key)
        old = self.now_standing.get(key)
        before = OK if old is None else old.situation
        if before.active_since is not None and fact.at < before.active_since:
            return  # it arrived late: what it says was over before this instance's present life began
        after = next_state(before, reading, rule.patience, fact.at)
        if opens(before, after):
            why = reason if reading.verdict is Verdict.SILENT else ""
            self.events.append(Opened(key, rule, fact, Severity(after.severity), fact.at, why))
        elif resolves(before, after):
            edited = old is not None and old.version != rule.version
            self.events.append(Resolved(key, fact.at, fact.value, "rule changed" if edited else reason))
        elif changes_severity(before, after):
            severities = Severity(before.severity), Severity(after.severity)
            self.events.append(SeverityChanged(key, rule, fact, fact.at, *severities))
        self._stand(key, before, after, rule.version, fact.value)

    def stale(self) -> list[Key]:
        """Instances whose rule was edited since and which nothing new has been judged for."""
        return [
            key
            for key, standing in self.unjudged()
            if key[0] in self.book.rules and standing.version != self.book.rules[key[0]].version
        ]

    def unjudged(self) -> Iterable[tuple[Key, Standing]]:
        """Instances that no fact of this cycle was about."""
        return [(key, standing) for key, standing in self.now_standing.items() if key not in self.judged]

    def end(self, key: Key, now: datetime, reason: str) -> None:
        """Ends an instance for a reason other than a verdict."""
        standing = self.now_standing.pop(key)
        after = next_state(standing.situation, GONE, self._patience(key), now)
        if resolves(standing.situation, after):
            self.events.append(Resolved(key, now, None, reason))

    def keep(self, key: Key) -> None:
        """The instance stays as it is under the present version of its rule."""
        self.judged.add(key)
        standing = self.now_standing[key]
        self.now_standing[key] = replace(standing, version=self.book.rules[key[0]].version)

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

    def _patience(self, key: Key) -> Patience:
        rule = self.book.rules.get(key[0])
        return Patience() if rule is None else rule.patience


def _has_recovered(situation: Situation, rule: Compiled, now: datetime) -> bool:
    return situation.state == State.RECOVERING and next_state(situation, FALSE, rule.patience, now) == OK
