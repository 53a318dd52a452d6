"""How far the clock of an instance had come: pending 3 of 5 min, or recovering 1 of 2."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.models import Instance, Rule
from alerts.replay.engine import standing_at
from alerts.replay.report import in_words
from alerts.rulebook import Compiled
from alerts.states import OK, Situation, State

AT_LEAST = timedelta(hours=1)
AT_MOST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """``since`` is when it began to run; None while it does not."""

    state: State
    since: datetime | None
    held: timedelta
    needed: timedelta

    @property
    def sentence(self) -> str:
        if self.state == State.PENDING:
            return f"pending: true for {in_words(self.held)} of the {in_words(self.needed)} it has to hold"
        if self.state == State.RECOVERING:
            return f"recovering: false for {in_words(self.held)} of the {in_words(self.needed)} it has to stay so"
        if self.state == State.FIRING:
            return f"firing: true since {in_words(self.held)} ago" if self.since else "firing"
        return "no data" if self.state == State.NO_DATA else "ok: no clock runs"


def clock_of(rule: Rule, compiled: Compiled, fingerprint: str, at: datetime, is_now: bool) -> Clock:
    """Of the row of the instance, or of a replay where the time is in the past."""
    situation = _now(rule, fingerprint) if is_now else _then(rule, compiled, fingerprint, at)
    if situation.state == State.RECOVERING:
        return _clock(situation.state, situation.false_since, compiled.patience.before_resolving, at)
    return _clock(situation.state, situation.active_since, compiled.patience.before_firing, at)


def _clock(state: State, since: datetime | None, needed: timedelta, at: datetime) -> Clock:
    return Clock(state, since, timedelta(0) if since is None else max(at - since, timedelta(0)), needed)


def _now(rule: Rule, fingerprint: str) -> Situation:
    row = Instance.objects.filter(rule=rule, fingerprint=fingerprint).first()
    return OK if row is None else Situation(State(row.state), row.active_since, row.false_since, row.severity)


def _then(rule: Rule, compiled: Compiled, fingerprint: str, at: datetime) -> Situation:
    patience = compiled.patience.before_firing + compiled.patience.before_resolving
    back = min(max(AT_LEAST, 2 * patience), AT_MOST)
    standing = standing_at(rule, at - back, at).get((rule.pk, fingerprint))
    return OK if standing is None else standing.situation
