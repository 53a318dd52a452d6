"""What the checks found, kept: the latest result of each, and one record a round."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from monitoring.clock import to_ms
from monitoring.health.hosts import name_on
from monitoring.health.status import Finding, Result
from monitoring.health.times import span
from monitoring.models import HealthCheckState, HealthRecord, Status
from monitoring.visibility import announce_write


@transaction.atomic
def record(results: Sequence[Result], now: datetime, instance: str = "") -> None:
    """Writes results and, where the status is another than before, a transition.

    With ``instance`` they are what that host says of itself, on rows of its own.
    """
    with connection.cursor() as cursor:
        announce_write(cursor)
    states = _states([name_on(result.name, instance) for result in results], instance)
    records = [_apply(result, states[name_on(result.name, instance)], now) for result in results]
    HealthCheckState.objects.bulk_update(
        states.values(), ["status", "message", "duration_ms", "metadata", "checked_at", "changed_at"]
    )
    HealthRecord.objects.bulk_create(records)


def _states(names: Sequence[str], instance: str) -> dict[str, HealthCheckState]:
    """The rows by name, made where missing, locked against another recorder."""
    rows_to_be = [HealthCheckState(name=name, instance=instance) for name in names]
    HealthCheckState.objects.bulk_create(rows_to_be, ignore_conflicts=True)
    rows = HealthCheckState.objects.select_for_update().filter(name__in=names).order_by("id")
    return {state.name: state for state in rows}


def _apply(result: Result, state: HealthCheckState, now: datetime) -> HealthRecord:
    is_transition = state.checked_at is None or state.status != result.status
    if is_transition:
        state.changed_at = now
    state.status, state.message = result.status, result.finding.message
    state.duration_ms, state.metadata, state.checked_at = result.duration_ms, dict(result.finding.metadata), now
    return HealthRecord(
        state=state,
        at=to_ms(now),
        status=state.status,
        message=state.message,
        duration_ms=state.duration_ms,
        metadata=state.metadata,
        is_transition=is_transition,
    )


def recorded(names: Sequence[str], now: datetime, fresh_seconds: float) -> Mapping[str, Result]:
    """The latest recorded result of each name; one older than ``fresh_seconds``, or that never was, is unknown."""
    states = {state.name: state for state in HealthCheckState.objects.filter(name__in=names)}
    return {name: _result(name, states.get(name), now, fresh_seconds) for name in names}


def _result(name: str, state: HealthCheckState | None, now: datetime, fresh_seconds: float) -> Result:
    if state is None or state.checked_at is None:
        return Result(name, Finding(Status.UNKNOWN, "Never ran"), 0, None)
    age = now - state.checked_at
    if age > timedelta(seconds=fresh_seconds):
        finding = Finding(Status.UNKNOWN, f"Last checked {span(age.total_seconds())} ago, then {state.status}")
    else:
        finding = Finding(Status(state.status), state.message, state.metadata)
    return Result(name, finding, state.duration_ms, state.checked_at)
