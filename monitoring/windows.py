"""Stored snapshots of a span of time, for window functions: one query for all metrics that share the span."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from django.db import connection

from monitoring.models import MetricSnapshot, Series

MOST_ROWS = 2_000_000
_BATCH = 20_000

# id of the series, ms since the epoch, value, and count, total, minimum and maximum where the snapshot has them
Row = tuple[int, int, float, int | None, float | None, float | None, float | None]


class WindowTooLarge(ValueError):
    """The span holds more snapshots than one reader may hold in memory."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one series holds in a span, in time order."""

    series_id: int
    metric: str
    kind: str
    tags: dict[str, str]
    rows: list[Row] = field(default_factory=list)


def stretches(metrics: Collection[str], start_ms: int, end_ms: int, most: int = MOST_ROWS) -> list[Stretch]:
    """Snapshots after ``start_ms`` up to and with ``end_ms`` (Prometheus' left-open windows) by series.

    A series without snapshots in the span is left out. Raises WindowTooLarge past ``most`` snapshots.
    """
    about = {
        series_id: (metric, kind, tags)
        for series_id, metric, kind, tags in Series.objects.filter(metric__name__in=metrics).values_list(
            "id", "metric__name", "metric__kind", "tags"
        )
    }
    rows = _rows(metrics, start_ms, end_ms, most) if about else []
    return [
        Stretch(series_id, *about[series_id], rows=list(found))
        for series_id, found in groupby(rows, key=itemgetter(0))
        if series_id in about
    ]


def _rows(metrics: Collection[str], start_ms: int, end_ms: int, most: int) -> list[Row]:
    wanted = Series.objects.filter(metric__name__in=metrics).order_by().values("id")
    snapshots = MetricSnapshot.objects.filter(series_id__in=wanted, at__gt=start_ms, at__lte=end_ms)
    fields = ("series_id", "at", "value", "count", "total", "minimum", "maximum")
    sql, parameters = snapshots.order_by("series_id", "at", "id").values_list(*fields).query.sql_with_params()
    found: list[Row] = []
    with connection.cursor() as cursor:  # plain tuples: the ORM's conversion doubles the cost of a window
        cursor.execute(sql, parameters)
        while batch := cursor.fetchmany(_BATCH):
            found += batch
            if len(found) > most:
                raise WindowTooLarge(f"a window of these metrics holds more than {most:,} snapshots")
    return found
