"""What a recorded result is worth at a time: one that is too old says only what was, and nothing of the present."""

from datetime import datetime

from monitoring.health.status import Finding
from monitoring.health.times import span
from monitoring.leases import CLOCKS_AGREE_WITHIN
from monitoring.models import HealthCheckState, Status


def finding_at(state: HealthCheckState, now: datetime, limit_seconds: float) -> Finding:
    """The finding of a state that is not older than the limit; else unknown, with what it was."""
    outdated = why_outdated(state, now, limit_seconds)
    if outdated:
        return Finding(Status.UNKNOWN, outdated)
    return Finding(Status(state.status), state.message, state.metadata)


def why_outdated(state: HealthCheckState, now: datetime, limit_seconds: float) -> str:
    """Empty while the result holds."""
    if state.checked_at is None:
        return "Never ran"
    age_seconds = (now - state.checked_at).total_seconds()
    if age_seconds > limit_seconds:
        return f"Last checked {span(age_seconds)} ago, then {state.status}"
    if age_seconds < -CLOCKS_AGREE_WITHIN.total_seconds():
        return f"Not checked since the clock was set back by {span(-age_seconds)}"
    return ""
