"""How much spans of time hold, from what stands beside the payloads of chunks: nothing is unpacked for it."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count, Q, QuerySet, Sum

from monitoring.keeping.blocks import BLOCK_MS, block_of
from monitoring.keeping.pieces import Chosen
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


def size(series: Chosen, start_ms: int, end_ms: int, resolution: Resolution) -> int:
    """About so many rows and packed samples from ``start_ms`` up to and with ``end_ms``.

    The blocks that the span touches count by how much of their time is in it.
    """
    these = Q(series__in=series.order_by().values("id") if isinstance(series, QuerySet) else list(series))
    rows = MetricSnapshot.objects.filter(these, at__gte=start_ms, at__lte=end_ms).count()
    chunks = _touched(start_ms - 1, end_ms, resolution).filter(these)
    packed = chunks.aggregate(size=Sum("samples"))["size"] or 0
    whole_ms = block_of(end_ms, resolution) + BLOCK_MS[resolution] - block_of(start_ms, resolution)
    return rows + int(packed * (end_ms - start_ms + 1) / whole_ms)


def with_chunks(series: QuerySet[Series], start_ms: int, end_ms: int) -> set[int]:
    """Ids of those that have chunks which the span touches."""
    chunks = _touched(start_ms, end_ms).filter(series__in=series.values("id"))
    return set(chunks.order_by().values_list("series_id", flat=True))


def _touched(start_ms: int, end_ms: int, resolution: Resolution = Resolution.RAW) -> QuerySet[MetricChunk]:
    """By what is after ``start_ms``, up to and with ``end_ms``."""
    begin = start_ms - BLOCK_MS[resolution]
    return MetricChunk.objects.filter(resolution=resolution, start__gt=begin, start__lte=end_ms, end__gt=start_ms)
