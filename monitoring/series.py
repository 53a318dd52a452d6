"""The only read door to metrics: latest values, ranges for charts, and what is new since a reader last looked."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from monitoring.clock import from_ms
from monitoring.cursors import CursorMoved as CursorMoved
from monitoring.cursors import Span, advance, span
from monitoring.models import MetricSnapshot, Series
from monitoring.visibility import HighWaterUnknown as HighWaterUnknown


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of a series; ``at_ms`` is milliseconds since the epoch."""

    series_id: int
    metric: str
    tags: dict[str, str]
    value: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Points:
    """A series over a range: ``at_ms`` and ``values`` have the same length, in time order."""

    series_id: int
    tags: dict[str, str]
    at_ms: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sample is of: a series by name, category and tags."""

    series_id: int
    name: str
    category: str
    tags: dict[str, str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A snapshot that a reader has not read before."""

    series_id: int
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Unread:
    """What is new for a reader."""

    span: Span
    samples: list[Fresh]


def latest(metric: str) -> list[Latest]:
    """Newest values of a metric's series: one indexed read."""
    rows = Series.objects.filter(metric__name=metric).order_by("id")
    return [
        Latest(series_id, metric, tags, value, at_ms)
        for series_id, tags, value, at_ms in rows.values_list("id", "tags", "last_value", "last_at")
        if value is not None and at_ms is not None
    ]


def points(metric: str, start_ms: int, end_ms: int, most: int = 1500) -> list[Points]:
    """Values from ``start_ms`` to ``end_ms``, at most ``most`` a series: beyond, each bucket's minimum and maximum.

    Spikes survive the thinning, since every bucket keeps its extremes.
    """
    rows = Series.objects.filter(metric__name=metric).order_by("id").values_list("id", "tags")
    found = [Points(series_id, tags, *_range(series_id, start_ms, end_ms, most)) for series_id, tags in rows]
    return [series for series in found if series.at_ms]


def _range(series_id: int, start_ms: int, end_ms: int, most: int) -> tuple[list[int], list[float]]:
    rows = MetricSnapshot.objects.filter(series_id=series_id, at__gte=start_ms, at__lte=end_ms).order_by("at", "id")
    raw = list(rows.values_list("at", "value")[: most + 1])
    if len(raw) > most:
        raw = _extremes(series_id, start_ms, end_ms, max(most // 2, 1))
    return [at for at, _ in raw], [value for _, value in raw]


def _extremes(series_id: int, start_ms: int, end_ms: int, buckets: int) -> list[tuple[int, float]]:
    """Two points a bucket, its minimum at its first time and its maximum at its last."""
    width_ms = (end_ms - start_ms) // buckets + 1
    table = connection.ops.quote_name(MetricSnapshot._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT MIN(at), MIN(value), MAX(at), MAX(value) FROM {table}
                WHERE series_id = %s AND at >= %s AND at <= %s
                GROUP BY (at - %s) / %s ORDER BY 1""",  # noqa: S608  (the table's name is the model's)
            [series_id, start_ms, end_ms, start_ms, width_ms],
        )
        rows = cursor.fetchall()
    thinned: list[tuple[int, float]] = []
    for first_at, low, last_at, high in rows:
        thinned += [(first_at, low)] if low == high else [(first_at, low), (last_at, high)]
    return thinned


def subjects() -> dict[int, Subject]:
    """Every series by its id, as rules see it."""
    rows = Series.objects.values_list("id", "metric__name", "metric__category", "tags", "fingerprint")
    return {row[0]: Subject(*row) for row in rows.iterator(chunk_size=5000)}


def newest(fingerprints: Collection[str]) -> list[tuple[Subject, Fresh]]:
    """The latest value of each of these series, as a reader would have met it."""
    rows = Series.objects.filter(fingerprint__in=fingerprints)
    fields = rows.values_list("id", "metric__name", "metric__category", "tags", "fingerprint", "last_at", "last_value")
    return [
        (Subject(*subject), Fresh(subject[0], from_ms(at_ms), value))
        for *subject, at_ms, value in fields
        if at_ms is not None and value is not None
    ]


def unread(reader: str, most: int = 100_000) -> Unread:
    """Snapshots that ``reader`` has not taken yet, oldest id first. A new reader begins at the present.

    Raises HighWaterUnknown when a writer stands in the way: try again later.
    """
    new = span(reader, MetricSnapshot)
    if not new.has_rows:
        return Unread(new, [])
    rows = MetricSnapshot.objects.filter(id__gt=new.position, id__lte=new.reached).order_by("id")
    found = list(rows.values_list("id", "series_id", "at", "value")[:most])
    if len(found) == most:
        new = replace(new, reached=found[-1][0])
    return Unread(new, [Fresh(series_id, from_ms(at_ms), value) for _, series_id, at_ms, value in found])


def take(read: Unread) -> None:
    """Takes the samples as read. Call inside the transaction that writes what was made of them."""
    advance(read.span)
