"""Retention of chunks, by metric: samples, then hours. What a hold covers stays, as long as the hold does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from monitoring.clock import to_ms
from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import Hold, Metric, MetricChunk, Resolution

STEP = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a metric's samples, and its hours, are kept."""

    metric_id: int
    raw: timedelta
    hourly: timedelta

    def of(self, resolution: Resolution) -> timedelta:
        return self.raw if resolution == Resolution.RAW else self.hourly


def kept() -> Iterator[Kept]:
    """Of every metric."""
    return map(kept_of, Metric.objects.only("raw_days", "hourly_days").iterator())


def kept_of(metric: Metric) -> Kept:
    """As people set it for the metric, or else for all; hours are kept no shorter than samples."""
    raw = timedelta(hours=settings.CONFIG.metrics_retention_hours)
    hourly = timedelta(days=settings.CONFIG.hourly_retention_days)
    own_raw = raw if metric.raw_days is None else timedelta(days=metric.raw_days)
    own_hourly = hourly if metric.hourly_days is None else timedelta(days=metric.hourly_days)
    return Kept(metric.pk, own_raw, max(own_raw, own_hourly))


def delete_old_chunks(now: datetime, step: int = STEP) -> int:
    """Deletes up to ``step`` chunks all of whose samples are past their retention; gives their number."""
    left = step
    for one in kept():
        for resolution in Resolution:
            if left > 0:
                left -= _delete(past(one, resolution, now), left)
    return step - left


def past(of: Kept, resolution: Resolution, now: datetime) -> QuerySet[MetricChunk]:
    """Chunks of the metric whose block has ended that long ago."""
    latest = to_ms(now - of.of(resolution)) - BLOCK_MS[resolution]
    old = MetricChunk.objects.filter(series__metric=of.metric_id, resolution=resolution, start__lte=latest)
    return old.filter(~Exists(holds(OuterRef("start"), OuterRef("end"))))


def holds(start: OuterRef, end: OuterRef) -> QuerySet[Hold]:
    """Those that cover some of a row's time."""
    ongoing = Q(end__isnull=True) | Q(end__gte=start)
    return Hold.objects.filter(ongoing, series=OuterRef("series"), start__lte=end)


def _delete(old: QuerySet[MetricChunk], most: int) -> int:
    ids = list(old.order_by("series_id", "start").values_list("id", flat=True)[:most])
    if not ids:
        return 0
    with chunks.alone():
        return MetricChunk.objects.filter(id__in=ids).delete()[0]
