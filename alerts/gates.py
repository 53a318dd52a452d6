"""Reasons not to send: each gate looks at where a notification stands and lets it pass, holds it, or stops it.

Gates decide and read nothing: ``alerts.standing`` gathers what they look at, ``alerts.delivery`` writes what they say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

RECHECK = timedelta(seconds=60)
IN_ORDER = timedelta(seconds=2)
COOLDOWN = "cooldown until"
"""What the reason of a row begins with that a cooldown holds."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing speaks against sending."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now; at ``until`` it is looked at again."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """Never."""

    reason: str


Decision = Pass | Hold | Stop


@dataclass(frozen=True, slots=True)
class Told:
    """The latest firing that a channel was told of an instance within the rule's cooldown."""

    at: datetime
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a notification stands at one moment."""

    is_resolve: bool
    severity: int
    alert_is_open: bool
    acknowledged_by: str | None
    channel_enabled: bool
    rule_enabled: bool
    was_told: bool
    """Whether this channel accepted a firing of this alert."""
    is_being_told: bool
    """Whether a firing of this alert is on its way to this channel."""
    may_have_arrived: bool
    """Whether a worker died or froze while sending this very row."""
    cooldown: timedelta
    last_told: Told | None


Gate = Callable[[Standing, datetime], Decision]


def never_told(standing: Standing, now: datetime) -> Decision:
    """A resolve goes only to those who were told of the firing."""
    if not standing.is_resolve or standing.was_told:
        return Pass()
    if standing.is_being_told:
        return Hold("its firing is still being told", now + IN_ORDER)
    return Stop("this channel was not told that it fired")


def channel_disabled(standing: Standing, now: datetime) -> Decision:
    return Pass() if standing.channel_enabled else Hold("the channel is disabled", now + RECHECK)


def rule_disabled(standing: Standing, now: datetime) -> Decision:
    if standing.rule_enabled or standing.is_resolve:
        return Pass()
    return Hold("the rule is disabled", now + RECHECK)


def acknowledged(standing: Standing, now: datetime) -> Decision:
    """Somebody is on it, so repeats stop; a channel that has heard nothing yet still hears once."""
    if standing.is_resolve or not standing.was_told or standing.acknowledged_by is None:
        return Pass()
    return Stop(f"acknowledged by {standing.acknowledged_by}")


def cooldown(standing: Standing, now: datetime) -> Decision:
    """A channel hears of an instance once in this time, unless it got worse; resolves of what was told are exempt."""
    last = standing.last_told
    if standing.is_resolve or last is None or standing.severity > last.severity:
        return Pass()
    until = last.at + standing.cooldown
    return Pass() if until <= now else Hold(f"{COOLDOWN} {until:%H:%M:%S} UTC", until)


GATES: tuple[Gate, ...] = (never_told, channel_disabled, rule_disabled, acknowledged, cooldown)


def decide(standing: Standing, now: datetime) -> Decision:
    """What the first gate that does not let it pass says.

    News that is over while a gate holds it is no news: what the channel heard last is true again. What only waits for
    its turn or a retry is told all the same, since every alert that fires is told. A row that may have arrived goes
    again, with the same delivery id, so that its resolve has something to resolve.
    """
    for gate in GATES:
        decision = gate(standing, now)
        if isinstance(decision, Hold) and _is_over(standing):
            return Stop(f"resolved before it could be told: {decision.reason}")
        if not isinstance(decision, Pass):
            return decision
    return Pass()


def _is_over(standing: Standing) -> bool:
    return not standing.is_resolve and not standing.alert_is_open and not standing.may_have_arrived
