"""One row a day and check, made when the day is over: what is left of it when its single results are deleted."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, Q

from monitoring.clock import to_ms
from monitoring.health import past
from monitoring.health.past import Past
from monitoring.models import ExcludedInterval, HealthCheckState, HealthDay, HealthRecord

_DAY = timedelta(days=1)
_MEASURED_AGAIN = 2  # days that ended lately may still get records and exclusions
_MEASURED = ("up_seconds", "down_seconds", "warning_seconds", "excluded_seconds")
_COUNTED = ("results", "transitions", "mean_duration_ms")


def keep_days(now: datetime, most_days: int = 100) -> int:
    """Makes the rows of days that are over and have none yet, and the latest ones again. Gives their number."""
    today = now.astimezone(UTC).date()
    first = _first_day(today, most_days)
    return _write(first, today, now, {*_MEASURED, *_COUNTED}) if first < today else 0


def measure_again(interval: ExcludedInterval, now: datetime) -> int:
    """Brings the rows of past days in line with an interval that was added, changed or taken away.

    Days whose transitions are past their retention stay as they are: what they were made of is gone.
    """
    oldest = (now - timedelta(days=settings.CONFIG.health_retention_days)).astimezone(UTC).date() + _DAY
    first = max(interval.start.astimezone(UTC).date(), oldest)
    last = min(interval.end.astimezone(UTC).date() + _DAY, now.astimezone(UTC).date())
    kept = HealthDay.objects.filter(day__gte=first, day__lt=last).order_by("day").values_list("day", flat=True)
    days = list(kept.distinct())
    return _write(days[0], days[-1] + _DAY, now, set(_MEASURED)) if days else 0


def _first_day(today: date, most_days: int) -> date:
    kept = HealthDay.objects.filter(day__lt=today)  # later ones were made before the clock was set back
    last = kept.order_by("-day").values_list("day", flat=True).first()
    if last is not None:
        return max(last - (_MEASURED_AGAIN - 1) * _DAY, today - most_days * _DAY)
    oldest = HealthRecord.objects.order_by("at").values_list("at", flat=True).first()
    begun = today if oldest is None else datetime.fromtimestamp(oldest / 1000, UTC).date()
    return max(begun, today - most_days * _DAY)


def _write(first: date, end: date, now: datetime, fields: set[str]) -> int:
    states = list(HealthCheckState.objects.all())
    known = past.read(states, _midnight(first), now)
    days = [first + number * _DAY for number in range((end - first).days)]
    rows = [row for day in days for row in _rows(day, states, known, counts="results" in fields)]
    HealthDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["state", "day"], update_fields=sorted(fields), batch_size=500
    )
    return len(rows)


def _rows(day: date, states: Iterable[HealthCheckState], known: dict[int, Past], *, counts: bool) -> list[HealthDay]:
    start_ms, end_ms = to_ms(_midnight(day)), to_ms(_midnight(day + _DAY))
    counted = _counts(start_ms, end_ms) if counts else {}
    rows = [(state, known[state.pk].uptime(start_ms, end_ms)) for state in states]
    return [
        HealthDay(
            state=state,
            day=day,
            up_seconds=found.up_seconds,
            down_seconds=found.down_seconds,
            warning_seconds=found.warning_seconds,
            excluded_seconds=found.excluded_seconds,
            **counted.get(state.pk, {}),
        )
        for state, found in rows
        if found.up_seconds or found.down_seconds or found.excluded_seconds or state.pk in counted
    ]


def _counts(start_ms: int, end_ms: int) -> dict[int, dict[str, Any]]:
    rows = HealthRecord.objects.filter(at__gte=start_ms, at__lt=end_ms).order_by().values("state")
    found = rows.annotate(
        results=Count("id"), transitions=Count("id", filter=Q(is_transition=True)), mean_duration_ms=Avg("duration_ms")
    )
    return {row["state"]: {name: row[name] for name in _COUNTED} for row in found.values("state", *_COUNTED)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
