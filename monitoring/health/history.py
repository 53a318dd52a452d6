"""What the checks found, kept: the latest result of each, and one record a round."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import connection, transaction

from monitoring.clock import to_ms
from monitoring.health.asof import finding_at
from monitoring.health.hosts import name_on
from monitoring.health.status import Result
from monitoring.leases import CLOCKS_AGREE_WITHIN
from monitoring.models import ExcludedInterval, HealthCheckState, HealthRecord, Status
from monitoring.visibility import announce_write

OUTAGE = "The console did not check"
OUTAGE_SOURCE = "console"
_WRITTEN = ("status", "message", "duration_ms", "metadata", "checked_at", "changed_at", "retired_at")


@transaction.atomic
def record(
    results: Sequence[Result],
    now: datetime,
    instance: str = "",
    *,
    silences: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Writes results and, where the status is another than before, a transition.

    With ``instance`` they are what that host says of itself, on rows of its own. ``silences`` are the seconds by check
    from which on the time since its last result is an outage of our own, which its uptime does not count.
    """
    with connection.cursor() as cursor:
        announce_write(cursor)
    rows = _states([name_on(result.name, instance) for result in results], instance)
    _set_back(rows.values(), now)
    pairs = [(result, rows[name_on(result.name, instance)]) for result in results]
    outages = [_outage(row, now, silences[result.name]) for result, row in pairs if result.name in silences]
    ExcludedInterval.objects.bulk_create([one for one in outages if one is not None], ignore_conflicts=True)
    records = [_apply(result, row, now) for result, row in pairs]
    HealthCheckState.objects.bulk_update(rows.values(), _WRITTEN)
    HealthRecord.objects.bulk_create(records)


def _states(names: Sequence[str], instance: str) -> dict[str, HealthCheckState]:
    """The rows by name, made where missing, locked against another recorder."""
    rows_to_be = [HealthCheckState(name=name, instance=instance) for name in names]
    HealthCheckState.objects.bulk_create(rows_to_be, ignore_conflicts=True)
    rows = HealthCheckState.objects.select_for_update().filter(name__in=names).order_by("id")
    return {state.name: state for state in rows}


def _set_back(states: Iterable[HealthCheckState], now: datetime) -> None:
    """After the clock was set back, what was recorded ahead of it counts as recorded now: it would count once more
    when that time comes, and what the leap made look like an outage would hide the uptime until then.
    """
    ahead = [one for one in states if one.checked_at is not None and one.checked_at > now + CLOCKS_AGREE_WITHIN]
    if not ahead:
        return
    HealthRecord.objects.filter(state__in=ahead, at__gt=to_ms(now)).update(at=to_ms(now))
    outages = ExcludedInterval.objects.filter(source=OUTAGE_SOURCE, check_name__in=[one.name for one in ahead])
    outages.filter(start__gte=now).delete()
    outages.filter(end__gt=now).update(end=now)
    for state in ahead:
        state.changed_at = min(state.changed_at or now, now)


def _outage(state: HealthCheckState, now: datetime, silence_seconds: float) -> ExcludedInterval | None:
    last = state.checked_at
    if last is None or state.retired_at is not None or now - last <= timedelta(seconds=silence_seconds):
        return None
    return ExcludedInterval(start=last, end=now, reason=OUTAGE, source=OUTAGE_SOURCE, check_name=state.name)


def _apply(result: Result, state: HealthCheckState, now: datetime) -> HealthRecord:
    is_transition = state.checked_at is None or state.retired_at is not None or state.status != result.status
    if is_transition:
        state.changed_at = now
    state.status, state.message = result.status, result.finding.message
    state.duration_ms, state.metadata, state.checked_at = result.duration_ms, dict(result.finding.metadata), now
    state.retired_at = None
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
    state = state or HealthCheckState(name=name)
    return Result(name, finding_at(state, now, fresh_seconds), state.duration_ms, state.checked_at)


@transaction.atomic
def retire(name: str, now: datetime) -> None:
    """Notes that a check does not run any more: it stands in no list of what is, and rules see no result of it.

    Its history stays. The next result takes it back.
    """
    state = HealthCheckState.objects.filter(name=name, retired_at__isnull=True).first()
    if state is None:
        return
    with connection.cursor() as cursor:
        announce_write(cursor)
    fields = {"status": Status.UNKNOWN, "message": "Not checked any more"}
    HealthCheckState.objects.filter(pk=state.pk).update(retired_at=now, changed_at=now, **fields)
    HealthRecord.objects.create(state=state, at=to_ms(now), duration_ms=0, is_transition=True, **fields)
