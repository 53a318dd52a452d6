"""What the checks found, kept: the latest result of each, and one record a round."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import connection, transaction

from monitoring.clock import to_ms
from monitoring.health.status import Finding, Result
from monitoring.health.times import span
from monitoring.models import ExcludedInterval, HealthCheckState, HealthRecord, Status
from monitoring.visibility import announce_write

OUTAGE = "The console did not check"
OUTAGE_SOURCE = "console"


@transaction.atomic
def record(results: Sequence[Result], now: datetime, silences: Mapping[str, float] = MappingProxyType({})) -> None:
    """Writes results and, where the status is another than before, a transition.

    ``silences`` are the seconds by check from which on the time since its last result is an outage of our own, which
    its uptime does not count.
    """
    with connection.cursor() as cursor:
        announce_write(cursor)
    states = _states([result.name for result in results])
    ExcludedInterval.objects.bulk_create(_outages(states.values(), now, silences), ignore_conflicts=True)
    records = [_apply(result, states[result.name], now) for result in results]
    HealthCheckState.objects.bulk_update(
        states.values(), ["status", "message", "duration_ms", "metadata", "checked_at", "changed_at"]
    )
    HealthRecord.objects.bulk_create(records)


def _states(names: Sequence[str]) -> dict[str, HealthCheckState]:
    """The rows by name, made where missing, locked against another recorder."""
    HealthCheckState.objects.bulk_create([HealthCheckState(name=name) for name in names], ignore_conflicts=True)
    rows = HealthCheckState.objects.select_for_update().filter(name__in=names).order_by("id")
    return {state.name: state for state in rows}


def _outages(
    states: Iterable[HealthCheckState], now: datetime, silences: Mapping[str, float]
) -> list[ExcludedInterval]:
    return [
        ExcludedInterval(start=last, end=now, reason=OUTAGE, source=OUTAGE_SOURCE, check_name=state.name)
        for state in states
        if (last := state.checked_at) is not None
        and state.name in silences
        and now - last > timedelta(seconds=silences[state.name])
    ]


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


def recorded(fresh_seconds: Mapping[str, float], now: datetime) -> Mapping[str, Result]:
    """The latest result of each check; one older than the seconds given by its name, or that never was, is unknown."""
    states = {state.name: state for state in HealthCheckState.objects.filter(name__in=fresh_seconds)}
    return {name: _result(name, states.get(name), now, seconds) for name, seconds in fresh_seconds.items()}


def _result(name: str, state: HealthCheckState | None, now: datetime, fresh_seconds: float) -> Result:
    if state is None or state.checked_at is None:
        return Result(name, Finding(Status.UNKNOWN, "Never ran"), 0, None)
    age = now - state.checked_at
    if age > timedelta(seconds=fresh_seconds):
        finding = Finding(Status.UNKNOWN, f"Last checked {span(age.total_seconds())} ago, then {state.status}")
    else:
        finding = Finding(Status(state.status), state.message, state.metadata)
    return Result(name, finding, state.duration_ms, state.checked_at)
