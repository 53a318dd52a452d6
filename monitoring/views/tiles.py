"""Tiles of the overview: the latest value of a metric, its last hour as a sparkline, and how it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import fmean
from typing import Any

from monitoring import series
from monitoring.clock import from_ms, to_ms
from monitoring.series import Latest, Points

SPARK_WIDTH, SPARK_HEIGHT = 240, 44
_MOST_READINGS = 800  # two for each interval of ten seconds: no thinning
_LOOK_BACK = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_EDGE = timedelta(minutes=5)  # a change compares means over this much: single readings of a CPU are noise
_FRESH = timedelta(minutes=5)
_MINUS = "\u2212"
_SMALLEST_SPAN_PERCENT = 20.0  # a steady line stays a steady line


@dataclass(frozen=True, slots=True)
class Tile:
    """A percentage that every host has; of several series the highest is shown."""

    metric: str
    label: str
    icon: str
    tag: str = "instance"


TILES = (
    Tile("cpu_usage_percent", "CPU", "cpu"),
    Tile("memory_usage_percent", "Memory", "memory-stick"),
    Tile("disk_usage_percent", "Disk", "hard-drive", tag="mount"),
)


def tile(about: Tile, now: datetime) -> dict[str, Any]:
    """The tile as JSON: texts ready to show, ``spark`` as the points of a polyline, ``at`` in ms or None."""
    newest = series.latest(about.metric)
    shown = {"metric": about.metric, "label": about.label, "icon": about.icon}
    fresh = [one for one in newest if one.at_ms >= to_ms(now - _FRESH)]
    if not fresh:
        at = max((one.at_ms for one in newest), default=None)
        return shown | {
            "level": "unknown",
            "text": "no data",
            "detail": "",
            "change": "",
            "trend": "",
            "spark": "",
            "at": at,
        }
    highest = max(fresh, key=lambda one: one.value)
    history = _history(highest, now)
    change, trend = _change(history, now)
    return shown | {
        "level": "ok",
        "text": f"{highest.value:.1f} %",
        "detail": _detail(about, highest, len(fresh)),
        "change": change,
        "trend": trend,
        "spark": _spark(history, now),
        "at": max(one.at_ms for one in fresh),
    }


def _detail(about: Tile, shown: Latest, of: int) -> str:
    name = shown.tags.get(about.tag, "")
    return name if of == 1 else f"{name}, highest of {of}"


def _history(shown: Latest, now: datetime) -> Points | None:
    found = series.points(shown.metric, to_ms(now - _LOOK_BACK), to_ms(now), _MOST_READINGS, (shown.series_id,))
    return next(iter(found), None)


def _change(history: Points | None, now: datetime) -> tuple[str, str]:
    """How the mean of the last five minutes differs from that of five minutes an hour ago, in points."""
    if history is None:
        return "", ""
    readings = list(zip(history.at_ms, history.values, strict=True))
    before = [value for at, value in readings if at <= to_ms(now - _LOOK_BACK + _EDGE)]
    lately = [value for at, value in readings if at >= to_ms(now - _EDGE)]
    if not before or not lately:
        return "", ""
    points = round(fmean(lately) - fmean(before), 1)
    if abs(points) < 0.5:
        return "steady for 1 h", "flat"
    return f"{points:+.1f} in 1 h".replace("-", _MINUS), "up" if points > 0 else "down"


def _spark(history: Points | None, now: datetime) -> str:
    """Means of each minute, since the extremes of a noisy series would fill the box; the charts show those."""
    means = _means_by_minute(history, now) if history else {}
    if len(means) < 2:
        return ""
    low, span = _scale(list(means.values()))
    step, height = SPARK_WIDTH / (_LOOK_BACK / _MINUTE), SPARK_HEIGHT - 8
    return " ".join(
        f"{minute * step:.1f},{SPARK_HEIGHT - 3 - (mean - low) / span * height:.1f}" for minute, mean in means.items()
    )


def _means_by_minute(history: Points, now: datetime) -> dict[int, float]:
    start, readings = now - _LOOK_BACK, zip(history.at_ms, history.values, strict=True)
    by_minute = groupby(readings, key=lambda reading: (from_ms(reading[0]) - start) // _MINUTE)
    return {minute: fmean(value for _, value in group) for minute, group in by_minute}


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """Lowest value and span of the drawing, never narrower than the smallest span."""
    low, high = min(values), max(values)
    spare = max(_SMALLEST_SPAN_PERCENT - (high - low), 0.0)
    low = max(low - spare / 2, 0.0)
    return low, max(high - low, _SMALLEST_SPAN_PERCENT)
