"""What the pages of health show, as plain values. Times are milliseconds since the epoch."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from monitoring.clock import to_ms
from monitoring.health import past
from monitoring.health.past import WINDOWS, Past
from monitoring.health.status import worst
from monitoring.health.times import share_text
from monitoring.models import ExcludedInterval, HealthCheckState, HealthDay, HealthRecord, Status
from monitoring.views.data import BEATS, LEVELS, title_of

DAYS = 90
_MOST_EXCLUDED = 20


def overview(now: datetime) -> dict[str, Any]:
    """Every check that runs, the worst first; those that do not run any more apart."""
    states = list(HealthCheckState.objects.filter(instance=""))
    known = past.read(states, now - past.LONGEST, now)
    beats = latest(states)
    rows = [row(state, known[state.pk], beats[state.pk], now) for state in states]
    current = [one for one in rows if not one["is_retired"]]
    order = ("critical", "warning", "unknown", "ok")
    return {
        "status": overall_status(current),
        "checks": sorted(current, key=lambda one: (order.index(one["level"]), one["name"])),
        "retired": [one for one in rows if one["is_retired"]],
        "windows": list(WINDOWS),
        "beats": BEATS,
    }


def one(state: HealthCheckState, now: datetime) -> dict[str, Any]:
    """One check: its state, uptime, beats, days, hosts, and what is not counted."""
    known = past.read([state], now - past.LONGEST, now)[state.pk]
    shown = row(state, known, latest([state])[state.pk], now)
    hosts = HealthCheckState.objects.filter(name__startswith=f"{state.name}@").exclude(instance="")
    return {
        "check": shown | {"metadata": state.metadata, "checked_at": state.checked_at},
        "days": days(state, now),
        "hosts": [{"name": host.name, "instance": host.instance, "level": LEVELS[Status(host.status)],
                   "status": host.status, "message": host.message} for host in hosts],
        "excluded": list(
            ExcludedInterval.objects.filter(
                check_name__in=("", state.name), end__gt=now - past.LONGEST, start__lt=now + timedelta(days=30)
            )[:_MOST_EXCLUDED]
        ),
        "beats": BEATS,
    }  # fmt: skip


def summary(now: datetime) -> dict[str, Any]:
    """What /ops/health.json says."""
    states = list(HealthCheckState.objects.filter(retired_at__isnull=True))
    known = past.read(states, now - past.LONGEST, now)
    whole = [Status(state.status) for state in states if not state.instance]
    return {
        "status": worst(whole).value,
        "at": now.isoformat(timespec="seconds"),
        "checks": [described(state, known[state.pk], now) for state in states],
    }


def described(state: HealthCheckState, known: Past, now: datetime) -> dict[str, Any]:
    """A check for machines; shares of uptime are 0 to 1, null while nothing counts."""
    return {
        "name": state.name,
        "instance": state.instance,
        "status": state.status,
        "message": state.message,
        "duration_ms": state.duration_ms,
        "metadata": state.metadata,
        "checked_at": _iso(state.checked_at),
        "changed_at": _iso(state.changed_at),
        "uptime": {name: found.share for name, found in past.uptimes(known, now).items()},
    }


def row(state: HealthCheckState, known: Past, beats: Sequence[HealthRecord], now: datetime) -> dict[str, Any]:
    status = Status(state.status) if state.checked_at else Status.UNKNOWN
    levels = [LEVELS[Status(beat.status)] for beat in beats]
    return {
        "name": state.name,
        "label": title_of(state.name),
        "status": "never ran" if state.checked_at is None else state.status,
        "level": LEVELS[status],
        "message": state.message,
        "duration_ms": round(state.duration_ms, 1),
        "since": to_ms(state.changed_at) if state.changed_at else None,
        "at": to_ms(state.checked_at) if state.checked_at else None,
        "is_retired": state.retired_at is not None,
        "beats": levels,
        "padding": range(BEATS - len(levels)),
        "said": ", ".join(f"{count} {level}" for level, count in Counter(levels).items()) or "none yet",
        "latencies": spark([beat.duration_ms for beat in beats]),
        "uptime": [
            {"window": name, "share": found.share, "text": share_text(found.share), "level": _level(found.share)}
            for name, found in past.uptimes(known, now).items()
        ],
    }


def latest(states: Iterable[HealthCheckState]) -> "defaultdict[int, list[HealthRecord]]":
    """The last fifty results of each check, oldest first."""
    number = Window(RowNumber(), partition_by=F("state"), order_by=F("at").desc())
    rows = HealthRecord.objects.filter(state__in=[state.pk for state in states]).annotate(number=number)
    found: defaultdict[int, list[HealthRecord]] = defaultdict(list)
    for record in rows.filter(number__lte=BEATS).order_by("at", "id"):
        found[record.state_id].append(record)
    return found


def days(state: HealthCheckState, now: datetime) -> list[dict[str, Any]]:
    """The last ninety days, oldest first; one without a row has no data."""
    today = now.astimezone(UTC).date()
    kept = {kept.day: kept for kept in HealthDay.objects.filter(state=state, day__gt=today - timedelta(days=DAYS + 1))}
    return [_day(day, kept.get(day)) for day in (today - timedelta(days=DAYS - number) for number in range(DAYS))]


def _day(day: date, kept: HealthDay | None) -> dict[str, Any]:
    counted = kept.up_seconds + kept.down_seconds if kept else 0.0
    share = kept.up_seconds / counted if kept and counted else None
    level = "none" if share is None else _level(share)
    return {"day": day.isoformat(), "share": share, "text": share_text(share), "level": level}


def record_row(record: HealthRecord) -> dict[str, Any]:
    return {
        "at": record.at,
        "level": LEVELS[Status(record.status)],
        "status": record.status,
        "message": record.message,
        "duration_ms": record.duration_ms,
        "is_transition": record.is_transition,
    }


def spark(values: Sequence[float], width: int = 200, height: int = 40) -> str:
    """Points of a polyline, from 0 at the bottom to the largest value at the top."""
    if len(values) < 2:
        return ""
    top = max(values) or 1.0
    step = width / (len(values) - 1)
    return " ".join(
        f"{index * step:.1f},{height - 1 - (height - 2) * value / top:.1f}" for index, value in enumerate(values)
    )


def overall_status(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The banner: which level, in words, and since when."""
    listed = list(rows)
    for level, word in (("critical", "critical"), ("warning", "warning"), ("unknown", "not known")):
        found = [one for one in listed if one["level"] == level]
        if found and (level != "unknown" or len(found) == len(listed)):
            names = ", ".join(one["label"] for one in found[:4]) + (", ..." if len(found) > 4 else "")
            return {"level": level, "text": f"{len(found)} of {len(listed)} {word}: {names}"}
    if not listed:
        return {"level": "unknown", "text": "No check has run yet. The first results come within 30 s of the start."}
    return {"level": "ok", "text": f"All {len(listed)} checks are well"}


def _level(share: float | None) -> str:
    if share is None:
        return "unknown"
    return "ok" if share >= 0.999 else "warning" if share >= 0.99 else "critical"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
