"""What spans of time hold, from the columns of chunks beside their payloads: without unpacking them."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count, QuerySet, Sum

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series

Size = tuple[int, str, str]  # snapshots, name of the metric, its kind


def sizes(metrics: Collection[str], start_ms: int, end_ms: int) -> list[Size]:
    """At most so many snapshots of each metric: a chunk that the span touches counts whole."""
    about = ("series__metric__name", "series__metric__kind")
    rows = MetricSnapshot.objects.filter(series__metric__name__in=metrics, at__gt=start_ms, at__lte=end_ms)
    chunks = _touched(start_ms, end_ms).filter(series__metric__name__in=metrics)
    found: Counter[tuple[str, str]] = Counter()
    for *metric, size in rows.order_by().values_list(*about).annotate(size=Count("id")):
        found[metric[0], metric[1]] += size
    for *metric, size in chunks.order_by().values_list(*about).annotate(size=Sum("samples")):
        found[metric[0], metric[1]] += size
    return [(size, *metric) for metric, size in found.items()]


def with_chunks(series: QuerySet[Series], start_ms: int, end_ms: int) -> set[int]:
    """Ids of those that have chunks which the span touches."""
    chunks = _touched(start_ms, end_ms).filter(series__in=series.values("id"))
    return set(chunks.order_by().values_list("series_id", flat=True))


def _touched(start_ms: int, end_ms: int) -> QuerySet[MetricChunk]:
    """By what is after ``start_ms``, up to and with ``end_ms``."""
    begin = start_ms - BLOCK_MS[Resolution.RAW]
    return MetricChunk.objects.filter(resolution=Resolution.RAW, start__gt=begin, start__lte=end_ms, end__gt=start_ms)
