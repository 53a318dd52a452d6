"""What queries took over a range of time, by their shape, from the series that were recorded."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from monitoring.keeping import reading
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.buckets import bucketed, quantile, quantiles
from monitoring.keeping.frame import Frame
from monitoring.kinds import Kind
from monitoring.models import QueryShape, Series, SlowQuery
from monitoring.windows import SUMMARIES, TIMINGS, VALUES, Columns

DURATIONS, ROWS, ERRORS = "db_query_duration_seconds", "db_query_rows_total", "db_query_errors_total"
_SHARE = 0.95

Reader = Callable[..., dict[int, Frame]]
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
    frames = _frames(DURATIONS, start_ms, end_ms, SUMMARIES)
    figures = [_figures(asked, frame) for asked, frame in frames.items()]
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
    read = reading.coarse if width >= HOUR_MS else reading.fine
    frame = _frames(DURATIONS, start_ms, end_ms, TIMINGS, {(database, query)}, read).get((database, query))
    if frame is None:
        return []
    found = bucketed(frame, start_ms, width, Kind.TIMING)
    quick = quantiles(frame, start_ms, width, _SHARE)[1]
    means = found["total"] / found["count"]
    columns = (found["at_ms"].tolist(), found["count"].tolist(), means.tolist(), quick.tolist())
    return [Moment(*moment) for moment in zip(*columns, strict=True)]


def _frames(
    metric: str,
    start_ms: int,
    end_ms: int,
    columns: Columns,
    wanted: Collection[Asked] | None = None,
    read: Reader = reading.figures,
) -> dict[Asked, Frame]:
    """Samples of each shape, those of all hosts and processes in one; of these shapes, or of all."""
    series = Series.objects.filter(metric__name=metric)
    if wanted is not None:
        series = series.filter(tags__query__in={query for _, query in wanted})
    asked = {series_id: _asked(tags) for series_id, tags in series.values_list("id", "tags")}
    grouped: defaultdict[Asked, list[Frame]] = defaultdict(list)
    for series_id, frame in read(series, start_ms, end_ms - 1, columns).items():
        if wanted is None or asked[series_id] in wanted:
            grouped[asked[series_id]].append(frame)
    return {key: Frame.joined(frames) for key, frames in grouped.items()}


def _p95(figures: Collection[QueryFigures], start_ms: int, end_ms: int) -> dict[Asked, float]:
    """From merged sketches: percentiles of percentiles would say nothing."""
    wanted = {(one.database, one.query) for one in figures}
    frames = _frames(DURATIONS, start_ms, end_ms, TIMINGS, wanted)
    return {asked: quantile(frame, _SHARE) for asked, frame in frames.items()}


def _sums(metric: str, wanted: set[Asked], start_ms: int, end_ms: int) -> dict[Asked, int]:
    frames = _frames(metric, start_ms, end_ms, VALUES, wanted)
    return {asked: round(float(frame.value.sum())) for asked, frame in frames.items()}


def _figures(asked: Asked, frame: Frame) -> QueryFigures:
    return QueryFigures(
        *asked,
        calls=int(frame.counts.sum()),
        total_seconds=float(frame.totals.sum()),
        least_seconds=float(frame.minima.min()),
        slowest_seconds=float(frame.maxima.max()),
    )


def _asked(tags: dict[str, str]) -> Asked:
    return tags.get("database", ""), tags.get("query", "")
