"""The life of an instance as a literal table: ok, pending, firing, recovering, ok. Pure; ``writing`` writes."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.models.rule import Instance

State = Instance.State
ALIGHT = frozenset({State.FIRING, State.RECOVERING, State.NO_DATA})


class Verdict(enum.Enum):
    """What is known of an instance at one moment."""

    TRUE = "true"
    BETWEEN = "between"  # no longer true, and not yet what the recovery condition asks for
    FALSE = "false"
    SILENT = "no data"  # and the rule's policy is to alert on it
    GONE = "gone"  # there is nothing left to judge: the series, the rule, or its interest in the series
    HELD = "held"  # broken, or a rule it depends on fires: nothing is concluded


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a condition has to be true before firing, and false before resolving."""

    before_firing: timedelta = timedelta(0)
    before_resolving: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an instance stands: its state, since when its condition is true, since when false while recovering, and
    how bad it is (0 while ok)."""

    state: State = State.OK
    active_since: datetime | None = None
    false_since: datetime | None = None
    severity: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A verdict, and how bad it is where it is true or silent."""

    verdict: Verdict
    severity: int = 0


OK = Situation()
GONE = Reading(Verdict.GONE)
FALSE = Reading(Verdict.FALSE)
BETWEEN = Reading(Verdict.BETWEEN)
Move = Callable[[Situation, int, Patience, datetime], Situation]


def _begin(_: Situation, severity: int, patience: Patience, now: datetime) -> Situation:
    return _wait(Situation(State.PENDING, active_since=now), severity, patience, now)


def _wait(pending: Situation, severity: int, patience: Patience, now: datetime) -> Situation:
    held = now - (pending.active_since or now)
    state = State.FIRING if held >= patience.before_firing else State.PENDING
    return replace(pending, state=state, severity=severity)


def _stay(situation: Situation, _severity: int, _patience: Patience, _now: datetime) -> Situation:
    return situation


def _drop(_situation: Situation, _severity: int, _patience: Patience, _now: datetime) -> Situation:
    return OK


def _burn(alight: Situation, severity: int, _patience: Patience, now: datetime) -> Situation:
    return Situation(State.FIRING, alight.active_since or now, None, severity)


def _falter(firing: Situation, severity: int, patience: Patience, now: datetime) -> Situation:
    return _recover(replace(firing, state=State.RECOVERING, false_since=now), severity, patience, now)


def _recover(recovering: Situation, _severity: int, patience: Patience, now: datetime) -> Situation:
    held = now - (recovering.false_since or now)
    return OK if held >= patience.before_resolving else recovering


def _linger(recovering: Situation, _severity: int, _patience: Patience, _now: datetime) -> Situation:
    return replace(recovering, state=State.FIRING, false_since=None)


def _alarm(situation: Situation, severity: int, _patience: Patience, _now: datetime) -> Situation:
    return Situation(State.NO_DATA, situation.active_since, None, situation.severity or severity)


def _hear_again(silent: Situation, _severity: int, _patience: Patience, _now: datetime) -> Situation:
    """What fired before it fell silent fires on; what alerted only because it was silent is over."""
    return OK if silent.active_since is None else replace(silent, state=State.FIRING)


TRANSITIONS: Mapping[tuple[State, Verdict], Move] = {
    (State.OK, Verdict.TRUE): _begin,
    (State.OK, Verdict.BETWEEN): _stay,
    (State.OK, Verdict.FALSE): _stay,
    (State.OK, Verdict.SILENT): _alarm,
    (State.OK, Verdict.GONE): _stay,
    (State.OK, Verdict.HELD): _stay,
    (State.PENDING, Verdict.TRUE): _wait,
    (State.PENDING, Verdict.BETWEEN): _drop,
    (State.PENDING, Verdict.FALSE): _drop,
    (State.PENDING, Verdict.SILENT): _alarm,
    (State.PENDING, Verdict.GONE): _drop,
    (State.PENDING, Verdict.HELD): _stay,
    (State.FIRING, Verdict.TRUE): _burn,
    (State.FIRING, Verdict.BETWEEN): _stay,
    (State.FIRING, Verdict.FALSE): _falter,
    (State.FIRING, Verdict.SILENT): _alarm,
    (State.FIRING, Verdict.GONE): _drop,
    (State.FIRING, Verdict.HELD): _stay,
    (State.RECOVERING, Verdict.TRUE): _burn,
    (State.RECOVERING, Verdict.BETWEEN): _linger,
    (State.RECOVERING, Verdict.FALSE): _recover,
    (State.RECOVERING, Verdict.SILENT): _alarm,
    (State.RECOVERING, Verdict.GONE): _drop,
    (State.RECOVERING, Verdict.HELD): _stay,
    (State.NO_DATA, Verdict.TRUE): _burn,
    (State.NO_DATA, Verdict.BETWEEN): _hear_again,
    (State.NO_DATA, Verdict.FALSE): _falter,
    (State.NO_DATA, Verdict.SILENT): _stay,
    (State.NO_DATA, Verdict.GONE): _drop,
    (State.NO_DATA, Verdict.HELD): _stay,
}


def next_state(situation: Situation, reading: Reading, patience: Patience, now: datetime) -> Situation:
    """Where an instance stands after a verdict at ``now``."""
    return TRANSITIONS[situation.state, reading.verdict](situation, reading.severity, patience, now)


def opens(before: Situation, after: Situation) -> bool:
    """Whether this step begins the life of an alert."""
    return before.state not in ALIGHT and after.state in ALIGHT


def resolves(before: Situation, after: Situation) -> bool:
    """Whether this step ends the life of an alert."""
    return before.state in ALIGHT and after.state not in ALIGHT


def changes_severity(before: Situation, after: Situation) -> bool:
    """Whether an alert that stays open became better or worse."""
    return before.state in ALIGHT and after.state in ALIGHT and before.severity != after.severity
