"""/metrics: what django-prometheus counts in the web processes, and all recorded series, in one page.

``settings.EXPOSITION_COLLECTORS`` names more collectors, each called with the time to get one that has ``collect``.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client import registry as prometheus_registry
from prometheus_client.core import REGISTRY, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics

from monitoring.accept import prefers_openmetrics
from monitoring.families import SeriesCollector
from monitoring.health.status import Overall
from monitoring.models import Status

log = logging.getLogger(__name__)

_LEVELS = {Status.HEALTHY: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}


class Collector(Protocol):
    """One source of families, read once for one page."""

    def collect(self) -> Iterable[Metric]: ...


class HealthCollector:
    """The state of each health check, how long it took, and whether the database can be reached at all."""

    def __init__(self, overall: Overall) -> None:
        self.overall = overall

    def collect(self) -> Iterator[Metric]:
        text = "0 healthy, 1 warning, 2 critical, 3 unknown."
        status = GaugeMetricFamily("health_check_status", text, labels=["check"])
        took = GaugeMetricFamily(
            "health_check_duration_seconds", "How long a health check took.", labels=["check"], unit="seconds"
        )
        for result in self.overall.results:
            status.add_metric([result.name], _LEVELS[result.status])
            took.add_metric([result.name], result.duration_ms / 1000)
        yield from (status, took)
        reached = 0 if "database" in self.overall.blocked_by else 1
        yield GaugeMetricFamily("ahgd_ops_database_reachable", "Whether the console reaches its database.", reached)


class Page(prometheus_registry.Collector):
    """Families of several collectors; of two with one name the first stays, one that fails is left out and logged."""

    def __init__(self, collectors: Iterable[Collector]) -> None:
        self.collectors = collectors

    def describe(self) -> Iterable[Metric]:
        return []  # else registering would collect

    def collect(self) -> Iterator[Metric]:
        names: set[str] = set()
        for collector in self.collectors:
            for family in _families(collector):
                if family.name not in names:
                    names.add(family.name)
                    yield family


def _families(collector: Collector) -> list[Metric]:
    try:
        return list(collector.collect())
    except Exception:  # the edge of the loop: what one source cannot give, the others do
        log.exception("%s could not be collected.", type(collector).__name__)
        return []


def collectors(overall: Overall, now: datetime) -> Iterator[Collector]:
    """Everything on the page. Tables are read only while the database answers, so that a scrape never waits for it."""
    yield HealthCollector(overall)
    if not overall.blocked_by:
        yield SeriesCollector(now)
        yield from (import_string(path)(now) for path in settings.EXPOSITION_COLLECTORS)
    yield _of_processes()


def _of_processes() -> Collector:
    """With several web processes their numbers lie in files; the registry of this one is a part of them only."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return multiprocess.MultiProcessCollector(None)  # type: ignore[no-untyped-call]  # prometheus_client's
    return REGISTRY


def render(accept: str, overall: Overall, now: datetime) -> tuple[bytes, str]:
    """The page and its content type, in the format that ``accept``, a request's header, prefers."""
    registry = CollectorRegistry()
    registry.register(Page(collectors(overall, now)))
    if prefers_openmetrics(accept):
        page: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # as above
        return page, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
