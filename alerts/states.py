"""The life of an instance as a literal table: ok, pending, firing, recovering, ok. Pure; ``lifecycle`` writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.models.rule import Instance

State = Instance.State
ALIGHT = frozenset({State.FIRING, State.RECOVERING})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a condition has to be true before firing, and false before resolving."""

    before_firing: timedelta = timedelta(0)
    before_resolving: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an instance stands: its state, since when its condition is true, and since when false while recovering."""

    state: State = State.OK
    active_since: datetime | None = None
    false_since: datetime | None = None


OK = Situation()
Move = Callable[[Situation, Patience, datetime], Situation]


def _begin(_: Situation, patience: Patience, now: datetime) -> Situation:
    return _wait(Situation(State.PENDING, active_since=now), patience, now)


def _wait(pending: Situation, patience: Patience, now: datetime) -> Situation:
    held = now - (pending.active_since or now)
    return replace(pending, state=State.FIRING) if held >= patience.before_firing else pending


def _stay(situation: Situation, _patience: Patience, _now: datetime) -> Situation:
    return situation


def _drop(_situation: Situation, _patience: Patience, _now: datetime) -> Situation:
    return OK


def _falter(firing: Situation, patience: Patience, now: datetime) -> Situation:
    return _recover(replace(firing, state=State.RECOVERING, false_since=now), patience, now)


def _recover(recovering: Situation, patience: Patience, now: datetime) -> Situation:
    held = now - (recovering.false_since or now)
    return OK if held >= patience.before_resolving else recovering


def _relapse(recovering: Situation, _patience: Patience, _now: datetime) -> Situation:
    return replace(recovering, state=State.FIRING, false_since=None)


TRANSITIONS: Mapping[tuple[State, bool], Move] = {
    (State.OK, True): _begin,
    (State.OK, False): _stay,
    (State.PENDING, True): _wait,
    (State.PENDING, False): _drop,
    (State.FIRING, True): _stay,
    (State.FIRING, False): _falter,
    (State.RECOVERING, True): _relapse,
    (State.RECOVERING, False): _recover,
}


def next_state(situation: Situation, is_true: bool, patience: Patience, now: datetime) -> Situation:
    """Where an instance stands after a verdict at ``now``. An unknown verdict counts as false."""
    return TRANSITIONS[situation.state, is_true](situation, patience, now)


def opens(before: Situation, after: Situation) -> bool:
    """Whether this step begins the life of an alert."""
    return before.state not in ALIGHT and after.state in ALIGHT


def resolves(before: Situation, after: Situation) -> bool:
    """Whether this step ends the life of an alert."""
    return before.state in ALIGHT and after.state not in ALIGHT
