"""What the pages of health show, as plain values. Times are milliseconds since the epoch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitoring.clock import to_ms
from monitoring.health import past
from monitoring.health.listing import listed
from monitoring.health.past import WINDOWS, Past
from monitoring.health.present import present
from monitoring.health.status import Finding, worst
from monitoring.health.times import share_text
from monitoring.models import ExcludedInterval, HealthCheckState, HealthDay, HealthRecord, Status
from monitoring.views.data import BEATS, LEVELS, since_ms, title_of

DAYS = 90
_MOST_EXCLUDED = 20
_MOST_NAMED = 4


def overview(now: datetime) -> dict[str, Any]:
    """Every check that runs, the worst first; those that do not run any more apart."""
    states = list(HealthCheckState.objects.filter(instance=""))
    known = past.read(states, now - past.LONGEST, now)
    found = present(states, now)
    rows = [row(state, found[state.pk], known[state.pk], latest(state), now) for state in states]
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
    hosts = HealthCheckState.objects.filter(name__startswith=f"{state.name}@").exclude(instance="")
    found = present([state, *hosts], now)
    shown = row(state, found[state.pk], known, latest(state), now)
    return {
        "check": shown | {"metadata": found[state.pk].metadata, "checked_at": state.checked_at},
        "days": days(state, now),
        "hosts": [_host(host, found[host.pk]) for host in hosts],
        "excluded": list(
            ExcludedInterval.objects.filter(
                check_name__in=("", state.name), end__gt=now - past.LONGEST, start__lt=now + timedelta(days=30)
            )[:_MOST_EXCLUDED]
        ),
        "beats": BEATS,
    }


def _host(host: HealthCheckState, found: Finding) -> dict[str, str]:
    return {
        "name": host.name,
        "instance": host.instance,
        "level": LEVELS[found.status],
        "status": found.status.value,
        "message": found.message,
    }


def summary(now: datetime) -> dict[str, Any]:
    """What /ops/health.json says."""
    states = list(HealthCheckState.objects.filter(retired_at__isnull=True))
    known = past.read(states, now - past.LONGEST, now)
    found = present(states, now)
    return {
        "status": worst(found[state.pk].status for state in states if not state.instance).value,
        "at": now.isoformat(timespec="seconds"),
        "checks": [described(state, found[state.pk], known[state.pk], now) for state in states],
    }


def described(state: HealthCheckState, found: Finding, known: Past, now: datetime) -> dict[str, Any]:
    """A check for machines; shares of uptime are 0 to 1, null while nothing counts."""
    return {
        "name": state.name,
        "instance": state.instance,
        "status": found.status.value,
        "message": found.message,
        "duration_ms": state.duration_ms,
        "metadata": dict(found.metadata),
        "checked_at": _iso(state.checked_at),
        "changed_at": _iso(state.changed_at),
        "uptime": {name: uptime.share for name, uptime in past.uptimes(known, now).items()},
    }


def row(
    state: HealthCheckState, found: Finding, known: Past, beats: Sequence[HealthRecord], now: datetime
) -> dict[str, Any]:
    levels = [LEVELS[Status(beat.status)] for beat in beats]
    return {
        "name": state.name,
        "label": title_of(state.name),
        "status": "never ran" if state.checked_at is None else found.status.value,
        "level": LEVELS[found.status],
        "message": "" if state.checked_at is None else found.message,
        "duration_ms": round(state.duration_ms, 1),
        "since": since_ms(state, found),
        "at": to_ms(state.checked_at) if state.checked_at else None,
        "is_retired": state.retired_at is not None,
        "beats": levels,
        "padding": range(BEATS - len(levels)),
        "said": ", ".join(f"{count} {level}" for level, count in Counter(levels).items()) or "none yet",
        "latencies": spark([beat.duration_ms for beat in beats]),
        "uptime": [
            {"window": name, "share": one.share, "text": share_text(one.share), "level": _level(one.share)}
            for name, one in past.uptimes(known, now).items()
        ],
    }


def latest(state: HealthCheckState) -> list[HealthRecord]:
    """The last fifty results of a check, oldest first. One read of the index each: numbering them reads every row."""
    rows = HealthRecord.objects.filter(state=state).order_by("-at").only("status", "duration_ms")
    return list(rows[:BEATS])[::-1]


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
    every = list(rows)
    for level, word in (("critical", "critical"), ("warning", "warning"), ("unknown", "not known")):
        found = [one for one in every if one["level"] == level]
        if found:
            names = listed([one["label"] for one in found], _MOST_NAMED, ", ")
            return {"level": level, "text": f"{len(found)} of {len(every)} {word}: {names}"}
    if not every:
        return {"level": "unknown", "text": "No check has run yet. The first results come within 30 s of the start."}
    return {"level": "ok", "text": f"All {len(every)} checks are well"}


def _level(share: float | None) -> str:
    if share is None:
        return "unknown"
    return "ok" if share >= 0.999 else "warning" if share >= 0.99 else "critical"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
