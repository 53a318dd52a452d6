"""What checks say at present, for pages: what was recorded while it is fresh, and what a dead schedule cannot say."""

from collections.abc import Iterable
from datetime import datetime

from monitoring.health.asof import finding_at, why_outdated
from monitoring.health.base import Check
from monitoring.health.running import every_check, examine
from monitoring.health.schedule import LATE_SECONDS, fresh_seconds, round_seconds
from monitoring.health.status import Finding
from monitoring.models import HealthCheckState, Status
from monitoring.schedule import limit_seconds


def present(states: Iterable[HealthCheckState], now: datetime) -> dict[int, Finding]:
    """The finding of each state by its id. What is judged when read is looked at here only if its record is too old."""
    every_seconds = round_seconds()
    checks = {check.name: check for check in every_check()}
    return {state.pk: _finding(state, checks.get(state.name), every_seconds, now) for state in states}


def _finding(state: HealthCheckState, check: Check | None, every_seconds: float, now: datetime) -> Finding:
    if state.retired_at is not None:
        return Finding(Status(state.status), state.message, state.metadata)
    limit_seconds = _limit_seconds(state, check, every_seconds)
    ran = state.checked_at is not None
    if ran and check is not None and check.is_judged_when_read and why_outdated(state, now, limit_seconds):
        return examine(check, now).finding
    return finding_at(state, now, limit_seconds)


def _limit_seconds(state: HealthCheckState, check: Check | None, every_seconds: float) -> float:
    if state.instance:
        return limit_seconds(every_seconds)
    return every_seconds + LATE_SECONDS if check is None else fresh_seconds(check, every_seconds)
