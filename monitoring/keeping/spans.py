"""What spans of time hold, from the columns of chunks beside their payloads: without unpacking them."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count, Sum

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import MetricChunk, MetricSnapshot, Resolution

Size = tuple[int, str, str]  # snapshots, name of the metric, its kind


def sizes(metrics: Collection[str], start_ms: int, end_ms: int) -> list[Size]:
    """At most so many snapshots of each metric: a chunk that the span touches counts whole."""
    about = ("series__metric__name", "series__metric__kind")
    rows = MetricSnapshot.objects.filter(series__metric__name__in=metrics, at__gt=start_ms, at__lte=end_ms)
    chunks = MetricChunk.objects.filter(
        series__metric__name__in=metrics,
        resolution=Resolution.RAW,
        start__gt=start_ms - BLOCK_MS[Resolution.RAW],
        start__lte=end_ms,
        end__gt=start_ms,
    )
    found: Counter[tuple[str, str]] = Counter()
    for *metric, size in rows.order_by().values_list(*about).annotate(size=Count("id")):
        found[metric[0], metric[1]] += size
    for *metric, size in chunks.order_by().values_list(*about).annotate(size=Sum("samples")):
        found[metric[0], metric[1]] += size
    return [(size, *metric) for metric, size in found.items()]
