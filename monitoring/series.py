"""The only read door to metrics: latest values, ranges for charts, and what is new since a reader last looked."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from monitoring.models import MetricSnapshot, ReadCursor, Series
from monitoring.visibility import high_water


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of a series; ``at_ms`` is milliseconds since the epoch."""

    series_id: int
    metric: str
    tags: Mapping[str, str]
    value: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Points:
    """A series over a range: ``at_ms`` and ``values`` have the same length, in time order."""

    series_id: int
    tags: Mapping[str, str]
    at_ms: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sample is of: a series by name, category and tags."""

    series_id: int
    name: str
    category: str
    tags: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A snapshot that a reader has not read before."""

    id: int
    series_id: int
    at_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class Unread:
    """What is new for a reader: ``position`` is where it stood, ``reached`` where it stands once it took ``samples``."""

    position: int
    reached: int
    samples: list[Fresh]


def latest(metric: str) -> list[Latest]:
    """Newest values of a metric's series: one indexed read."""
    rows = Series.objects.filter(metric__name=metric, last_at__isnull=False).order_by("id")
    return [
        Latest(series_id, metric, tags, value, at_ms)
        for series_id, tags, value, at_ms in rows.values_list("id", "tags", "last_value", "last_at")
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


def unread(reader: str, most: int = 100_000) -> Unread:
    """Snapshots that ``reader`` has not taken yet, oldest id first. A new reader begins at the present."""
    reached = high_water(MetricSnapshot)
    cursor = ReadCursor.objects.filter(pk=reader).first()
    if cursor is None:
        cursor, _ = ReadCursor.objects.get_or_create(reader=reader, defaults={"position": reached or 0})
    if reached is None or reached <= cursor.position:
        return Unread(cursor.position, cursor.position, [])
    rows = MetricSnapshot.objects.filter(id__gt=cursor.position, id__lte=reached).order_by("id")
    samples = [Fresh(*row) for row in rows.values_list("id", "series_id", "at", "value")[:most]]
    return Unread(cursor.position, samples[-1].id if len(samples) == most else reached, samples)


class CursorMoved(Exception):
    """Another reader under the same name went on meanwhile; what was made of the samples must not be written."""


def advance(reader: str, read: Unread) -> None:
    """Takes what was read as read. Call inside the transaction that writes what was made of it."""
    moved = ReadCursor.objects.filter(pk=reader, position=read.position).update(position=read.reached)
    if not moved:
        raise CursorMoved(reader)
