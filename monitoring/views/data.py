"""What the console shows of facts, as plain JSON values. Times are milliseconds since the epoch."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from monitoring import catalogue, series
from monitoring.clock import to_ms
from monitoring.health.present import present
from monitoring.health.status import Finding
from monitoring.models import HealthCheckState, HealthRecord, Metric, ProcessState, Status
from monitoring.views.ranges import Range
from monitoring.views.tiles import TILES, tile

BEATS = 50
LEVELS = {Status.HEALTHY: "ok", Status.WARNING: "warning", Status.CRITICAL: "critical", Status.UNKNOWN: "unknown"}
_PHASES = {"starting": "info", "running": "ok", "restarting": "critical", "stopped": "warning"}
_UNSEEN = timedelta(seconds=60)
_SILENT_INTERVALS = 6
_MOST_POINTS_SINCE = 200


class UnknownMetric(LookupError):
    """No metric of this name was ever recorded, and the catalogue does not declare one."""


def live_metrics(now: datetime) -> dict[str, Any]:
    """Tiles, and under ``findings`` whether samples still come in."""
    tiles = [tile(about, now) for about in TILES]
    sampled_at = max((one["at"] for one in tiles if one["at"] is not None), default=None)
    return {"tiles": tiles, "sampled_at": sampled_at, "findings": _silence(sampled_at, now), "calm_since": None}


def live_health(now: datetime) -> dict[str, Any]:
    """Health and processes, with what is wrong about them under ``findings``."""
    health, processes = health_part(now), process_part(now)
    return {
        "health": health,
        "processes": processes,
        "findings": [*_unhealthy(health), *_fallen(processes)],
        "calm_since": max((check["since"] for check in health if check["since"] is not None), default=None),
    }


def health_part(now: datetime) -> list[dict[str, Any]]:
    """Each check with its latest result and up to 50 beats, oldest first."""
    beats = _beats(now)
    states = HealthCheckState.objects.filter(instance="", retired_at__isnull=True)
    found = present(states, now)
    return [
        {
            "name": state.name,
            "label": title_of(state.name),
            "level": LEVELS[found[state.pk].status],
            "status": found[state.pk].status.value,
            "message": found[state.pk].message,
            "duration_ms": round(state.duration_ms, 1),
            "since": since_ms(state, found[state.pk]),
            "at": to_ms(state.checked_at) if state.checked_at else None,
            "beats": beats[state.pk][-BEATS:],
        }
        for state in states
    ]


def since_ms(state: HealthCheckState, found: Finding) -> int | None:
    """Since when a check is as it was found; one that turned out otherwise than recorded, since the record."""
    since = state.changed_at if found.status == state.status else state.checked_at
    return None if since is None else to_ms(since)


def _beats(now: datetime) -> dict[int, list[str]]:
    start = now - timedelta(seconds=settings.CONFIG.health_check_interval_seconds * (BEATS + 2))
    recent = HealthRecord.objects.filter(at__gte=to_ms(start), state__instance="")
    rows = recent.order_by("at").values_list("state_id", "status")
    found: defaultdict[int, list[str]] = defaultdict(list)
    for state_id, status in rows:
        found[state_id].append(LEVELS[Status(status)])
    return found


def process_part(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "instance": row.instance,
            "phase": row.phase if now - row.seen_at < _UNSEEN else "not seen",
            "level": _PHASES[row.phase] if now - row.seen_at < _UNSEEN else "unknown",
            "restarts": row.restarts,
            "reason": row.reason,
            "since": to_ms(row.changed_at if now - row.seen_at < _UNSEEN else row.seen_at),
        }
        for row in ProcessState.objects.all()
    ]


def chart_part(metric: str, span: Range) -> dict[str, Any]:
    """The metric's series over the range, at most 1 500 points each. Raises UnknownMetric."""
    unit, about = _meaning(metric)
    return {
        "metric": metric,
        "unit": unit,
        "help": about,
        "from": span.start_ms,
        "to": span.end_ms,
        "series": _series(metric, span.start_ms, span.end_ms, 1500),
    }


def _meaning(metric: str) -> tuple[str, str]:
    """Unit and help, as recorded or as declared."""
    row = Metric.objects.filter(name=metric).values_list("unit", "help").first()
    if row is not None:
        return row
    declared = catalogue.find(metric)
    if declared is None:
        raise UnknownMetric(metric)
    return declared.unit, declared.help


def points_since(metrics: Iterable[str], since_ms: int, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """What charts that stand at ``since_ms`` have to append; nothing where that is more than one answer can hold."""
    found = {}
    for metric in metrics:
        with suppress(series.WindowTooLarge):  # the chart itself says so when it is loaded
            found[metric] = _series(metric, since_ms + 1, to_ms(now), _MOST_POINTS_SINCE)
    return found


def _series(metric: str, start_ms: int, end_ms: int, most: int) -> list[dict[str, Any]]:
    return [
        {"id": one.series_id, "label": _label(one.tags), "tags": one.tags, "at": one.at_ms, "value": one.values}
        for one in series.points(metric, start_ms, end_ms, most)
    ]


def _label(tags: Any) -> str:
    """What tells this series from its neighbours, such as ``web-1`` or ``/data on web-1``."""
    inside = " ".join(str(value) for key, value in sorted(tags.items()) if key != "instance")
    host = str(tags.get("instance", ""))
    return f"{inside} on {host}" if inside and host else inside or host


def title_of(name: str) -> str:
    """``disk_space`` as ``Disk space``, ``cpu`` as ``CPU``."""
    return name.upper() if name == "cpu" else name.replace("_", " ").capitalize()


def _silence(sampled_at: int | None, now: datetime) -> list[dict[str, Any]]:
    if sampled_at is None:
        return [{"level": "unknown", "text": "No samples yet", "since": None}]
    limit = timedelta(seconds=settings.CONFIG.collect_seconds * _SILENT_INTERVALS)
    if to_ms(now - limit) < sampled_at:
        return []
    return [{"level": "warning", "text": "No new samples are coming in", "since": sampled_at}]


def _unhealthy(health: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "level": check["level"],
            "text": f"{check['label']}: {check['message'] or check['status']}",
            "since": check["since"],
        }
        for check in health
        if check["level"] in ("warning", "critical")
    ]


def _fallen(processes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "level": one["level"],
            "text": f"Process {one['name']} is {one['phase']}: {one['reason'] or 'no reason given'}",
            "since": one["since"],
        }
        for one in processes
        if one["level"] in ("warning", "critical")
    ]
