"""What queries took over a range of time, by their shape, from the series that were recorded."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Max, Min, QuerySet, Sum

from monitoring.models import MetricSnapshot, QueryShape, SlowQuery
from monitoring.sketch import Sketch

DURATIONS, ROWS, ERRORS = "db_query_duration_seconds", "db_query_rows_total", "db_query_errors_total"
MOST_SKETCHES = 20_000  # that one answer merges; of more, those of the newest time

Asked = tuple[str, str]  # database, name of the shape


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """One shape of query. ``rows`` is None where no database said how many; ``repeats`` is not 0 for an N+1."""

    database: str
    query: str
    calls: int
    total_seconds: float
    least_seconds: float
    slowest_seconds: float
    p95_seconds: float | None = None
    rows: int | None = None
    errors: int = 0
    repeats: int = 0
    slow: int = 0
    shape_id: int | None = None

    @property
    def mean_seconds(self) -> float:
        return self.total_seconds / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A part of the range."""

    at_ms: int
    calls: int
    mean_seconds: float
    p95_seconds: float | None


def by_total(start_ms: int, end_ms: int) -> list[QueryFigures]:
    """Those that took most time in all first; p95, rows and marks are left to ``completed``."""
    grouped: defaultdict[Asked, list[Mapping[str, Any]]] = defaultdict(list)
    found = _snapshots(DURATIONS, start_ms, end_ms).values("series__tags")
    for row in found.annotate(calls=Sum("count"), took=Sum("total"), least=Min("minimum"), most=Max("maximum")):
        grouped[_asked(row["series__tags"])].append(row)
    figures = [_figures(asked, rows) for asked, rows in grouped.items()]
    return sorted(figures, key=lambda one: one.total_seconds, reverse=True)


def completed(figures: Collection[QueryFigures], start_ms: int, end_ms: int) -> list[QueryFigures]:
    """With what takes a longer look: p95, rows, errors, and what is known of the shape."""
    wanted = {(one.database, one.query) for one in figures}
    p95 = _p95(figures, start_ms, end_ms)
    rows, errors = (_sums(metric, wanted, start_ms, end_ms) for metric in (ROWS, ERRORS))
    names = {query for _, query in wanted}
    shapes = {(row.database, row.query): row.pk for row in QueryShape.objects.filter(query__in=names)}
    slow = {(row.database, row.query): row for row in SlowQuery.objects.filter(query__in=names)}
    return [
        replace(
            one,
            p95_seconds=p95.get(asked),
            rows=rows.get(asked),
            errors=errors.get(asked, 0),
            shape_id=shapes.get(asked),
            repeats=slow[asked].repeats if asked in slow else 0,
            slow=slow[asked].count if asked in slow else 0,
        )
        for one in figures
        for asked in [(one.database, one.query)]
    ]


def trend(database: str, query: str, start_ms: int, end_ms: int, parts: int = 60) -> list[Moment]:
    """The range in equal parts, those in which nothing was executed left out."""
    width = max(1, (end_ms - start_ms) // parts)
    grouped: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _of({(database, query)}, DURATIONS, start_ms, end_ms):
        grouped[(row["at"] - start_ms) // width].append(row)
    return [_moment(start_ms + part * width, rows) for part, rows in sorted(grouped.items())]


def _moment(at_ms: int, rows: list[dict[str, Any]]) -> Moment:
    calls = sum(row["count"] or 0 for row in rows)
    total = sum(row["total"] or 0.0 for row in rows)
    return Moment(at_ms, calls, total / calls if calls else 0.0, _quantile(rows))


def _snapshots(metric: str, start_ms: int, end_ms: int) -> "QuerySet[MetricSnapshot]":
    return MetricSnapshot.objects.filter(series__metric__name=metric, at__gte=start_ms, at__lt=end_ms).order_by()


def _of(wanted: set[Asked], metric: str, start_ms: int, end_ms: int) -> Iterable[dict[str, Any]]:
    """Snapshots of these shapes, the newest first and no more than can be merged at once."""
    fields = ("series__tags", "at", "count", "total", "minimum", "maximum", "sketch")
    names = {query for _, query in wanted}
    rows = _snapshots(metric, start_ms, end_ms).filter(series__tags__query__in=names)
    for row in rows.order_by("-at").values(*fields)[:MOST_SKETCHES]:
        if _asked(row["series__tags"]) in wanted:
            yield row


def _p95(figures: Collection[QueryFigures], start_ms: int, end_ms: int) -> dict[Asked, float]:
    """From merged sketches: percentiles of percentiles would say nothing."""
    grouped: defaultdict[Asked, list[dict[str, Any]]] = defaultdict(list)
    for row in _of({(one.database, one.query) for one in figures}, DURATIONS, start_ms, end_ms):
        grouped[_asked(row["series__tags"])].append(row)
    found = {asked: _quantile(rows) for asked, rows in grouped.items()}
    return {asked: value for asked, value in found.items() if value is not None}


def _quantile(rows: list[dict[str, Any]]) -> float | None:
    sketches = [Sketch.decode(bytes(row["sketch"])) for row in rows if row["sketch"] is not None]
    if not sketches:
        return None
    for other in sketches[1:]:
        sketches[0].merge(other)
    known = [row for row in rows if row["sketch"] is not None]
    return sketches[0].quantile(0.95, min(row["minimum"] for row in known), max(row["maximum"] for row in known))


def _sums(metric: str, wanted: set[Asked], start_ms: int, end_ms: int) -> dict[Asked, int]:
    found: defaultdict[Asked, int] = defaultdict(int)
    for tags, value in _snapshots(metric, start_ms, end_ms).values_list("series__tags").annotate(sum=Sum("value")):
        if _asked(tags) in wanted:
            found[_asked(tags)] += round(value)
    return dict(found)


def _figures(asked: Asked, rows: Sequence[Mapping[str, Any]]) -> QueryFigures:
    return QueryFigures(
        *asked,
        calls=sum(row["calls"] or 0 for row in rows),
        total_seconds=sum(row["took"] or 0.0 for row in rows),
        least_seconds=min((row["least"] for row in rows if row["least"] is not None), default=0.0),
        slowest_seconds=max((row["most"] for row in rows if row["most"] is not None), default=0.0),
    )


def _asked(tags: dict[str, str]) -> Asked:
    return tags.get("database", ""), tags.get("query", "")
