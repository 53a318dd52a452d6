"""Retention of chunks, by metric: samples, then hours. What a hold covers stays, as long as the hold does.

Only chunks are deleted: a row that is not sealed yet, or again, has hours to come that outlive it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from monitoring.clock import to_ms
from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import ChunkTimes, Hold, Metric, MetricChunk, Resolution, Series

STEP = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the samples of a metric, and its hours, are kept."""

    raw: timedelta
    hourly: timedelta

    def of(self, resolution: Resolution) -> timedelta:
        return self.raw if resolution == Resolution.RAW else self.hourly


def kept(raw_days: int | None, hourly_days: int | None) -> Kept:
    """As people set it for a metric, or else for all; hours are kept no shorter than samples."""
    raw = timedelta(hours=settings.CONFIG.metrics_retention_hours) if raw_days is None else timedelta(days=raw_days)
    hourly = timedelta(days=settings.CONFIG.hourly_retention_days if hourly_days is None else hourly_days)
    return Kept(raw, max(raw, hourly))


def delete_old_chunks(now: datetime, step: int = STEP) -> int:
    """Deletes up to ``step`` chunks all of whose samples are past their retention; gives their number."""
    left = step
    for old in past(now):
        if left > 0:
            left -= _delete(old, left)
    return step - left


def delete_unnamed_times() -> int:
    """Deletes the shared times that no chunk names any more; gives their number."""
    named = MetricChunk.objects.filter(times=OuterRef("pk"))
    with chunks.alone():
        return ChunkTimes.objects.filter(~Exists(named)).delete()[0]


def past(now: datetime) -> Iterator[QuerySet[MetricChunk]]:
    """Chunks whose block ended so long ago that nobody keeps them: a query for all metrics of the same retention."""
    for days in Metric.objects.order_by().values_list("raw_days", "hourly_days").distinct():
        series = Series.objects.filter(metric__raw_days=days[0], metric__hourly_days=days[1])
        for resolution in Resolution:
            latest = to_ms(now - kept(*days).of(resolution)) - BLOCK_MS[resolution]
            old = MetricChunk.objects.filter(series__in=series.values("id"), resolution=resolution, start__lte=latest)
            yield old.filter(~Exists(_holds(OuterRef("start"), OuterRef("end"))))


def _holds(start: OuterRef, end: OuterRef) -> QuerySet[Hold]:
    """Those that cover some of a row's time."""
    ongoing = Q(end__isnull=True) | Q(end__gte=start)
    return Hold.objects.filter(ongoing, series=OuterRef("series"), start__lte=end)


def _delete(old: QuerySet[MetricChunk], most: int) -> int:
    ids = list(old.order_by("series_id", "start").values_list("id", flat=True)[:most])
    if not ids:
        return 0
    with chunks.alone():
        return MetricChunk.objects.filter(id__in=ids).delete()[0]
