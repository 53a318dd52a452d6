"""When the next step of an escalation is due, or why none is. Pure: ``courses`` reads, ``stepping`` writes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Step:
    position: int
    wait: timedelta
    channels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where an alert's escalation stands at one moment; ``held_by`` says who or what stops its clock, since when."""

    steps: Sequence[Step]
    position: int
    counted_from: datetime
    paused_at: datetime | None = None
    is_open: bool = True
    held_by: str = ""
    held_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be stored. ``step`` runs at ``due_at``; without one, ``reason`` says why."""

    counted_from: datetime
    paused_at: datetime | None = None
    due_at: datetime | None = None
    reason: str = ""
    step: Step | None = None


def plan(stand: Stand, now: datetime) -> Plan:
    """The next step. The clock stands still while something holds it, and goes on from there afterwards."""
    idle = Plan(counted_from=stand.counted_from)
    if not stand.is_open:
        return replace(idle, reason="the alert resolved")
    step = next_step(stand)
    if step is None:
        return replace(idle, reason="every step has run" if stand.steps else "no policy with steps")
    if stand.held_by:
        since = stand.paused_at or max(stand.counted_from, stand.held_since or now)
        return replace(idle, paused_at=since, reason=stand.held_by)
    paused = now - stand.paused_at if stand.paused_at is not None else timedelta(0)
    counted_from = stand.counted_from + max(paused, timedelta(0))
    return Plan(counted_from=counted_from, due_at=counted_from + step.wait, step=step)


def next_step(stand: Stand) -> Step | None:
    """The first step after the one that ran last, by position."""
    left = [step for step in stand.steps if step.position > stand.position]
    return min(left, key=lambda step: step.position, default=None)
