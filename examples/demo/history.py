"""A day of made-up readings, pushed through ``POST /api/metrics`` like any other; each is tagged ``demo="made up"``."""

import math
import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from examples.demo.place import Place

HOURS = 24
STEP_SECONDS = 60
TAGS = {"demo": "made up", "instance": "demo-host"}
_AT_ONCE = 2000
_PAGES = {"overview": 0.12, "trends": 0.2, "areas": 0.08, "inequality": 0.9, "records": 0.1}
_TIERS = {"memory": 0.9, "session": 0.6, "file": 0.75}
_Json = dict[str, Any]


def push(place: Place, end_ms: int, hours: int = HOURS, seed: int = 11) -> int:
    """Gives the number of samples that are new. Sent again for the same end, nothing is, sealed or not."""
    readings = samples(end_ms, hours, random.Random(seed))  # noqa: S311  (made-up data, no secret)
    stored = 0
    while batch := list(islice(readings, _AT_ONCE)):
        stored += place.ask("/api/metrics", {"samples": batch})["stored"]
    return stored


def samples(end_ms: int, hours: int, chance: random.Random) -> Iterator[_Json]:
    """Minute by minute, more by day than at night."""
    for minutes_ago in range(hours * 60, 5, -1):
        at = end_ms - minutes_ago * STEP_SECONDS * 1000
        busy = 0.15 + 0.85 * max(0.0, math.sin(math.pi * (at / 3_600_000 % 24) / 24)) ** 2
        yield from _host(at, busy, chance)
        yield from _people(at, busy, chance)
        yield from _pages(at, busy, chance)


def _host(at: int, busy: float, chance: random.Random) -> Iterator[_Json]:
    yield _sample("cpu_usage_percent", at, 8 + 45 * busy + chance.gauss(0, 4), "gauge", "system")
    yield _sample("memory_usage_percent", at, 46 + 14 * busy + chance.gauss(0, 1), "gauge", "system")
    for tier, usual in _TIERS.items():
        ratio = min(1.0, usual - 0.1 * (1 - busy) + chance.gauss(0, 0.02))
        yield _sample("cache_hit_ratio", at, ratio, "gauge", "cache", tier=tier, process="dashboard")


def _people(at: int, busy: float, chance: random.Random) -> Iterator[_Json]:
    yield _sample("dashboard_sessions", at, round(14 * busy + chance.random()), "gauge", "user")
    clicks = round(30 * busy * chance.random())
    tags = {"interaction": "filter", "component": "state"}
    yield _sample("user_interactions_total", at, clicks, "counter", "user", **tags)


def _pages(at: int, busy: float, chance: random.Random) -> Iterator[_Json]:
    for page, usual in _PAGES.items():
        seconds = usual * chance.lognormvariate(0, 0.35) * (1 + 0.4 * busy)
        yield _sample("page_load_duration_seconds", at, seconds, "timing", "application", page=f"dashboard-{page}")
    seconds = 0.02 * chance.lognormvariate(0, 0.5)
    yield _sample("db_query_duration_seconds", at, seconds, "timing", "database", query="SELECT prevalence")


def _sample(name: str, at: int, value: float, kind: str, category: str, **tags: str) -> _Json:
    positive = round(max(0.0, float(value)), 4)
    return {"name": name, "at": at, "value": positive, "kind": kind, "category": category, "tags": TAGS | tags}
